"""Photos of tickets in the database: where the file lies and what it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import ticket_photos


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo; ``path`` is relative to the photo folder and never leaves the gateway."""

    id: str
    ticket_id: str
    move_seq: int | None
    path: str
    media_type: str
    bytes: int
    sha256: str
    uploaded_by: str
    created_at: datetime


async def insert(connection: AsyncConnection, photo: Photo) -> None:
    """Adds a photo."""
    await connection.execute(ticket_photos.insert().values(asdict(photo)))


async def of_ticket(connection: AsyncConnection, ticket_id: str) -> list[Photo]:
    """The ticket's photos, oldest first."""
    statement = select(ticket_photos).where(ticket_photos.c.ticket_id == ticket_id).order_by(ticket_photos.c.id)
    return [Photo(**row) for row in (await connection.execute(statement)).mappings()]


async def get(connection: AsyncConnection, ticket_id: str, photo_id: str) -> Photo | None:
    """One photo of that ticket."""
    statement = select(ticket_photos).where(ticket_photos.c.id == photo_id, ticket_photos.c.ticket_id == ticket_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Photo(**row)


async def count(connection: AsyncConnection, ticket_id: str) -> int:
    """How many photos the ticket has."""
    statement = select(func.count()).select_from(ticket_photos).where(ticket_photos.c.ticket_id == ticket_id)
    return int(await connection.scalar(statement) or 0)
