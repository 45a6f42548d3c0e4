"""One camera is decided alike from a plain list and from sorted grants; a decision says when to ask again, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.deadlines import SHANGHAI
from gateway.domain.decisions import Decision, Why
from gateway.domain.grants import CameraFacts, Effect, Grant, GranteeKind, Held, TargetKind, open_at, permits
from gateway.domain.hours import Hours
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation, OrganisationKind, lineages
from gateway.domain.schedules import schedule_from
from gateway.domain.sentences import sentence

AT = datetime(2026, 11, 23, 1, tzinfo=UTC)
NAMES = st.sampled_from(["x", "y"])
SETS = st.frozensets(NAMES)
CAMERAS = st.builds(CameraFacts, NAMES, NAMES, NAMES, NAMES, NAMES, st.none() | NAMES, SETS, SETS, SETS, SETS)
TIMES = st.integers(-3, 3).map(lambda hours: AT + timedelta(hours=hours))
OPERATORS = st.builds(
    Operator,
    NAMES,
    st.just("login"),
    st.just("name"),
    NAMES,
    st.frozensets(st.sampled_from([Role.SHIFT_LEADER, Role.GRID_MEMBER, Role.SERVICE])),
    above=SETS,
    valid_from=st.none() | st.none() | TIMES,
    valid_until=st.none() | TIMES,
)
HOURS = st.none() | st.sampled_from(["08:00-09:30", "09:00-12:00", "11:00-13:00"]).map(
    lambda text: Hours(schedule_from({"hours": [text]}))
)


@st.composite
def some_grant(draw: st.DrawFn) -> Grant:
    kind = draw(st.sampled_from(TargetKind))
    holder = draw(st.sampled_from(GranteeKind))
    role = draw(st.sampled_from([Role.SHIFT_LEADER, Role.SERVICE])).value
    return Grant(
        id=draw(st.uuids()).hex,
        effect=draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.DENY])),
        grantee_kind=holder,
        grantee_id=role if holder is GranteeKind.ROLE else draw(NAMES),
        target_kind=kind,
        target_id="" if kind is TargetKind.ALL else draw(NAMES),
        actions=frozenset({Action.VIEW_LIVE}),
        purposes=draw(st.none() | st.frozensets(st.sampled_from(["PS-ORDER", "PS-FIRE"]))),
        not_before=draw(TIMES),
        not_after=draw(st.none() | TIMES),
        granted_by="",
        reason="",
        created_at=AT,
        revoked_at=draw(st.none() | st.none() | TIMES),
        grantee_within=draw(st.just("") | NAMES) if holder is GranteeKind.ROLE else "",
        includes_below=draw(st.booleans()),
        target_below=draw(st.booleans()) and kind in (TargetKind.OWNED_BY, TargetKind.MAINTAINED_BY),
        hours=draw(HOURS),
        conditions=draw(st.frozensets(st.sampled_from(Condition))),
    )


@given(
    operator=OPERATORS,
    camera=CAMERAS,
    grants=st.lists(some_grant(), max_size=6),
    purpose=st.none() | st.sampled_from(["PS-ORDER", "PS-FIRE"]),
)
def test_sorted_grants_decide_like_a_plain_list(
    operator: Operator, camera: CameraFacts, grants: list[Grant], purpose: str | None
) -> None:
    plain = permits(operator, Action.VIEW_LIVE, camera, grants, AT, purpose)
    by_place = permits(operator, Action.VIEW_LIVE, camera, Held(grants), AT, purpose)
    assert (plain.allowed, plain.until, plain.conditions) == (by_place.allowed, by_place.until, by_place.conditions)
    if plain.allowed:
        assert plain.grant_id == by_place.grant_id


@given(operator=OPERATORS, camera=CAMERAS, grants=st.lists(some_grant(), max_size=6))
def test_until_then_nothing_changes_by_itself(operator: Operator, camera: CameraFacts, grants: list[Grant]) -> None:
    found = permits(operator, Action.VIEW_LIVE, camera, grants, AT)
    assert found.until is None or found.until > AT
    for minutes in range(0, 36 * 60, 30):
        later = AT + timedelta(minutes=minutes)
        if found.allowed and (found.until is None or later < found.until):
            revoked = any(one.revoked_at is not None and AT < one.revoked_at <= later for one in grants)
            assert revoked or permits(operator, Action.VIEW_LIVE, camera, grants, later).allowed


def _grant(number: int = 17, **more: object) -> Grant:
    values: dict[str, object] = {
        "id": f"g{number}",
        "effect": Effect.ALLOW,
        "grantee_kind": GranteeKind.OPERATOR,
        "grantee_id": "me",
        "target_kind": TargetKind.ALL,
        "target_id": "",
        "actions": frozenset({Action.VIEW_LIVE}),
        "purposes": None,
        "not_before": AT,
        "not_after": None,
        "granted_by": "",
        "reason": "closed",
        "created_at": AT,
        "giver_id": "D15",
        "number": number,
    }
    return Grant(**(values | more))  # type: ignore[arg-type]


@given(grants=st.lists(some_grant(), max_size=6))
def test_the_same_grants_are_open_until_the_next_one_turns(grants: list[Grant]) -> None:
    turn = Held(grants).turns(AT)
    for minutes in range(0, 30 * 60, 15):
        at = AT + timedelta(minutes=minutes)
        if turn is None or at < turn:
            assert [open_at(one, at) for one in grants] == [open_at(one, AT) for one in grants]
    assert turn is None or turn > AT


ME = Operator("me", "me", "me", "x", frozenset({Role.SHIFT_LEADER}))
CAMERA = CameraFacts("c", "o", "o", "t", "road")


def test_r29_an_account_outside_its_dates_is_permitted_nothing() -> None:
    hour = timedelta(hours=1)
    vendor = Operator("me", "me", "me", "x", frozenset({Role.VENDOR}), valid_from=AT, valid_until=AT + hour)
    held = Held([_grant()])
    during = permits(vendor, Action.VIEW_LIVE, CAMERA, held, AT)
    assert (during.allowed, during.until) == (True, AT + hour)
    for moment in (AT - hour / 60, AT + hour, AT + 2 * hour):
        assert permits(vendor, Action.VIEW_LIVE, CAMERA, held, moment).why is Why.ACCOUNT_LAPSED
    gone = replace(vendor, disabled_at=AT)
    assert permits(gone, Action.VIEW_LIVE, CAMERA, held, AT + hour).why is Why.ACCOUNT_DISABLED


def test_a_lapsed_account_is_said_in_words() -> None:
    decision = permits(replace(ME, valid_until=AT), Action.VIEW_LIVE, CAMERA, [_grant()], AT)
    assert sentence(decision, "en", "", AT, SHANGHAI) == "denied: the account has not begun or is over"
    assert sentence(decision, "zh", "", AT, SHANGHAI) == "不允许：账号不在有效期内"


@pytest.mark.parametrize(
    ("action", "grants", "why", "english", "chinese"),
    [
        (
            Action.VIEW_LIVE,
            [_grant(not_after=AT + timedelta(hours=9))],
            Why.GRANTED,
            "allowed by grant G17 of Transport Bureau until 18:00",
            "依据交通运输局的授权 G17 允许，至 18:00",
        ),
        (
            Action.VIEW_LIVE,
            [_grant(not_after=AT + timedelta(days=2), conditions=frozenset({Condition.SUB_ONLY}))],
            Why.GRANTED,
            "allowed by grant G17 of Transport Bureau until 2026-11-25 09:00, sub stream only",
            "依据交通运输局的授权 G17 允许，至 2026-11-25 09:00，仅限子码流",
        ),
        (
            Action.PLAYBACK,
            [_grant()],
            Why.NO_GRANT,
            "denied: no grant covers replay",
            "不允许：没有授权包含“录像回放”",
        ),
        (
            Action.VIEW_LIVE,
            [_grant(), _grant(3, effect=Effect.DENY)],
            Why.DENIED_BY_GRANT,
            "denied by grant G3 of Transport Bureau: closed",
            "被交通运输局的授权 G3 明确禁止：closed",
        ),
        (
            Action.VIEW_LIVE,
            [_grant(hours=Hours(schedule_from({"hours": ["20:00-22:00"]})))],
            Why.OUTSIDE_HOURS,
            "denied: grant G17 of Transport Bureau covers live view at other hours only",
            "不允许：交通运输局的授权 G17 只在其他时段允许“实时查看”",
        ),
    ],
)
def test_a_decision_explains_itself(action: Action, grants: list[Grant], why: Why, english: str, chinese: str) -> None:
    found = permits(ME, action, CAMERA, grants, AT, "PS-ORDER")
    assert found.why is why
    assert sentence(found, "en", "Transport Bureau", AT, SHANGHAI) == english
    assert sentence(found, "zh", "交通运输局", AT, SHANGHAI) == chinese


@pytest.mark.parametrize("why", Why)
def test_every_reason_has_its_sentences(why: Why) -> None:
    decision = Decision(why is Why.GRANTED, why, Action.EXPORT, "g", 4)
    assert sentence(decision, "en", "", AT, SHANGHAI).startswith(("allowed", "denied"))
    assert sentence(decision, "zh", "", AT, SHANGHAI).startswith(("依据", "不允许", "被"))


def test_a_line_runs_to_the_root_and_a_ring_of_parents_ends_it() -> None:
    def one(name: str, parent: str | None) -> Organisation:
        return Organisation(name, OrganisationKind.COMMUNITY, name, name, parent)

    tree = [one("root", None), one("a", "root"), one("b", "a"), one("r1", "r2"), one("r2", "r1"), one("z", "gone")]
    assert lineages(tree) == {
        "root": ("root",),
        "a": ("a", "root"),
        "b": ("b", "a", "root"),
        "r1": ("r1", "r2"),
        "r2": ("r2", "r1"),
        "z": ("z",),
    }
