"""Photos of tickets: kept as files, byte for byte, never decoded here."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.domain.messages import Topic
from gateway.domain.ticket_states import ENDED
from gateway.domain.tickets import parties
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.services.ticket_views import PhotoView, photo_view
from gateway.services.tickets import seen
from gateway.services.uploads import kept, kind_of
from gateway.storage import ticket_photos, tickets
from gateway.storage.ticket_photos import Photo

PHOTO_MAX = 8 * 1024 * 1024
PHOTOS_PER_TICKET = 12
FOLDER = "photos"


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photo's file and what it is."""

    path: Path
    media_type: str


async def add(office: Office, caller: Caller, ticket_id: str, data: bytes) -> PhotoView:
    """Keeps a photo of the spot. Raises ``NotFound``, ``Forbidden``, ``Conflict``, ``Invalid`` or ``Unavailable``."""
    media_type, ending = _kind(data)
    at = office.clock.now()
    async with office.store.read() as conn:
        ticket, in_scope = await seen(conn, caller, ticket_id, at)
    if not parties(ticket, caller.operator, in_scope):
        raise Forbidden("photos are added by the desk or the handler")
    if ticket.state in ENDED:
        raise Conflict("the ticket has ended")
    photo_id = office.new_id()
    photo = Photo(
        id=photo_id,
        ticket_id=ticket_id,
        move_seq=None,
        path=f"{ticket_id}/{photo_id}.{ending}",
        media_type=media_type,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        uploaded_by=caller.operator.id,
        created_at=at,
    )
    path = office.data / FOLDER / photo.path
    async with kept(office, path, data, "photo"):
        await _insert(office, photo)
    await office.ring(Topic.TICKETS, ticket_id)
    return photo_view(photo, caller.operator.name)


async def _insert(office: Office, photo: Photo) -> None:
    async with office.store.begin() as conn:
        if await ticket_photos.count(conn, photo.ticket_id) >= PHOTOS_PER_TICKET:
            raise Conflict(f"a ticket has at most {PHOTOS_PER_TICKET} photos")
        last = await tickets.last_move(conn, photo.ticket_id)
        await ticket_photos.insert(conn, replace(photo, move_seq=None if last is None else last.seq))
        await office.note(
            conn,
            photo.created_at,
            photo.uploaded_by,
            "add_photo",
            "ticket",
            photo.ticket_id,
            photo=photo.id,
            sha256=photo.sha256,
        )


async def read(office: Office, caller: Caller, ticket_id: str, photo_id: str) -> PhotoFile:
    """The photo's file. Raises ``NotFound``."""
    at = office.clock.now()
    async with office.store.read() as conn:
        await seen(conn, caller, ticket_id, at)
        photo = await ticket_photos.get(conn, ticket_id, photo_id)
    if photo is None:
        raise NotFound("photo")
    path = office.data / FOLDER / photo.path
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("photo")
    return PhotoFile(path, photo.media_type)


def _kind(data: bytes) -> tuple[str, str]:
    if len(data) > PHOTO_MAX:
        raise Invalid(f"a photo has at most {PHOTO_MAX // 1024 // 1024} MiB", field="file")
    kind = kind_of(data, ("jpg", "png", "webp"))
    if kind is None:
        raise Invalid("a photo is a JPEG, PNG or WebP file", field="file")
    return kind
