"""Inquiries of citizens as staff read them: those of the district centre and of the managing unit, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import Held, permits
from gateway.domain.inquiries import (
    ENDED,
    AskerKind,
    Capacity,
    Inquiry,
    InquiryMove,
    InquiryState,
    allowed,
)
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import OrganisationKind
from gateway.services.errors import NotFound
from gateway.services.office import Caller
from gateway.storage import cameras, grants, inquiries, operators, organisations
from gateway.storage.cameras import CameraFile
from gateway.storage.inquiries import InquiryStep

STAFF = frozenset({Role.DISTRICT_OPERATOR, Role.SHIFT_LEADER, Role.TOWNSHIP_OPERATOR, Role.DEPARTMENT_STAFF})
"""Roles that have to do with inquiries at all: no manager, no vendor, no service, nobody in the street."""


@dataclass(frozen=True, slots=True)
class Sight:
    """An inquiry that somebody may know, the files of its cameras, and in which capacities they move it."""

    inquiry: Inquiry
    files: dict[str, CameraFile]
    capacities: frozenset[Capacity]


@dataclass(frozen=True, slots=True)
class InquiryCamera:
    """A camera that an inquiry names."""

    id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class InquiryMoveView:
    """A move that the reader may make now."""

    move: InquiryMove
    needs_why: bool


@dataclass(frozen=True, slots=True)
class InquiryStepView:
    """One line of the history. ``detail`` says what was chosen; people are named in it beside their ids."""

    at: datetime
    move: str
    to_state: str
    operator_name: str
    organisation_name_zh: str
    organisation_name_en: str
    why: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class InquirySummary:
    """An inquiry as a list shows it."""

    id: str
    number: str
    state: InquiryState
    asker: AskerKind
    name: str
    owner_id: str
    owner_name_zh: str
    owner_name_en: str
    taken_at: datetime
    due_at: datetime
    ended_at: datetime | None
    overdue: bool
    waits_for_me: bool
    """True if a consent is the reader's to give."""


@dataclass(frozen=True, slots=True)
class InquiryView(InquirySummary):
    """The whole of it. ``kept_until`` is when the first of the recordings asked for is no longer promised."""

    contact: str
    place: str
    why: str
    since: datetime
    until: datetime
    kept_until: datetime | None
    cameras: list[InquiryCamera]
    taken_by_name: str
    appointed_at: datetime | None
    appointed_place: str
    reply: str
    erased_at: datetime | None
    version: int
    moves: list[InquiryMoveView]
    may_erase: bool
    steps: list[InquiryStepView]


class Eyes:
    """What one operator may know of inquiries, with their grants and the kind of their organisation read once."""

    def __init__(self, operator: Operator, held: Held, central: bool, at: datetime) -> None:
        self.operator = operator
        self._held = held
        self._central = central
        self._at = at

    @classmethod
    async def of(cls, conn: AsyncConnection, operator: Operator, at: datetime) -> Eyes:
        """The eyes of that operator."""
        held = await grants.for_operator(conn, operator, at)
        home = await organisations.get(conn, operator.organisation_id)
        return cls(operator, held, home is not None and home.kind is OrganisationKind.DISTRICT, at)

    @property
    def only(self) -> str | None:
        """The one unit whose inquiries can concern them; None for the district centre."""
        return None if self._central else self.operator.organisation_id

    def capacities(self, owner_id: str, files: Sequence[CameraFile]) -> frozenset[Capacity]:
        """In which capacities the operator moves an inquiry about these cameras of that unit; none if they may not
        know it.
        """
        own = self.operator.organisation_id == owner_id
        if not self.operator.roles & STAFF or not (own or self._central) or not self._may(Action.LIST, files):
            return frozenset()
        unit = own and self._may(Action.MANAGE, files)
        return frozenset({Capacity.DESK, Capacity.UNIT}) if unit else frozenset({Capacity.DESK})

    def _may(self, action: Action, files: Sequence[CameraFile]) -> bool:
        one = (permits(self.operator, action, file.camera.facts, self._held, self._at) for file in files)
        return bool(files) and all(decision.allowed for decision in one)


async def sight_of(conn: AsyncConnection, caller: Caller, inquiry_id: str, at: datetime) -> Sight:
    """The inquiry as the caller may know it. Raises ``NotFound``."""
    inquiry = await inquiries.get(conn, inquiry_id)
    eyes = await Eyes.of(conn, caller.operator, at)
    found = [] if inquiry is None else await sights(conn, eyes, [inquiry])
    if not found:
        raise NotFound("inquiry")
    return found[0]


async def sights(conn: AsyncConnection, eyes: Eyes, items: Sequence[Inquiry]) -> list[Sight]:
    """Those of the inquiries that may be known."""
    named = {camera for item in items for camera in item.cameras}
    files = {file.camera.id: file for file in await cameras.files(conn, named)}
    found = []
    for item in items:
        mine = {camera: files[camera] for camera in item.cameras if camera in files}
        if capacities := eyes.capacities(item.owner_id, list(mine.values())):
            found.append(Sight(item, mine, capacities))
    return found


async def summaries(
    conn: AsyncConnection, caller: Caller, found: Sequence[Sight], at: datetime
) -> list[InquirySummary]:
    """The inquiries with the names of their units."""
    units = await organisations.by_id(conn)
    shown = []
    for sight in found:
        unit = units.get(sight.inquiry.owner_id)
        names = (unit.name_zh, unit.name_en) if unit is not None else ("", "")
        shown.append(InquirySummary(**_head(caller, sight, names, at)))
    return shown


async def view_of(conn: AsyncConnection, caller: Caller, sight: Sight, at: datetime) -> InquiryView:
    """The whole inquiry with names."""
    inquiry = sight.inquiry
    steps = await inquiries.steps_of(conn, inquiry.id)
    names = await operators.names(conn, {inquiry.taken_by, *_people(steps)})
    units = {one.id: (one.name_zh, one.name_en) for one in await organisations.every(conn)}
    files = list(sight.files.values())
    return InquiryView(
        **_head(caller, sight, units.get(inquiry.owner_id, ("", "")), at),
        contact=inquiry.contact,
        place=inquiry.place,
        why=inquiry.why,
        since=inquiry.since,
        until=inquiry.until,
        kept_until=_kept_until(inquiry, files),
        cameras=[InquiryCamera(one.camera.id, one.camera.name_zh, one.camera.name_en) for one in files],
        taken_by_name=names.get(inquiry.taken_by, ""),
        appointed_at=inquiry.appointed_at,
        appointed_place=inquiry.appointed_place,
        reply=inquiry.reply,
        erased_at=inquiry.erased_at,
        version=inquiry.version,
        moves=[InquiryMoveView(rule.move, rule.needs_why) for rule in _moves(caller, sight)],
        may_erase=Capacity.UNIT in sight.capacities and inquiry.state in ENDED and inquiry.erased_at is None,
        steps=[_step(step, names, units) for step in steps],
    )


def _moves(caller: Caller, sight: Sight) -> Any:
    took_it = caller.operator.id == sight.inquiry.taken_by
    return allowed(sight.inquiry.state, sight.capacities, took_it=took_it)


def _head(caller: Caller, sight: Sight, unit: tuple[str, str], at: datetime) -> dict[str, Any]:
    inquiry = sight.inquiry
    names = ("id", "number", "state", "asker", "name", "owner_id", "taken_at", "due_at", "ended_at")
    waits = any(rule.move is InquiryMove.CONSENT for rule in _moves(caller, sight))
    return {name: getattr(inquiry, name) for name in names} | {
        "owner_name_zh": unit[0],
        "owner_name_en": unit[1],
        "overdue": inquiry.overdue(at),
        "waits_for_me": waits,
    }


def _kept_until(inquiry: Inquiry, files: Sequence[CameraFile]) -> datetime | None:
    days = min((file.filing.record_save_days for file in files), default=None)
    return None if days is None else inquiry.since + timedelta(days=days)


def _people(steps: Sequence[InquiryStep]) -> set[str]:
    return {step.operator_id for step in steps} | {
        step.detail["supervisor"] for step in steps if "supervisor" in step.detail
    }


def _step(step: InquiryStep, names: dict[str, str], units: dict[str, tuple[str, str]]) -> InquiryStepView:
    more = {"supervisor_name": names.get(step.detail["supervisor"], "")} if "supervisor" in step.detail else {}
    unit = units.get(step.organisation_id, ("", ""))
    return InquiryStepView(
        step.at, step.move, step.to_state, names.get(step.operator_id, ""), *unit, step.why, step.detail | more
    )
