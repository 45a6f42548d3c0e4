"""Rules: opening, extending, closing, resting; zones; replay."""

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.cameras import CameraKind
from gateway.domain.events import Phase
from gateway.domain.observations import WHOLE_PICTURE, Box, Observation, ObservationKind
from gateway.domain.rules import Change, Rule, RuleState, advance, finish, rule_from, rules_from

MONDAY_8_IN_CHINA = 1_700_438_400.0


def seen(at: float, measure: float = 1.0, kind: ObservationKind = ObservationKind.ANOMALY, box: Box = WHOLE_PICTURE):
    return Observation(kind, at, box, measure, 0.5)


def replay(rule: Rule, times: list[float], ticks_until: float | None = None) -> list[Change]:
    """Changes when something is observed at those times, with a tick a second between and after them."""
    state, changes = RuleState(), []
    busy = set(times)
    end = ticks_until if ticks_until is not None else max(times)
    for at in sorted(busy | {float(second) for second in range(int(min(times)), int(end) + 1)}):
        state, more = advance(rule, state, [seen(at)] if at in busy else [], at)
        changes.extend(more)
    return changes


def rule(**keys: object) -> Rule:
    return rule_from({"id": "r", "kinds": ["anomaly"], **keys})


def test_opens_once_it_has_lasted_and_not_before() -> None:
    changes = replay(rule(min_seconds=3), [0.0, 1.0, 2.0, 3.0, 4.0])
    assert [(c.phase, c.opened_at, c.since) for c in changes] == [(Phase.OPEN, 3.0, 0.0)]


def test_a_pause_longer_than_the_gap_begins_anew() -> None:
    assert replay(rule(min_seconds=3, gap_seconds=1), [0.0, 1.0, 2.5, 3.5]) == []


def test_keyframes_only_is_enough_with_the_default_gap() -> None:
    changes = replay(rule(min_seconds=6), [0.0, 2.0, 4.0, 6.0])
    assert [c.phase for c in changes] == [Phase.OPEN]


def test_extends_at_most_every_so_often_and_closes_when_quiet() -> None:
    times = [float(t) for t in range(26)]
    changes = replay(rule(extend_seconds=10, quiet_seconds=5), times, ticks_until=40)
    assert [(c.phase, c.last_at) for c in changes] == [
        (Phase.OPEN, 0.0),
        (Phase.EXTEND, 10.0),
        (Phase.EXTEND, 20.0),
        (Phase.CLOSE, 25.0),
    ]


def test_rests_after_closing() -> None:
    busy = [0.0, 20.0, 40.0]
    changes = replay(rule(quiet_seconds=5, cooldown_seconds=30), busy, ticks_until=50)
    assert [(c.phase, c.opened_at) for c in changes if c.phase is Phase.OPEN] == [
        (Phase.OPEN, 0.0),
        (Phase.OPEN, 40.0),
    ]


def test_tells_the_strongest_seen() -> None:
    r = rule(extend_seconds=2)
    state, _ = advance(r, RuleState(), [seen(0, 1)], 0)
    state, _ = advance(r, state, [seen(1, 9), seen(1, 3)], 1)
    _, changes = advance(r, state, [seen(2, 2)], 2)
    assert [c.observation.measure for c in changes] == [9]


def test_zone_takes_the_centre_or_the_foot_of_a_box() -> None:
    lower = rule(kinds=["motion"], zones=[[[0, 0.5], [1, 0.5], [1, 1], [0, 1]]], min_seconds=1)
    motion = ObservationKind.MOTION
    assert lower.matches(seen(0, box=Box(0.1, 0.1, 0.2, 0.5), kind=motion))  # only its foot is in
    assert lower.matches(seen(0, box=Box(0.1, 0.6, 0.2, 0.2), kind=motion))
    assert not lower.matches(seen(0, box=Box(0.1, 0.1, 0.2, 0.2), kind=motion))


def test_schedule_is_local_and_may_cross_midnight() -> None:
    night = rule(schedule={"days": ["mon"], "hours": ["22:00-06:00"]})
    hour = 3600.0
    assert not night.matches(seen(MONDAY_8_IN_CHINA))
    assert night.matches(seen(MONDAY_8_IN_CHINA + 15 * hour))  # Monday 23:00
    assert night.matches(seen(MONDAY_8_IN_CHINA + 21 * hour))  # Tuesday 05:00, Monday's night
    assert not night.matches(seen(MONDAY_8_IN_CHINA - 3 * hour))  # Monday 05:00 belongs to Sunday's
    assert night.matches(seen(MONDAY_8_IN_CHINA + 15 * hour - 8 * hour), offset_minutes=16 * 60)


def test_a_clock_set_back_an_hour_does_not_hold_an_event_open() -> None:
    r = rule(quiet_seconds=5)
    state, _ = advance(r, RuleState(), [seen(10_000)], 10_000)
    state, _ = advance(r, state, [seen(6_400)], 6_400)
    _, changes = advance(r, state, [], 6_406)
    assert [c.phase for c in changes] == [Phase.CLOSE]


def test_finish_closes_what_is_open() -> None:
    state, _ = advance(rule(), RuleState(), [seen(1)], 1)
    state, changes = finish(rule(), state, 2)
    assert [c.phase for c in changes] == [Phase.CLOSE]
    assert not state.open
    assert finish(rule(), RuleState(), 3)[1] == []


def test_applies_by_camera_and_kind() -> None:
    r = rule(camera_kinds=["road"], cameras=["a"])
    assert r.applies("a", CameraKind.ROAD)
    assert not r.applies("b", CameraKind.ROAD)
    assert not r.applies("a", CameraKind.WATER)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"colour": 1}, "no key 'colour'"),
        ({"kinds": []}, "at least one word"),
        ({"kinds": ["smoke"]}, "not 'smoke'"),
        ({"cameras": []}, "at least one word"),
        ({"camera_kinds": ["lake"]}, "not 'lake'"),
        ({"min_seconds": -1}, "0 or more"),
        ({"min_seconds": True}, "0 or more"),
        ({"quiet_seconds": 0}, "more than 0"),
        ({"zones": [[[0, 0], [1, 1]]]}, "at least three"),
        ({"zones": [[[0, 0], [1, 1], [2, 0]]]}, "between 0 and 1"),
        ({"schedule": {"hours": ["25:00-26:00"]}}, "look like"),
        ({"schedule": {"days": ["montag"]}}, "not 'montag'"),
        ({"schedule": {"zone": 1}}, "no key 'zone'"),
        ({"fault": True}, "a fault rule takes only"),
        ({"kinds": ["freeze"]}, "set fault to true"),
        ({"kinds": ["motion"]}, "no candidate by itself"),
        ({"kinds": ["motion"], "zones": [[[0, 0], [1, 0], [1, 1]]]}, "no candidate by itself"),
        ({"kinds": ["motion"], "min_seconds": 5}, "no candidate by itself"),
    ],
)
def test_mistakes_are_refused_in_one_sentence(keys: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match="rule 'r'") as refusal:
        rule(**keys)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


moments = st.lists(
    st.floats(0, 2000, allow_nan=False).map(lambda t: round(t, 1)), min_size=1, max_size=120, unique=True
)
spans = st.sampled_from([0.5, 2.0, 5.0, 30.0])


@given(moments, spans, spans, spans, spans)
@settings(deadline=None)
def test_every_opening_closes_exactly_once_and_none_overlap(
    times: list[float], least: float, gap: float, quiet: float, cooldown: float
) -> None:
    r = rule(min_seconds=least, gap_seconds=gap, quiet_seconds=quiet, cooldown_seconds=cooldown)
    changes = replay(r, times, ticks_until=max(times) + quiet + 1)
    open_at: float | None = None
    closed_at = -1e9
    for change in changes:
        if change.phase is Phase.OPEN:
            assert open_at is None
            assert change.opened_at - closed_at >= cooldown
            assert change.opened_at - change.since >= least
            open_at = change.opened_at
        else:
            assert change.opened_at == open_at
            assert change.last_at >= change.opened_at
            if change.phase is Phase.CLOSE:
                open_at, closed_at = None, change.last_at
    assert open_at is None


@given(moments)
@settings(deadline=None)
def test_replay_gives_the_same_changes(times: list[float]) -> None:
    assert replay(rule(min_seconds=1), times) == replay(rule(min_seconds=1), times)


def test_a_whole_night_replays_quickly() -> None:
    r, state, opened = rule(min_seconds=3, quiet_seconds=15), RuleState(), 0
    began = time.perf_counter()
    for tick in range(8 * 3600 * 10):
        at = tick / 10
        state, changes = advance(r, state, [seen(at)] if tick % 6000 < 200 else [], at)
        opened += sum(change.phase is Phase.OPEN for change in changes)
    assert opened == 48
    assert time.perf_counter() - began < 60


def test_a_rule_may_have_a_name_for_people() -> None:
    document = {"id": "lawn", "kinds": ["anomaly"], "name_zh": "草坪闯入", "name_en": " On the lawn "}
    named = rule_from(document)
    assert (named.name_zh, named.name_en) == ("草坪闯入", "On the lawn")
    assert rule_from({"id": "lawn", "kinds": ["anomaly"]}).name_zh == ""


@pytest.mark.parametrize("name", [7, None, "x" * 41, "two\nlines"])
def test_a_name_that_is_none_is_refused_in_one_sentence(name: object) -> None:
    with pytest.raises(ValueError, match="rule 'lawn': name_en is a name of at most 40 characters"):
        rule_from({"id": "lawn", "kinds": ["anomaly"], "name_en": name})


def test_every_rule_that_comes_with_the_gateway_is_named_in_both_languages(config_dir: Path) -> None:
    rules = rules_from(yaml.safe_load((config_dir / "rules.yaml").read_text("utf-8")))
    assert [rule.id for rule in rules if not (rule.name_zh and rule.name_en)] == []
