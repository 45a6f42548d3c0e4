"""Tickets: listing, moving, and the maintenance tickets that device faults open by themselves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, Datum, Place
from gateway.domain.datum import wgs84
from gateway.domain.deadlines import Calendar, Limit, TimeUnit, day_of, deadline, default_for
from gateway.domain.events import CandidateState, Event
from gateway.domain.grants import permits
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.maintenance import fault_for, limit_for
from gateway.domain.messages import Topic
from gateway.domain.ticket_states import Operation, Party, TicketKind, TicketState
from gateway.domain.tickets import Step, Ticket, TicketMove, move, parties
from gateway.services.errors import Invalid, NotFound
from gateway.services.office import SYSTEM, Caller, Office, new_id
from gateway.services.ticket_views import TicketDetail, TicketView, detail, register_for
from gateway.storage import (
    cameras,
    candidates,
    categories,
    grants,
    numbers,
    operators,
    organisations,
    places,
    tickets,
)
from gateway.storage.events import StoredEvent
from gateway.storage.paging import Page
from gateway.storage.tickets import TicketQuery
from gateway.storage.versioned import Stale

WHY_MAX = 2_000


async def listed(office: Office, caller: Caller, query: TicketQuery, after: str | None, limit: int) -> Page[TicketView]:
    """One page of the tickets the caller may see, newest first."""
    at = office.clock.now()
    async with office.store.read() as conn:
        page = await tickets.page(conn, caller.operator, at, query, after=after, limit=limit)
        register = await register_for(conn, caller, page.items, at)
    return Page([register.view(item, at) for item in page.items], page.next)


async def read(office: Office, caller: Caller, ticket_id: str) -> TicketDetail:
    """The ticket's whole file. Raises ``NotFound``."""
    at = office.clock.now()
    async with office.store.read() as conn:
        ticket, in_scope = await seen(conn, caller, ticket_id, at)
        return await detail(conn, caller, ticket, in_scope, at)


async def moved(
    office: Office,
    caller: Caller,
    ticket_id: str,
    to: TicketState,
    *,
    version: int,
    why: str = "",
    handler_id: str | None = None,
    receiver_id: str | None = None,
) -> TicketDetail:
    """Moves a ticket. Raises ``NotFound``, ``IllegalMove``, ``Stale`` or ``Invalid``."""
    if len(why) > WHY_MAX:
        raise Invalid(f"a reason has at most {WHY_MAX} characters", field="why")
    at = office.clock.now()
    async with office.store.begin() as conn:
        ticket, in_scope = await seen(conn, caller, ticket_id, at)
        if ticket.version != version:
            raise Stale
        if to is TicketState.SENT:
            handler_id = await _handler(conn, ticket, handler_id, receiver_id)
        if receiver_id is not None:
            await _check_receiver(conn, receiver_id, handler_id or ticket.handler_id, at)
        step = Step(to, at, why, handler_id, receiver_id, await _fresh_deadline(office, conn, ticket, to, at))
        capacities = parties(ticket, caller.operator, in_scope)
        after, line = move(ticket, step, caller.operator, capacities, await tickets.last_move(conn, ticket.id))
        await tickets.save(conn, after, line)
        who, told = caller.operator.id, {"number": ticket.number, "origin": ticket.state.value, "to": to.value}
        await office.note(conn, at, who, f"ticket_{line.operation}", "ticket", ticket.id, typed={"why": why}, **told)
        result = await detail(conn, caller, after, in_scope, at)
    await office.ring(Topic.TICKETS, ticket_id)
    return result


async def seen(conn: AsyncConnection, caller: Caller, ticket_id: str, at: datetime) -> tuple[Ticket, bool]:
    """The ticket, and whether a grant lets the caller handle its camera's tickets. Raises ``NotFound``.

    The twin of ``storage.tickets.visible`` for one ticket.
    """
    ticket = await tickets.get(conn, ticket_id)
    operator = caller.operator
    if ticket is None or Action.HANDLE_TICKETS not in operator.ceiling:
        raise NotFound("ticket")
    camera = None if ticket.camera_id is None else await cameras.get(conn, ticket.camera_id)
    held = await grants.for_operator(conn, operator, at)
    in_scope = camera is not None and permits(operator, Action.HANDLE_TICKETS, camera.facts, held, at).allowed
    mine = ticket.handler_id == operator.organisation_id or ticket.receiver_id == operator.id
    if not in_scope and not mine:
        raise NotFound("ticket")
    return ticket, in_scope


def draft_of(camera: Camera, ticket_id: str, kind: TicketKind, category: str, who: str, at: datetime) -> Ticket:
    """A ticket about what happens at a camera, as ``begin`` takes it: without number, grid and deadline."""
    return Ticket(
        id=ticket_id,
        number="",
        kind=kind,
        state=TicketState.NEW,
        category=category,
        title="",
        township_code=camera.township_code,
        latitude=camera.place.latitude,
        longitude=camera.place.longitude,
        datum=camera.place.datum.value,
        created_by=who,
        created_at=at,
        deadline_at=at,
        camera_id=camera.id,
    )


async def begin(
    conn: AsyncConnection,
    calendar: Calendar,
    draft: Ticket,
    limit: Limit,
    first: Step,
    mover: Caller | None,
) -> tuple[Ticket, TicketMove]:
    """Writes a new ticket in state NEW and its first move; number, grid, township and deadline are filled in here."""
    spot = wgs84(Place(draft.latitude, draft.longitude, Datum(draft.datum)))
    grid = await places.grid_at(conn, spot.latitude, spot.longitude)
    at = draft.created_at
    ticket = replace(
        draft,
        number=await numbers.next_number(conn, day_of(at)),
        grid_code=None if grid is None else grid.code,
        township_code=draft.township_code if grid is None else grid.township_code,
        deadline_at=deadline(at, limit[0], limit[1], calendar),
    )
    await tickets.insert(conn, ticket)
    operator = None if mover is None else mover.operator
    after, line = move(ticket, first, operator, frozenset({Party.DESK}), None)
    await tickets.save(conn, after, line)
    return after, line


async def limit_of(conn: AsyncConnection, code: str) -> Limit:
    """The limit of a category as the customer set it, or the default."""
    category = await categories.get(conn, code)
    if category is None:
        return default_for(code)
    try:
        return TimeUnit(category.clock), category.amount
    except ValueError:
        return default_for(code)


async def open_maintenance(
    conn: AsyncConnection, event: Event | StoredEvent, at: datetime, seat: Collection[str] = ()
) -> str | None:
    """Opens the maintenance ticket of a device fault, in the caller's transaction, and settles the fault's candidate.

    Returns the new ticket's id, or None if the camera is gone, is suspended for works, or already has an open ticket
    for this fault.
    """
    camera = await cameras.get(conn, event.camera_id)
    if camera is None:
        return None
    if camera.lifecycle is Lifecycle.SUSPENDED:
        await _set_aside(conn, event.id, at)
        return None
    fault = fault_for(event.kind)
    there = await tickets.open_for(conn, TicketKind.MAINTENANCE, camera.id, fault.code)
    candidate = await candidates.of_event(conn, event.id)
    ticket_id = new_id(at) if there is None else there.id
    if candidate is not None and candidate.state is CandidateState.OPEN:
        reason = "设备故障，无需确认 / device fault: maintenance needs no confirmation"
        verdict = candidates.Verdict(CandidateState.CONFIRMED, SYSTEM, at, reason, fault.code, ticket_id)
        await candidates.decide(conn, candidate.id, candidate.version, verdict)
    if there is not None:
        return None
    draft = replace(
        draft_of(camera, ticket_id, TicketKind.MAINTENANCE, fault.code, SYSTEM, at),
        title=f"{fault.name_zh} {fault.name_en}",
        candidate_id=None if candidate is None else candidate.id,
        event_id=event.id,
    )
    registered, line = await begin(
        conn, Calendar(), draft, limit_for(camera.township_code, seat), Step(TicketState.REG, at), None
    )
    step = Step(TicketState.SENT, at, handler_id=camera.maintainer_id)
    sent, second = move(registered, step, None, frozenset({Party.DESK}), line)
    await tickets.save(conn, sent, second)
    return ticket_id


async def _set_aside(conn: AsyncConnection, event_id: str, at: datetime) -> None:
    """Planned works suppress tickets: the fault's candidate is closed. One that outlasts the works gets its ticket."""
    candidate = await candidates.of_event(conn, event_id)
    if candidate is not None and candidate.state is CandidateState.OPEN:
        verdict = candidates.Verdict(
            CandidateState.DISMISSED, SYSTEM, at, "计划检修期间 / during planned works", None, None
        )
        await candidates.decide(conn, candidate.id, candidate.version, verdict)


async def note_recovery(conn: AsyncConnection, event: Event, at: datetime) -> str | None:
    """Writes into the open maintenance ticket that the fault is over; a person still closes it. Returns its id."""
    ticket = await tickets.open_for(conn, TicketKind.MAINTENANCE, event.camera_id, fault_for(event.kind).code)
    if ticket is None:
        return None
    last = await tickets.last_move(conn, ticket.id)
    line = TicketMove(
        ticket_id=ticket.id,
        seq=1 if last is None else last.seq + 1,
        at=at,
        actor_id=SYSTEM,
        organisation_id="",
        operation=Operation.NOTE,
        from_state=ticket.state,
        to_state=ticket.state,
        why="设备故障已消失 / the device reports no fault any more",
        seconds_used=0.0 if last is None else max(0.0, (at - last.at).total_seconds()),
    )
    await tickets.save(conn, replace(ticket, version=ticket.version + 1), line)
    return ticket.id


async def _handler(
    conn: AsyncConnection, ticket: Ticket, handler_id: str | None, receiver_id: str | None
) -> str | None:
    """Whom a dispatch goes to: as asked, else the receiver's organisation, else the township it happened in."""
    if handler_id is not None:
        if await organisations.get(conn, handler_id) is None:
            raise Invalid("this organisation is not known", field="handler_id")
        return handler_id
    if receiver_id is not None:
        person = await operators.get(conn, receiver_id)
        return None if person is None else person.organisation_id
    near = (item.id for item in await organisations.every(conn) if item.township_code == ticket.township_code)
    return next(near, None)


async def _check_receiver(conn: AsyncConnection, receiver_id: str, handler_id: str | None, at: datetime) -> None:
    person = await operators.get(conn, receiver_id)
    if (
        person is None
        or not person.usable(at)
        or person.organisation_id != handler_id
        or Action.HANDLE_TICKETS not in person.ceiling
    ):
        raise Invalid("this person cannot receive the ticket for that organisation", field="receiver_id")


async def _fresh_deadline(
    office: Office, conn: AsyncConnection, ticket: Ticket, to: TicketState, at: datetime
) -> datetime | None:
    if to is not TicketState.REWORK:
        return None
    patrol = ticket.kind is TicketKind.PATROL
    unit, amount = (
        await limit_of(conn, ticket.category) if patrol else limit_for(ticket.township_code, office.district.seat)
    )
    return deadline(at, unit, amount, office.calendar)
