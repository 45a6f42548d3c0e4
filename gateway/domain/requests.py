"""Requests for access: what is asked, what one owner gives of it, and that nobody gives more than was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.geometry import Point
from gateway.domain.grants import GranteeKind
from gateway.domain.hours import Hours
from gateway.domain.request_states import PartState

ASKABLE = frozenset(Action) - {Action.MANAGE, Action.SHARE}
"""What can be asked for: never the right to change a camera's file or to share it on."""

DECIDE_WITHIN = timedelta(hours=72)
"""How long owners have to decide, unless what is asked would be over before."""

LONGEST = timedelta(days=366)
"""The longest time that can be asked for."""

WIDEST_M = 5_000.0
"""The largest radius round a place that can be asked for."""


class ScopeKind(StrEnum):
    """How a request says which cameras. Only cameras that the asker knows are named one by one."""

    CAMERAS = "cameras"
    PLACE = "place"
    """Whatever stands within a radius of a point."""
    TOWNSHIP = "township"
    AREA = "area"
    """Whatever stands within an outline drawn on the map."""
    OWNER = "owner"
    """Whatever an organisation owns."""
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class RequestScope:
    """Which cameras are asked for. ``ids`` are cameras, or the one township, organisation or kind."""

    kind: ScopeKind
    ids: tuple[str, ...] = ()
    centre: Point | None = None
    radius_m: float = 0.0
    outline: tuple[Point, ...] = ()

    @property
    def blind(self) -> bool:
        """True if the asker does not know whether there is any camera: the answer must not tell either."""
        return self.kind is not ScopeKind.CAMERAS


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked, or given: actions, purposes, from when until when, in which hours, under which conditions."""

    actions: frozenset[Action]
    purposes: frozenset[str]
    not_before: datetime
    not_after: datetime
    hours: Hours | None = None
    conditions: frozenset[Condition] = frozenset()

    def within(self, other: Terms) -> bool:
        """True if nothing of these terms goes beyond the other's."""
        return (
            self.actions <= other.actions
            and self.purposes <= other.purposes
            and other.not_before <= self.not_before
            and self.not_after <= other.not_after
            and self.conditions >= other.conditions
            and (other.hours is None or (self.hours is not None and self.hours.within(other.hours)))
        )


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """Somebody's wish to use cameras of others. ``extends`` names the part whose end it wants to put off."""

    id: str
    asker_id: str
    organisation_id: str
    grantee_kind: GranteeKind
    grantee_id: str
    scope: RequestScope
    terms: Terms
    reason: str
    created_at: datetime
    decide_by: datetime
    letter: str = ""
    ticket_id: str | None = None
    extends: str | None = None
    routed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class RequestPart:
    """One owner's share of a request, decided for itself. ``terms`` is what was given, None until then.

    ``decided_for`` is the person whom a deputy stood in for. ``cameras`` are those asked for, ``given`` the grants by
    camera.
    """

    id: str
    request_id: str
    owner_id: str
    state: PartState
    cameras: tuple[str, ...]
    given: dict[str, str] = field(default_factory=dict)
    terms: Terms | None = None
    reason: str = ""
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_for: str | None = None
    version: int = 1


def decide_by(created_at: datetime, terms: Terms) -> datetime:
    """Until when owners can decide: some days, but never after what is asked is over."""
    return min(created_at + DECIDE_WITHIN, terms.not_after)


def is_narrower(part: RequestPart, asked: Terms, cameras: frozenset[str], terms: Terms) -> bool:
    """True if less is given than was asked. What was to begin in the past begins now, which is no less."""
    if frozenset(part.cameras) != cameras:
        return True
    return (
        terms.actions != asked.actions
        or terms.purposes != asked.purposes
        or terms.not_after != asked.not_after
        or terms.not_before > max(asked.not_before, part.decided_at or asked.not_before)
        or terms.hours != asked.hours
        or terms.conditions != asked.conditions
    )


def open_to_asker(request: AccessRequest, part: RequestPart) -> bool:
    """True if the asker may know of the part: its cameras were known to them, or some of them were given.

    A refusal of what was asked blindly stays between the owner and the record: it would confirm that there is a camera.
    """
    return not request.scope.blind or bool(part.given)


class Standing(StrEnum):
    """How a request stands as its asker sees it."""

    OPEN = "open"
    """Owners can still decide."""
    ANSWERED = "answered"
    """Every part that the asker knows of is decided."""
    NO_ANSWER = "no_answer"
    """The time to decide is over and nothing was given: nobody has a camera there, or nobody answered."""
    WITHDRAWN = "withdrawn"


def standing(request: AccessRequest, parts: tuple[RequestPart, ...], at: datetime) -> Standing:
    """How the request stands, told from what the asker may know alone."""
    known = [part for part in parts if open_to_asker(request, part)]
    if request.withdrawn_at is not None:
        return Standing.WITHDRAWN
    waiting = any(part.state is PartState.WAITING for part in known)
    if at < request.decide_by and (waiting or request.scope.blind):
        return Standing.OPEN
    lapsed = {PartState.WAITING, PartState.LAPSED}
    if all(part.state in lapsed for part in known):
        return Standing.NO_ANSWER
    return Standing.ANSWERED
