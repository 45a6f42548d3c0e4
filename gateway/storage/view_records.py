"""View records: who watched what, when, for what purpose and by which grant. Begun before the first byte of picture.

A single look is a row of its own. A wall or a tour is one row with many short spans, one for each camera it showed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Table, bindparam, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit import SALT_BYTES, commitment
from gateway.domain.view_proofs import proof, together
from gateway.storage.tables import sessions, view_records, wall_spans, wall_views
from gateway.storage.upserting import insert as inserting

OPEN = "open"
"""The result of a view that still runs."""

SKEW = timedelta(minutes=5)
"""By how much the clocks of gateways on one database may differ: one began the session, another the look."""

SPAN_FIELDS = ("id", "wall_id", "camera_id", "stream", "grant_id", "started_at", "ended_at", "bytes", "result")
WALL_FIELDS = (
    "operator_id", "organisation_id", "session_id", "action", "transport", "purpose", "ticket_id", "remote",
    "gateway_id",
)  # fmt: skip
"""What a wall's spans have in common. A wall has no reason of its own: a look for one is a row of its own."""


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """One look at one camera, or (with ``spans``) a wall's many. ``result`` is "open" while it runs, then why it ended;
    ``bytes`` is what was sent; ``wall_id`` names the wall of a look that was part of one.
    """

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
    wall_id: str | None = None
    spans: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """How one view ended."""

    id: str
    ended_at: datetime
    bytes: int
    result: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Records that begin together: with the commitment to each one's reason, and the digest over all."""

    records: Sequence[ViewRecord]
    salts: Sequence[bytes | None]
    seals: Sequence[str]
    digest: str


def begun_proof(record: ViewRecord, reason_seal: str) -> bytes:
    """What the audit chain covers of a beginning; of the reason only the commitment."""
    return proof(
        [record.id, record.operator_id, record.organisation_id, record.session_id, record.camera_id, record.action,
         record.stream, record.transport, record.purpose, reason_seal, record.ticket_id, record.grant_id, record.remote,
         record.gateway_id, record.started_at, record.wall_id]
    )  # fmt: skip


def ended_proof(closing: Closing) -> bytes:
    """What the audit chain covers of an end."""
    return proof([closing.id, closing.ended_at, closing.bytes, closing.result])


def sealed(records: Sequence[ViewRecord]) -> Begun:
    """The records, each reason with its fresh commitment."""
    salts = [os.urandom(SALT_BYTES) if record.reason else None for record in records]
    seals = [
        "" if salt is None else commitment(salt, record.reason) for salt, record in zip(salts, records, strict=True)
    ]
    digest = together(begun_proof(record, seal) for record, seal in zip(records, seals, strict=True))
    return Begun(records, salts, seals, digest)


async def begin(connection: AsyncConnection, begun: Begun, line: int = 0) -> None:
    """Begins records; ``line`` is the line of the audit that covers them."""
    singles: list[dict[str, Any]] = []
    walls: dict[str, dict[str, Any]] = {}
    spans: list[dict[str, Any]] = []
    for record, salt, seal in zip(begun.records, begun.salts, begun.seals, strict=True):
        row = asdict(record)
        if record.wall_id is None:
            del row["wall_id"], row["spans"]
            singles.append(row | {"reason_salt": salt, "reason_seal": seal, "begun_seq": line})
            continue
        shared = {name: row[name] for name in WALL_FIELDS}
        walls.setdefault(record.wall_id, shared | {"id": record.wall_id, "started_at": record.started_at})
        spans.append({name: row[name] for name in SPAN_FIELDS} | {"begun_seq": line})
    if singles:
        await connection.execute(view_records.insert(), singles)
    for wall in walls.values():
        await connection.execute(inserting(connection, wall_views).values(wall).on_conflict_do_nothing())
    if spans:
        await connection.execute(wall_spans.insert(), spans)


async def insert(connection: AsyncConnection, record: ViewRecord) -> None:
    """Begins one record."""
    await begin(connection, sealed([record]))


async def progress(connection: AsyncConnection, sent: Sequence[tuple[str, int]]) -> None:
    """Notes how many bytes running views have sent so far: (record id, bytes)."""
    rows = [{"record": record, "sent": count} for record, count in sent]
    for table in (view_records, wall_spans) if rows else ():
        statement = (
            update(table)
            .where(table.c.id == bindparam("record"), table.c.ended_at.is_(None))
            .values(bytes=bindparam("sent"))
        )
        await connection.execute(statement, rows)


async def still_open(connection: AsyncConnection, closings: Sequence[Closing]) -> list[Closing]:
    """Those of the closings whose record has not ended yet."""
    ids = [closing.id for closing in closings]
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        for table in (view_records, wall_spans):
            statement = select(table.c.id).where(table.c.id.in_(ids[start : start + 500]), table.c.ended_at.is_(None))
            found |= set((await connection.scalars(statement)).all())
    return [closing for closing in closings if closing.id in found]


async def close(connection: AsyncConnection, closings: Sequence[Closing], line: int = 0) -> None:
    """Ends records; one that has ended stays as it is. ``line`` is the line of the audit that covers the ends."""
    rows = [{"record": c.id, "at": c.ended_at, "sent": c.bytes, "how": c.result, "line": line} for c in closings]
    for table in (view_records, wall_spans) if rows else ():
        statement = (
            update(table)
            .where(table.c.id == bindparam("record"), table.c.ended_at.is_(None))
            .values(
                ended_at=bindparam("at"), bytes=bindparam("sent"), result=bindparam("how"), ended_seq=bindparam("line")
            )
        )
        await connection.execute(statement, rows)


async def left_open(connection: AsyncConnection, gateway_id: str, at: datetime) -> list[Closing]:
    """How what a gateway of that name left open when it was killed is to be closed."""
    singles = select(view_records.c.id, view_records.c.bytes).where(
        view_records.c.gateway_id == gateway_id, view_records.c.ended_at.is_(None)
    )
    spans = (
        select(wall_spans.c.id, wall_spans.c.bytes)
        .join(wall_views, wall_views.c.id == wall_spans.c.wall_id)
        .where(wall_views.c.gateway_id == gateway_id, wall_spans.c.ended_at.is_(None))
    )
    rows = [*await connection.execute(singles), *await connection.execute(spans)]
    return [Closing(row.id, at, row.bytes, "gateway_killed") for row in rows]


async def close_left_open(connection: AsyncConnection, gateway_id: str, at: datetime) -> int:
    """Ends what a gateway of that name left open when it was killed; returns how many."""
    closings = await left_open(connection, gateway_id, at)
    await close(connection, closings)
    return len(closings)


async def ran_at(connection: AsyncConnection, session_id: str, camera_id: str, action: str, at: datetime) -> bool:
    """True if that session was doing that with that camera at that time."""

    def during(table: Table) -> Any:
        ended = or_(table.c.ended_at.is_(None), table.c.ended_at >= at)
        return (table.c.camera_id == camera_id) & (table.c.started_at <= at) & ended

    who = view_records.c.session_id == session_id, view_records.c.action == action
    single = select(view_records.c.id).where(*who, during(view_records)).limit(1)
    if (await connection.execute(single)).first() is not None:
        return True
    shared = wall_spans.join(wall_views, wall_views.c.id == wall_spans.c.wall_id)
    who = wall_views.c.session_id == session_id, wall_views.c.action == action
    span = select(wall_spans.c.id).select_from(shared).where(*who, during(wall_spans)).limit(1)
    return (await connection.execute(span)).first() is not None


async def get(connection: AsyncConnection, record_id: str) -> ViewRecord | None:
    """The look with that id, alone or part of a wall."""
    row = (await connection.execute(select(view_records).where(view_records.c.id == record_id))).mappings().first()
    if row is not None:
        return single(row)
    statement = spans_with_walls().where(wall_spans.c.id == record_id)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else ViewRecord(**row)


async def reason_place(connection: AsyncConnection, record_id: str) -> tuple[str, int] | None:
    """The chain and line that cover the reason of a look; None if no reason was ever given for one of that id."""
    columns = view_records.c
    statement = select(columns.gateway_id, columns.begun_seq).where(columns.id == record_id, columns.reason_seal != "")
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def with_reason(
    connection: AsyncConnection, session_id: str, reason: str, since: datetime | None = None
) -> Sequence[str]:
    """Ids of the looks of a session for that reason, of those that began ``since`` then.

    They are looked for among what the session's person began since it began, which an index finds.
    """
    columns, own = view_records.c, sessions.c
    found = await connection.execute(select(own.operator_id, own.created_at).where(own.id == session_id))
    session = found.one_or_none()
    if session is None:
        return []
    begun = session.created_at - SKEW
    begun = begun if since is None else max(since, begun)
    person = (columns.operator_id == session.operator_id, columns.started_at >= begun)
    statement = select(columns.id).where(*person, columns.session_id == session_id, columns.reason == reason)
    return (await connection.scalars(statement.order_by(columns.id))).all()


async def erase_reason(connection: AsyncConnection, record_id: str) -> bool:
    """Erases the reason of a look and its salt; the commitment stays, so that the proof holds. False if it is gone."""
    statement = (
        update(view_records)
        .where(view_records.c.id == record_id, view_records.c.reason != "")
        .values(reason="", reason_salt=None)
    )
    return (await connection.execute(statement)).rowcount == 1


async def open_count(connection: AsyncConnection, camera_id: str | None = None) -> int:
    """How many looks are going on, at one camera or at all."""
    found = 0
    for table in (view_records, wall_spans):
        statement = select(func.count()).select_from(table).where(table.c.ended_at.is_(None))
        if camera_id is not None:
            statement = statement.where(table.c.camera_id == camera_id)
        found += int(await connection.scalar(statement) or 0)
    return found


def spans_with_walls() -> Select[Any]:
    """Every span as a record of its own."""
    made: dict[str, ColumnElement[Any]] = {"reason": literal(""), "spans": literal(0)}
    columns: list[Any] = []
    for name in ViewRecord.__dataclass_fields__:
        column = made[name] if name in made else (wall_spans if name in SPAN_FIELDS else wall_views).c[name]
        columns.append(column.label(name))
    return select(*columns).join_from(wall_spans, wall_views, wall_views.c.id == wall_spans.c.wall_id)


def single(row: RowMapping) -> ViewRecord:
    """The record of a row of its own."""
    names = [name for name in ViewRecord.__dataclass_fields__ if name not in ("wall_id", "spans")]
    return ViewRecord(**{name: row[name] for name in names})
