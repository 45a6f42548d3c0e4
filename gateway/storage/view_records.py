"""View records: who looked at which camera, for what, by which grant. Opened before the first byte of picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.paging import Page, bounded, cursor, moment, position
from gateway.storage.tables import view_records

OPEN = "open"
"""The ``result`` of a record that has not ended."""


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """One look at one camera. ``result`` is "open" until it ends, then the code of why it ended."""

    id: str
    operator_id: str
    organisation_id: str
    session_id: str | None
    camera_id: str
    action: str
    transport: str
    purpose: str
    grant_id: str
    remote: str
    gateway_id: str
    started_at: datetime
    stream: str = ""
    reason: str = ""
    ticket_id: str | None = None
    ended_at: datetime | None = None
    bytes: int = 0
    result: str = OPEN


async def insert(connection: AsyncConnection, record: ViewRecord) -> None:
    """Opens a record; a still or a file is opened and closed in one go by giving ``ended_at`` and ``result``."""
    values = {name: getattr(record, name) for name in ViewRecord.__dataclass_fields__}
    await connection.execute(view_records.insert().values(values))


async def add_bytes(connection: AsyncConnection, record_id: str, amount: int) -> None:
    """Adds to what was sent so far."""
    statement = update(view_records).where(view_records.c.id == record_id)
    await connection.execute(statement.values(bytes=view_records.c.bytes + amount))


async def end(connection: AsyncConnection, record_id: str, at: datetime, result: str, amount: int = 0) -> bool:
    """Closes a record and adds the last bytes; False if it was closed before."""
    statement = (
        update(view_records)
        .where(view_records.c.id == record_id, view_records.c.ended_at.is_(None))
        .values(ended_at=at, result=result, bytes=view_records.c.bytes + amount)
    )
    return (await connection.execute(statement)).rowcount == 1


async def end_abandoned(connection: AsyncConnection, gateway_id: str, at: datetime) -> int:
    """Closes what a gateway left open when it was killed; called when it starts again. Returns how many."""
    statement = (
        update(view_records)
        .where(view_records.c.gateway_id == gateway_id, view_records.c.ended_at.is_(None))
        .values(ended_at=at, result="abandoned")
    )
    return (await connection.execute(statement)).rowcount


async def get(connection: AsyncConnection, record_id: str) -> ViewRecord | None:
    """The record with that id."""
    result = await connection.execute(select(view_records).where(view_records.c.id == record_id))
    row = result.mappings().one_or_none()
    return None if row is None else _from(row)


async def page(
    connection: AsyncConnection,
    *,
    camera_id: str | None = None,
    operator_id: str | None = None,
    organisation_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[ViewRecord]:
    """Records newest first, narrowed by what is given; ``since`` is inclusive, ``until`` not. Raises ``BadCursor``."""
    columns = view_records.c
    keys = (columns.started_at, columns.id)
    limit = bounded(limit)
    statement = select(view_records).order_by(*(key.desc() for key in keys)).limit(limit + 1)
    for column, value in (
        (columns.camera_id, camera_id),
        (columns.operator_id, operator_id),
        (columns.organisation_id, organisation_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if since is not None:
        statement = statement.where(columns.started_at >= since)
    if until is not None:
        statement = statement.where(columns.started_at < until)
    if after is not None:
        began, record_id = position(after, "views", str, str)
        there = tuple_(bindparam(None, moment(began), columns.started_at.type), record_id)
        statement = statement.where(tuple_(*keys) < there)
    items = [_from(row) for row in (await connection.execute(statement)).mappings()]
    if len(items) <= limit:
        return Page(items, None)
    last = items[limit - 1]
    return Page(items[:limit], cursor("views", last.started_at.isoformat(), last.id))


async def open_count(connection: AsyncConnection, camera_id: str | None = None) -> int:
    """How many looks are going on, at one camera or at all."""
    statement = select(func.count()).select_from(view_records).where(view_records.c.ended_at.is_(None))
    if camera_id is not None:
        statement = statement.where(view_records.c.camera_id == camera_id)
    return int(await connection.scalar(statement) or 0)


def _from(row: RowMapping) -> ViewRecord:
    return ViewRecord(**{name: row[name] for name in ViewRecord.__dataclass_fields__})
