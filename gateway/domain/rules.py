"""Rules: how a run of observations becomes one event, pure and replayable.

An observation counts for a rule when its kind, its measure, the local hour and a zone agree. When such observations
have gone on for ``min_seconds`` (pauses up to ``gap_seconds`` are bridged) the rule opens one event; while they go on
it is extended, and after ``quiet_seconds`` without any it closes. Then the rule rests for ``cooldown_seconds``.

Nobody observes what is not looked at. Where pictures are shed, as far apart as the camera's keyframes, both pauses are
at least ``BRIDGE`` times the time between two looks: the rule sees less, but it is not blind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from gateway.domain.cameras import CameraKind
from gateway.domain.events import Phase
from gateway.domain.observations import FAULTS, Observation, ObservationKind
from gateway.domain.schedules import Schedule, schedule_from
from gateway.domain.zones import Zone, zone_from

Word = TypeVar("Word", bound=StrEnum)

LOCAL_OFFSET_MINUTES = 480
"""China Standard Time; the country keeps one time zone and no summer time."""

BRIDGE = 1.5
"""A pause of so many times the time between two looks is none."""

BACKWARD_JUMP_SECONDS = 60.0
"""A clock set back further than this moves the state with it; a smaller step is waited out."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What must be observed, where, when and for how long. ``None`` for cameras or kinds of camera means any.

    ``min_measure`` is in the unit of the observation's kind; all durations are seconds; the names are for people.
    """

    id: str
    kinds: frozenset[ObservationKind]
    camera_kinds: frozenset[CameraKind] | None = None
    cameras: frozenset[str] | None = None
    zones: tuple[Zone, ...] = ()
    schedule: Schedule | None = None
    min_seconds: float = 0.0
    gap_seconds: float = 3.0
    min_measure: float = 0.0
    cooldown_seconds: float = 300.0
    quiet_seconds: float = 15.0
    extend_seconds: float = 10.0
    fault: bool = False
    name_zh: str = ""
    name_en: str = ""

    def applies(self, camera_id: str, kind: CameraKind) -> bool:
        """Whether the rule watches that camera."""
        return (self.cameras is None or camera_id in self.cameras) and (
            self.camera_kinds is None or kind in self.camera_kinds
        )

    def matches(self, observation: Observation, offset_minutes: int = LOCAL_OFFSET_MINUTES) -> bool:
        """Whether the observation counts: kind, measure, zone and hour."""
        return (
            observation.kind in self.kinds
            and observation.measure >= self.min_measure
            and (not self.zones or any(zone.touches(observation.box) for zone in self.zones))
            and (self.schedule is None or self.schedule.holds(observation.at, offset_minutes))
        )


@dataclass(frozen=True, slots=True)
class RuleState:
    """Where one rule stands on one camera. Times are Unix seconds; ``since`` and ``last`` frame the present run."""

    clock: float | None = None
    since: float | None = None
    last: float | None = None
    opened_at: float | None = None
    told_at: float = 0.0
    resting_until: float | None = None
    strongest: Observation | None = None

    @property
    def open(self) -> bool:
        """Whether an event is open."""
        return self.opened_at is not None


@dataclass(frozen=True, slots=True)
class Change:
    """A step in the life of the rule's event. ``observation`` is the strongest so far, at first the one that opened it.

    ``since`` is when the run began that led to the opening, ``last_at`` when it was last observed.
    """

    phase: Phase
    observation: Observation
    since: float
    opened_at: float
    last_at: float


def advance(
    rule: Rule,
    state: RuleState,
    observations: Iterable[Observation],
    at: float,
    offset_minutes: int = LOCAL_OFFSET_MINUTES,
    *,
    unseen: float = 0.0,
) -> tuple[RuleState, list[Change]]:
    """The next state and what changed, given what one picture showed (perhaps nothing) at Unix time ``at``.

    ``unseen`` is how many seconds apart pictures are looked at, where that is longer than the camera sends them. Call
    it also without observations, about once a second, so that what has gone quiet is closed.
    """
    state, at = _in_step(state, at)
    changes: list[Change] = []
    quiet = max(rule.quiet_seconds, BRIDGE * unseen)
    if state.opened_at is not None and state.last is not None and at - state.last >= quiet:
        state, change = _closed(rule, state, at)
        changes.append(change)
    found = _strongest(o for o in observations if rule.matches(o, offset_minutes))
    if found is not None:
        state, more = _seen(rule, state, found, at, max(rule.gap_seconds, BRIDGE * unseen))
        changes.extend(more)
    return state, changes


def finish(rule: Rule, state: RuleState, at: float) -> tuple[RuleState, list[Change]]:
    """Closes what is open now: the camera was taken away or the rule was changed."""
    state, at = _in_step(state, at)
    if state.opened_at is None:
        return replace(state, since=None, last=None, strongest=None), []
    state, change = _closed(rule, state, at)
    return state, [change]


def _in_step(state: RuleState, at: float) -> tuple[RuleState, float]:
    """The state on a clock that never runs backwards."""
    if state.clock is None or at >= state.clock:
        return replace(state, clock=at), at
    if state.clock - at <= BACKWARD_JUMP_SECONDS:
        return state, state.clock
    step = at - state.clock

    def moved(time: float | None) -> float | None:
        return None if time is None else time + step

    return (
        replace(
            state,
            clock=at,
            since=moved(state.since),
            last=moved(state.last),
            opened_at=moved(state.opened_at),
            told_at=state.told_at + step,
            resting_until=moved(state.resting_until),
        ),
        at,
    )


def _strongest(observations: Iterable[Observation]) -> Observation | None:
    return max(observations, key=_strength, default=None)


def _strength(observation: Observation) -> float:
    """How far past its threshold, so that kinds with different units compare."""
    return observation.measure / observation.threshold if observation.threshold > 0 else observation.measure


def _seen(rule: Rule, state: RuleState, found: Observation, at: float, gap: float) -> tuple[RuleState, list[Change]]:
    if state.opened_at is not None:
        return _extended(rule, state, found, at)
    if state.resting_until is not None and at < state.resting_until:
        return state, []
    continues = state.since is not None and state.last is not None and at - state.last <= gap
    since = state.since if continues and state.since is not None else at
    if at - since < rule.min_seconds:
        return replace(state, since=since, last=at), []
    state = RuleState(state.clock, since=since, last=at, opened_at=at, told_at=at, strongest=found)
    return state, [_change(Phase.OPEN, state)]


def _extended(rule: Rule, state: RuleState, found: Observation, at: float) -> tuple[RuleState, list[Change]]:
    """Remembers the strongest; tells at most every ``extend_seconds``."""
    assert state.strongest is not None
    best = found if _strength(found) > _strength(state.strongest) else state.strongest
    state = replace(state, last=at, strongest=best)
    if at - state.told_at < rule.extend_seconds:
        return state, []
    return replace(state, told_at=at), [_change(Phase.EXTEND, state)]


def _closed(rule: Rule, state: RuleState, at: float) -> tuple[RuleState, Change]:
    return RuleState(clock=state.clock, resting_until=at + rule.cooldown_seconds), _change(Phase.CLOSE, state)


def _change(phase: Phase, state: RuleState) -> Change:
    """The change as the state of an open event tells it."""
    assert state.strongest is not None
    assert state.since is not None
    assert state.opened_at is not None
    assert state.last is not None
    return Change(phase, state.strongest, state.since, state.opened_at, state.last)


KEYS = frozenset(
    {"id", "name_zh", "name_en", "kinds", "camera_kinds", "cameras", "zones", "schedule", "fault"}
    | {"min_seconds", "gap_seconds", "min_measure", "cooldown_seconds", "quiet_seconds", "extend_seconds"}
)


def rules_from(document: object) -> tuple[Rule, ...]:
    """The rules of a document {rules: [...]}. Raises ``ValueError`` with one sentence; ids must differ."""
    if not isinstance(document, Mapping) or set(document) != {"rules"} or not isinstance(document["rules"], list):
        raise ValueError("a rules file holds one key, rules, with a list of rules")
    rules = tuple(rule_from(item) for item in document["rules"])
    ids = [rule.id for rule in rules]
    if twice := next((rule_id for rule_id in ids if ids.count(rule_id) > 1), None):
        raise ValueError(f"rule {twice!r}: the id is used more than once")
    return rules


def rule_from(item: Mapping[str, object]) -> Rule:
    """The rule a mapping describes. Raises ``ValueError`` with one sentence naming the rule and what to change."""
    if not isinstance(item, Mapping):
        raise ValueError(f"a rule is a mapping of keys, not {item!r}")
    rule_id = item.get("id")
    if not isinstance(rule_id, str) or not rule_id:
        raise ValueError("a rule needs an id: a short word that stays the same")
    try:
        rule = _parsed(rule_id, item)
        _check(rule)
    except ValueError as problem:
        raise ValueError(f"rule {rule_id!r}: {problem}") from None
    return rule


def _parsed(rule_id: str, item: Mapping[str, object]) -> Rule:
    unknown = sorted(str(key) for key in item if key not in KEYS)
    if unknown:
        raise ValueError(f"there is no key {unknown[0]!r}: the keys are {', '.join(sorted(KEYS))}")
    kinds = frozenset(_named(ObservationKind, "kinds", word) for word in _words("kinds", item.get("kinds")))
    camera_kinds = item.get("camera_kinds")
    cameras = item.get("cameras")
    schedule = item.get("schedule")
    zones = item.get("zones", [])
    if not isinstance(zones, Sequence) or isinstance(zones, str):
        raise ValueError(f"zones are a list of polygons, not {zones!r}")
    fault = item.get("fault", False)
    if not isinstance(fault, bool):
        raise ValueError(f"fault is true or false, not {fault!r}")
    return Rule(
        rule_id,
        kinds,
        None
        if camera_kinds is None
        else frozenset(_named(CameraKind, "camera_kinds", word) for word in _words("camera_kinds", camera_kinds)),
        None if cameras is None else frozenset(_words("cameras", cameras)),
        tuple(zone_from(points) for points in zones),
        None if schedule is None else schedule_from(schedule),
        fault=fault,
        name_zh=_name(item, "name_zh"),
        name_en=_name(item, "name_en"),
        **{key: _amount(key, item[key]) for key in KEYS if key in item and ("seconds" in key or key == "min_measure")},
    )


def _check(rule: Rule) -> None:
    """Refuses what could only be a mistake."""
    if rule.fault and not rule.kinds <= FAULTS:
        raise ValueError(f"a fault rule takes only {', '.join(sorted(FAULTS))}")
    if not rule.fault and rule.kinds & FAULTS:
        raise ValueError(f"{min(rule.kinds & FAULTS)} is a device fault: set fault to true")
    if rule.fault and rule.zones:
        raise ValueError("a device fault concerns the whole picture: remove zones")
    if ObservationKind.MOTION in rule.kinds and not (rule.zones and (rule.schedule or rule.min_seconds > 0)):
        raise ValueError("plain motion is no candidate by itself: give the rule zones and a schedule or min_seconds")
    if rule.quiet_seconds <= 0:
        raise ValueError("quiet_seconds must be more than 0")


def _words(key: str, value: object) -> list[str]:
    """A non-empty list of words: an empty one would read as "all" to one person and as "none" to the next."""
    if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
        raise ValueError(f"{key} is a list with at least one word, not {value!r}")
    return value


def _name(item: Mapping[str, object], key: str) -> str:
    value = item.get(key, "")
    if not isinstance(value, str) or len(value) > 40 or not value.isprintable():
        raise ValueError(f"{key} is a name of at most 40 characters, not {value!r}")
    return value.strip()


def _named(enumeration: type[Word], key: str, word: str) -> Word:
    try:
        return enumeration(word)
    except ValueError:
        raise ValueError(f"{key} knows {', '.join(enumeration)}, not {word!r}") from None


def _amount(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ValueError(f"{key} is a number of 0 or more, not {value!r}")
    return float(value)
