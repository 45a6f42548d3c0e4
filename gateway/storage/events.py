"""Events in the database: taken in exactly once, extended and closed, read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.observations import Box, ObservationKind
from gateway.storage.paging import Page, bounded, cursor, cut, moment, position
from gateway.storage.tables import events
from gateway.storage.upserting import chunks


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as kept. ``state`` is "open" or "closed"; ``extends_id`` names the event it only continues."""

    id: str
    camera_id: str
    rule_id: str
    kind: ObservationKind
    fault: bool
    state: str
    extends_id: str | None
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None
    picture_at: datetime
    accepted_at: datetime
    box: Box
    measure: float
    threshold: float
    why: Mapping[str, float | str]
    worker_id: str


async def get(connection: AsyncConnection, event_id: str) -> StoredEvent | None:
    """The event with that id."""
    return (await many(connection, [event_id])).get(event_id)


async def many(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, StoredEvent]:
    """The events with those ids, by id; unknown ids are left out."""
    found: dict[str, StoredEvent] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        rows = await connection.execute(select(events).where(events.c.id.in_(chunk)))
        found |= {row["id"]: _from(row) for row in rows.mappings()}
    return found


async def of_camera(
    connection: AsyncConnection, camera_id: str, *, after: str | None = None, limit: int = 50
) -> Page[StoredEvent]:
    """The camera's events, newest first. Raises ``BadCursor``."""
    keys = (events.c.opened_at, events.c.id)
    limit = bounded(limit)
    statement = (
        select(events).where(events.c.camera_id == camera_id).order_by(*(key.desc() for key in keys)).limit(limit + 1)
    )
    if after is not None:
        opened, event_id = position(after, "events", str, str)
        statement = statement.where(
            tuple_(*keys) < tuple_(bindparam(None, moment(opened), events.c.opened_at.type), event_id)
        )
    items = [_from(row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor("events", last.opened_at.isoformat(), last.id))


async def open_faults(connection: AsyncConnection, camera_id: str) -> list[StoredEvent]:
    """The camera's device faults that go on, oldest first; what only continues another is left out."""
    columns = events.c
    going_on = (columns.state == "open") & columns.fault & columns.extends_id.is_(None)
    statement = select(events).where(columns.camera_id == camera_id, going_on).order_by(columns.opened_at, columns.id)
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def close_silent(connection: AsyncConnection, before: datetime) -> int:
    """Closes open events not heard of since ``before``, which is when they were last seen: their watching was cut
    short and nobody took it up. An idempotent sweep; returns how many.
    """
    silent = update(events).where(events.c.state == "open", events.c.last_at < before)
    return (await connection.execute(silent.values(state="closed", closed_at=events.c.last_at))).rowcount


def _from(row: RowMapping) -> StoredEvent:
    plain = {name: row[name] for name in StoredEvent.__dataclass_fields__ if name not in ("kind", "box")}
    return StoredEvent(**plain, kind=ObservationKind(row["kind"]), box=Box(*row["box"]))
