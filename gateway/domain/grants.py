"""Grants: the rows that say who may do what with which cameras, and the one function that decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import overload

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition, burden
from gateway.domain.decisions import Decision, Why
from gateway.domain.hours import Hours
from gateway.domain.operators import Operator

__all__ = [
    "CameraFacts",
    "Decision",
    "Effect",
    "Grant",
    "GranteeKind",
    "Held",
    "TargetKind",
    "given_to",
    "in_force",
    "open_at",
    "permits",
    "reaches",
]


class Effect(StrEnum):
    """What a grant does where it applies. A deny beats every allow."""

    ALLOW = "allow"
    DENY = "deny"


class GranteeKind(StrEnum):
    """To whom a grant is given."""

    ORGANISATION = "organisation"
    ROLE = "role"
    OPERATOR = "operator"
    SERVICE_ACCOUNT = "service_account"


class TargetKind(StrEnum):
    """On what a grant is given. Owned by, maintained by and located in are three different conditions."""

    ALL = "all"
    CAMERA = "camera"
    RECORDER = "recorder"
    KIND = "kind"
    OWNED_BY = "owned_by"
    MAINTAINED_BY = "maintained_by"
    LOCATED_IN = "located_in"
    GROUP = "group"
    AREA = "area"
    """A polygon drawn on the map."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One row: grantee, target, actions, purposes, time, hours, conditions, and who gave it why.

    ``target_id`` is "" for ``TargetKind.ALL`` and otherwise names exactly one thing. Empty ``actions`` give nothing.
    ``purposes`` None means any purpose; an empty set means none. ``not_before`` is inclusive, ``not_after`` exclusive.
    ``grantee_within`` narrows a role to one organisation's people. Inheritance is stated, never implied:
    ``includes_below`` lets it reach the people of the organisations below the one it is given to (or within), and
    ``target_below`` the cameras of the organisations below the one that owns or maintains.
    ``number`` is G17's 17 (0 before it is stored), ``giver_id`` the organisation on whose behalf it is given.
    """

    id: str
    effect: Effect
    grantee_kind: GranteeKind
    grantee_id: str
    target_kind: TargetKind
    target_id: str
    actions: frozenset[Action]
    purposes: frozenset[str] | None
    not_before: datetime
    not_after: datetime | None
    granted_by: str
    reason: str
    created_at: datetime
    revoked_at: datetime | None = None
    grantee_within: str = ""
    includes_below: bool = False
    target_below: bool = False
    hours: Hours | None = None
    conditions: frozenset[Condition] = frozenset()
    giver_id: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """The few facts about a camera that a grant can point at; ``…_above`` are the organisations above those two."""

    id: str
    owner_id: str
    maintainer_id: str
    township_code: str
    kind: str
    recorder_id: str | None = None
    owner_above: frozenset[str] = frozenset()
    maintainer_above: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


def reaches(grant: Grant, camera: CameraFacts) -> bool:
    """True if the grant's target covers the camera."""
    match grant.target_kind:
        case TargetKind.ALL:
            return True
        case TargetKind.CAMERA:
            return grant.target_id == camera.id
        case TargetKind.RECORDER:
            return camera.recorder_id is not None and grant.target_id == camera.recorder_id
        case TargetKind.KIND:
            return grant.target_id == camera.kind
        case TargetKind.OWNED_BY:
            below = grant.target_below and grant.target_id in camera.owner_above
            return below or grant.target_id == camera.owner_id
        case TargetKind.MAINTAINED_BY:
            below = grant.target_below and grant.target_id in camera.maintainer_above
            return below or grant.target_id == camera.maintainer_id
        case TargetKind.LOCATED_IN:
            return grant.target_id == camera.township_code
        case TargetKind.GROUP:
            return grant.target_id in camera.groups
        case TargetKind.AREA:
            return grant.target_id in camera.areas


def given_to(grant: Grant, operator: Operator) -> bool:
    """True if the operator is the grantee, belongs to the grantee organisation, or acts in the grantee role."""
    match grant.grantee_kind:
        case GranteeKind.OPERATOR | GranteeKind.SERVICE_ACCOUNT:
            return grant.grantee_id == operator.id
        case GranteeKind.ORGANISATION:
            return _belongs(operator, grant.grantee_id, grant.includes_below)
        case GranteeKind.ROLE:
            acts = any(role.value == grant.grantee_id for role in operator.roles)
            return acts and (
                grant.grantee_within == "" or _belongs(operator, grant.grantee_within, grant.includes_below)
            )


def in_force(grant: Grant, at: datetime) -> bool:
    """True if the grant has begun, has not ended and was not revoked at that time, whatever its hours."""
    if grant.revoked_at is not None and grant.revoked_at <= at:
        return False
    return grant.not_before <= at and (grant.not_after is None or at < grant.not_after)


def open_at(grant: Grant, at: datetime) -> bool:
    """True if the grant is in force and the time lies in its hours."""
    return in_force(grant, at) and (grant.hours is None or grant.hours.hold(at))


def closes(grant: Grant, at: datetime) -> datetime | None:
    """When a grant that is open stops being so by itself: its end, or the end of the hours it is in."""
    window = None if grant.hours is None else grant.hours.end(at)
    return _first(grant.not_after, window)


def opens(grant: Grant, at: datetime) -> datetime | None:
    """The first moment from then on at which the grant is open; None if there is none."""
    start = max(at, grant.not_before)
    if grant.hours is not None:
        found = grant.hours.start(start)
        if found is None:
            return None
        start = found
    return start if in_force(grant, start) else None


def turns(grant: Grant, at: datetime) -> datetime | None:
    """The next moment at which a grant begins or stops being open by itself; None if it stays as it is."""
    edge = closes(grant, at) if open_at(grant, at) else opens(grant, at)
    revoked = grant.revoked_at
    return edge if revoked is None or revoked <= at else _first(edge, revoked)


def preference(grant: Grant) -> tuple[int, bool, float, int, str]:
    """Of several grants that allow, the smallest is relied on: least bound, not by the hour, longest, oldest."""
    ends = float("inf") if grant.not_after is None else grant.not_after.timestamp()
    return burden(grant.conditions), grant.hours is not None, -ends, grant.number, grant.id


class Held(Sequence[Grant]):
    """Grants, sorted once by action and target, so that one camera is decided by looking at the few that reach it."""

    def __init__(self, grants: Iterable[Grant]) -> None:
        self._grants = tuple(grants)
        self.actions: frozenset[Action] = frozenset().union(*(grant.actions for grant in self._grants))
        """Every action that some grant speaks of; what is not among them is denied."""
        self._allows: dict[tuple[Action, str, str], list[Grant]] = defaultdict(list)
        self._denies: dict[tuple[Action, str, str], list[Grant]] = defaultdict(list)
        self._targets: dict[tuple[str, str], list[Grant]] = defaultdict(list)
        for grant in sorted(self._grants, key=preference):
            self._targets[grant.target_kind.value, grant.target_id].append(grant)
            if grant.target_below:
                self._targets[_BELOW + grant.target_kind.value, grant.target_id].append(grant)
            shelves = self._allows if grant.effect is Effect.ALLOW else self._denies
            for action in grant.actions:
                shelves[action, grant.target_kind.value, grant.target_id].append(grant)
                if grant.target_below:
                    shelves[action, _BELOW + grant.target_kind.value, grant.target_id].append(grant)

    @overload
    def __getitem__(self, index: int) -> Grant: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Grant, ...]: ...
    def __getitem__(self, index: int | slice) -> Grant | tuple[Grant, ...]:
        """The grants in the order in which they came."""
        return self._grants[index]

    def __len__(self) -> int:
        """How many grants there are."""
        return len(self._grants)

    def turns(self, at: datetime) -> datetime | None:
        """Until when the same of them are open as at that time; None if nothing changes by itself."""
        return min((edge for grant in self._grants if (edge := turns(grant, at)) is not None), default=None)

    def about(self, camera: CameraFacts, action: Action) -> tuple[list[Grant], list[list[Grant]]]:
        """The denies that speak of the action and reach the camera, and lists of such allows, each in preference."""
        places = _places(camera)
        allows, denies = self._allows, self._denies
        ways = [found for kind, name in places if (found := allows.get((action, kind, name)))]
        against = [deny for kind, name in places for deny in denies.get((action, kind, name), ())] if denies else []
        return against, ways

    def reaching(self, camera: CameraFacts) -> list[Grant]:
        """Those that reach the camera, whatever they speak of: few, to be asked about one action after the other."""
        targets = self._targets
        return [grant for place in _places(camera) for grant in targets.get(place, ())]


def _places(camera: CameraFacts) -> list[tuple[str, str]]:
    """Every target that covers the camera, as grants are shelved by it."""
    places = [
        ("all", ""),
        ("camera", camera.id),
        ("kind", camera.kind),
        ("owned_by", camera.owner_id),
        ("maintained_by", camera.maintainer_id),
        ("located_in", camera.township_code),
        *(("group", name) for name in camera.groups),
        *(("area", name) for name in camera.areas),
        *((_OWNED_BELOW, name) for name in camera.owner_above),
        *((_MAINTAINED_BELOW, name) for name in camera.maintainer_above),
    ]
    if camera.recorder_id is not None:
        places.append(("recorder", camera.recorder_id))
    return places


_BELOW = "below:"
_OWNED_BELOW = _BELOW + TargetKind.OWNED_BY.value
_MAINTAINED_BELOW = _BELOW + TargetKind.MAINTAINED_BY.value


def permits(
    operator: Operator,
    action: Action,
    camera: CameraFacts,
    grants: Iterable[Grant],
    at: datetime,
    purpose: str | None = None,
) -> Decision:
    """Whether the operator may do the action with the camera now, by which grant and under which conditions.

    Deny by default. A role's ceiling bounds every grant; an explicit deny beats every allow. With ``purpose`` None only
    grants for any purpose, or lists that need no purpose (directory, list), are asked without it. Pass ``Held`` where
    many grants are asked about many cameras, and also those that only begin later: ``until`` minds a coming deny.
    """
    if not operator.usable(at):
        why = Why.ACCOUNT_DISABLED if operator.disabled(at) else Why.ACCOUNT_LAPSED
        return Decision(False, why, action)
    if action not in operator.ceiling:
        return Decision(False, Why.ROLE_EXCLUDES, action)
    denies, ways = grants.about(camera, action) if isinstance(grants, Held) else _about(grants, camera, action)
    until: datetime | None = None
    for deny in denies:
        if given_to(deny, operator) and _serves(deny, purpose):
            if open_at(deny, at):
                return Decision(
                    False, Why.DENIED_BY_GRANT, action, deny.id, deny.number, deny.giver_id, note=deny.reason
                )
            until = _first(until, opens(deny, at))
    best: Grant | None = None
    near: tuple[Why, Grant | None] = (Why.NO_GRANT, None)
    for way in ways:
        for grant in way:
            if not given_to(grant, operator) or not in_force(grant, at):
                continue
            if not _serves(grant, purpose):
                near = Why.OTHER_PURPOSE, grant
            elif grant.hours is not None and not grant.hours.hold(at):
                near = Why.OUTSIDE_HOURS, grant
            else:
                if best is None or preference(grant) < preference(best):
                    best = grant
                break
    if best is None:
        why, missed = near
        if missed is None:
            return Decision(False, why, action)
        return Decision(False, why, action, None, missed.number, missed.giver_id)
    until = _first(_first(until, closes(best, at)), operator.valid_until)
    return Decision(True, Why.GRANTED, action, best.id, best.number, best.giver_id, until, best.conditions)


def allowing(
    operator: Operator, action: Action, camera: CameraFacts, grants: Iterable[Grant], at: datetime
) -> list[Grant]:
    """Every grant by which the operator would be allowed now, the one that ``permits`` relies on first."""
    found = [
        grant
        for grant in grants
        if grant.effect is Effect.ALLOW
        and action in grant.actions
        and open_at(grant, at)
        and given_to(grant, operator)
        and reaches(grant, camera)
    ]
    return sorted(found, key=preference)


def _about(grants: Iterable[Grant], camera: CameraFacts, action: Action) -> tuple[list[Grant], Iterator[list[Grant]]]:
    found = [grant for grant in grants if action in grant.actions and reaches(grant, camera)]
    allows = [grant for grant in found if grant.effect is Effect.ALLOW]
    return [grant for grant in found if grant.effect is Effect.DENY], iter([sorted(allows, key=preference)])


def _belongs(operator: Operator, organisation_id: str, below: bool) -> bool:
    return organisation_id == operator.organisation_id or (below and organisation_id in operator.above)


def _serves(grant: Grant, purpose: str | None) -> bool:
    return purpose is None or grant.purposes is None or purpose in grant.purposes


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
