"""Tickets as a reader sees them: with names, and silent about cameras that the reader may not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, Datum, Place
from gateway.domain.categories import Category
from gateway.domain.datum import wgs84
from gateway.domain.grants import permits
from gateway.domain.maintenance import BY_CODE
from gateway.domain.operators import Operator
from gateway.domain.organisations import Organisation
from gateway.domain.ticket_states import Operation, TicketKind, TicketState
from gateway.domain.tickets import Ticket, TicketMove, allowed, overdue, parties
from gateway.services.office import Caller
from gateway.storage import cameras, categories, grants, operators, organisations, places, ticket_photos, tickets
from gateway.storage.ticket_photos import Photo


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket with names. Camera, candidate and event are None for who may not know the camera."""

    id: str
    number: str
    kind: TicketKind
    state: TicketState
    category: str
    category_name_zh: str
    category_name_en: str
    title: str
    note: str
    township_code: str
    grid_code: str | None
    latitude: float
    longitude: float
    datum: str
    wgs84_latitude: float
    wgs84_longitude: float
    camera_id: str | None
    camera_name_zh: str | None
    camera_name_en: str | None
    candidate_id: str | None
    event_id: str | None
    handler_id: str | None
    handler_name_zh: str | None
    handler_name_en: str | None
    receiver_id: str | None
    receiver_name: str | None
    urgent: bool
    overdue: bool
    rework_count: int
    created_by: str
    created_by_name: str
    created_at: datetime
    deadline_at: datetime
    closed_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class MoveView:
    """One line of the history, with names."""

    seq: int
    at: datetime
    actor_id: str
    actor_name: str
    organisation_id: str
    organisation_name_zh: str
    organisation_name_en: str
    operation: Operation
    from_state: TicketState
    to_state: TicketState
    why: str
    receiver_id: str | None
    receiver_name: str | None
    seconds_used: float
    overdue: bool


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo that was taken on the spot."""

    id: str
    url: str
    media_type: str
    bytes: int
    sha256: str
    uploaded_by: str
    uploaded_by_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AllowedMove:
    """A move the reader may make now."""

    to: TicketState
    operation: Operation
    needs_why: bool
    needs_handler: bool


@dataclass(frozen=True, slots=True)
class TicketDetail(TicketView):
    """A ticket with its history, photos, what the reader may do, and to whom its place suggests sending it."""

    moves: list[MoveView]
    photos: list[PhotoView]
    allowed_moves: list[AllowedMove]
    suggested_handler_id: str | None
    suggested_receiver_id: str | None


@dataclass(frozen=True, slots=True)
class Register:
    """The nouns that some tickets speak of, by id; ``cameras`` only those the reader may know."""

    cameras: dict[str, Camera]
    categories: dict[str, Category]
    organisations: dict[str, Organisation]
    operators: dict[str, Operator]

    def view(self, ticket: Ticket, at: datetime) -> TicketView:
        """The ticket with names."""
        camera = self.cameras.get(ticket.camera_id or "")
        category = self.categories.get(ticket.category) or BY_CODE.get(ticket.category)
        handler = self.organisations.get(ticket.handler_id or "")
        on_map = wgs84(Place(ticket.latitude, ticket.longitude, Datum(ticket.datum)))
        return TicketView(
            id=ticket.id,
            number=ticket.number,
            kind=ticket.kind,
            state=ticket.state,
            category=ticket.category,
            category_name_zh="" if category is None else category.name_zh,
            category_name_en="" if category is None else category.name_en,
            title=ticket.title,
            note=ticket.note,
            township_code=ticket.township_code,
            grid_code=ticket.grid_code,
            latitude=ticket.latitude,
            longitude=ticket.longitude,
            datum=ticket.datum,
            wgs84_latitude=on_map.latitude,
            wgs84_longitude=on_map.longitude,
            camera_id=None if camera is None else camera.id,
            camera_name_zh=None if camera is None else camera.name_zh,
            camera_name_en=None if camera is None else camera.name_en,
            candidate_id=None if camera is None else ticket.candidate_id,
            event_id=None if camera is None else ticket.event_id,
            handler_id=ticket.handler_id,
            handler_name_zh=None if handler is None else handler.name_zh,
            handler_name_en=None if handler is None else handler.name_en,
            receiver_id=ticket.receiver_id,
            receiver_name=self.person(ticket.receiver_id) if ticket.receiver_id else None,
            urgent=ticket.urgent,
            overdue=overdue(ticket, at),
            rework_count=ticket.rework_count,
            created_by=ticket.created_by,
            created_by_name=self.person(ticket.created_by),
            created_at=ticket.created_at,
            deadline_at=ticket.deadline_at,
            closed_at=ticket.closed_at,
            version=ticket.version,
        )

    def move(self, line: TicketMove) -> MoveView:
        """The line with names."""
        home = self.organisations.get(line.organisation_id)
        return MoveView(
            seq=line.seq,
            at=line.at,
            actor_id=line.actor_id,
            actor_name=self.person(line.actor_id),
            organisation_id=line.organisation_id,
            organisation_name_zh="" if home is None else home.name_zh,
            organisation_name_en="" if home is None else home.name_en,
            operation=line.operation,
            from_state=line.from_state,
            to_state=line.to_state,
            why=line.why,
            receiver_id=line.receiver_id,
            receiver_name=self.person(line.receiver_id) if line.receiver_id else None,
            seconds_used=line.seconds_used,
            overdue=line.overdue,
        )

    def person(self, operator_id: str) -> str:
        """An operator's name, "" if there is none (the gateway itself)."""
        found = self.operators.get(operator_id)
        return "" if found is None else found.name


async def register_for(
    conn: AsyncConnection, caller: Caller, found: Sequence[Ticket], at: datetime, people: Sequence[str] = ()
) -> Register:
    """What is needed to show these tickets to the caller."""
    held = await grants.for_operator(conn, caller.operator, at)
    known = await cameras.many(conn, {item.camera_id for item in found if item.camera_id})
    wanted = {item.created_by for item in found} | {item.receiver_id for item in found if item.receiver_id}
    return Register(
        cameras={
            camera.id: camera
            for camera in known.values()
            if permits(caller.operator, Action.DIRECTORY, camera.facts, held, at).allowed
        },
        categories={item.code: item for item in await categories.every(conn)},
        organisations=await organisations.by_id(conn),
        operators=await operators.many(conn, wanted | set(people)),
    )


async def detail(conn: AsyncConnection, caller: Caller, ticket: Ticket, in_scope: bool, at: datetime) -> TicketDetail:
    """The ticket's whole file for the caller."""
    lines = await tickets.moves(conn, ticket.id)
    photos = await ticket_photos.of_ticket(conn, ticket.id)
    people = [line.actor_id for line in lines] + [photo.uploaded_by for photo in photos]
    people += [line.receiver_id for line in lines if line.receiver_id]
    register = await register_for(conn, caller, [ticket], at, people)
    grid = None if ticket.grid_code is None else await places.get_grid(conn, ticket.grid_code)
    near = (item.id for item in register.organisations.values() if item.township_code == ticket.township_code)
    rules = allowed(ticket, parties(ticket, caller.operator, in_scope), at)
    shown = register.view(ticket, at)
    return TicketDetail(
        **{name: getattr(shown, name) for name in TicketView.__dataclass_fields__},
        moves=[register.move(line) for line in lines],
        photos=[photo_view(photo, register.person(photo.uploaded_by)) for photo in photos],
        allowed_moves=[
            AllowedMove(rule.to, rule.operation, rule.needs_why, rule.operation is Operation.ASSIGN) for rule in rules
        ],
        suggested_handler_id=next(near, None),
        suggested_receiver_id=None if grid is None else grid.member_id,
    )


def photo_view(photo: Photo, uploader: str) -> PhotoView:
    """The photo with the uploader's name and the address to fetch it at."""
    return PhotoView(
        id=photo.id,
        url=f"/api/v1/tickets/{photo.ticket_id}/photos/{photo.id}",
        media_type=photo.media_type,
        bytes=photo.bytes,
        sha256=photo.sha256,
        uploaded_by=photo.uploaded_by,
        uploaded_by_name=uploader,
        created_at=photo.created_at,
    )
