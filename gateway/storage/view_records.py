"""View records: who watched what, when, for what purpose and by which grant. Begun before the first byte of picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.paging import Page, bounded, cursor, moment, position
from gateway.storage.tables import view_records

OPEN = "open"
"""The result of a view that still runs."""


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """One look at one camera. ``result`` is "open" while it runs, then why it ended; ``bytes`` is what was sent."""

    id: str
    operator_id: str
    organisation_id: str
    session_id: str | None
    camera_id: str
    action: str
    stream: str
    transport: str
    purpose: str
    reason: str
    ticket_id: str | None
    grant_id: str
    remote: str
    gateway_id: str
    started_at: datetime
    ended_at: datetime | None = None
    bytes: int = 0
    result: str = OPEN


@dataclass(frozen=True, slots=True)
class Closing:
    """How one view ended."""

    id: str
    ended_at: datetime
    bytes: int
    result: str


async def insert(connection: AsyncConnection, record: ViewRecord) -> None:
    """Begins a record."""
    await connection.execute(view_records.insert().values(asdict(record)))


async def progress(connection: AsyncConnection, sent: Sequence[tuple[str, int]]) -> None:
    """Notes how many bytes running views have sent so far: (record id, bytes)."""
    statement = (
        update(view_records)
        .where(view_records.c.id == bindparam("record"), view_records.c.ended_at.is_(None))
        .values(bytes=bindparam("sent"))
    )
    if sent:
        await connection.execute(statement, [{"record": record, "sent": count} for record, count in sent])


async def close(connection: AsyncConnection, closings: Sequence[Closing]) -> None:
    """Ends records; one that has ended stays as it is."""
    statement = (
        update(view_records)
        .where(view_records.c.id == bindparam("record"), view_records.c.ended_at.is_(None))
        .values(ended_at=bindparam("at"), bytes=bindparam("sent"), result=bindparam("how"))
    )
    rows = [{"record": c.id, "at": c.ended_at, "sent": c.bytes, "how": c.result} for c in closings]
    if rows:
        await connection.execute(statement, rows)


async def close_left_open(connection: AsyncConnection, gateway_id: str, at: datetime) -> int:
    """Ends what a gateway of that name left open when it was killed; returns how many."""
    statement = (
        update(view_records)
        .where(view_records.c.gateway_id == gateway_id, view_records.c.ended_at.is_(None))
        .values(ended_at=at, result="gateway_killed")
    )
    return (await connection.execute(statement)).rowcount


async def ran_at(connection: AsyncConnection, session_id: str, camera_id: str, action: str, at: datetime) -> bool:
    """True if that session was looking at the camera at that time."""
    columns = view_records.c
    statement = (
        select(columns.id)
        .where(
            columns.camera_id == camera_id,
            columns.session_id == session_id,
            columns.action == action,
            columns.started_at <= at,
            or_(columns.ended_at.is_(None), columns.ended_at >= at),
        )
        .limit(1)
    )
    return (await connection.execute(statement)).first() is not None


async def get(connection: AsyncConnection, record_id: str) -> ViewRecord | None:
    """The record with that id."""
    row = (await connection.execute(select(view_records).where(view_records.c.id == record_id))).mappings().first()
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
