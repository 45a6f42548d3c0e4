"""Receipts of what was deleted by rule: what it was, which rule, when; never what it showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.paging import Page, bounded, cursor, cut, position
from gateway.storage.reaching import Reach
from gateway.storage.tables import cameras, deletion_receipts


@dataclass(frozen=True, slots=True)
class DeletionReceipt:
    """One thing that is gone. ``rule`` is ``time`` or ``quota``; ``by`` names the gateway that deleted it."""

    id: str
    at: datetime
    what: str
    object_id: str
    camera_id: str
    sha256: str
    bytes: int
    rule: str
    by: str


@dataclass(frozen=True, slots=True)
class ReceiptQuery:
    """What narrows a list of receipts; None says nothing. ``since`` is inclusive and ``until`` is not."""

    camera_id: str | None = None
    object_id: str | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def insert(connection: AsyncConnection, receipts: Sequence[DeletionReceipt]) -> None:
    """Adds receipts; they are never changed."""
    if receipts:
        await connection.execute(deletion_receipts.insert(), [asdict(item) for item in receipts])


async def page(
    connection: AsyncConnection, scope: Reach | None, query: ReceiptQuery, *, after: str | None, limit: int
) -> Page[DeletionReceipt]:
    """Receipts that fit, newest first; ``scope`` cuts them to the cameras within reach. Raises ``BadCursor``."""
    limit = bounded(limit)
    columns = deletion_receipts.c
    statement = select(deletion_receipts).order_by(columns.id.desc()).limit(limit + 1)
    if scope is not None:
        statement = statement.where(columns.camera_id.in_(select(cameras.c.id).where(scope.condition())))
    for column, value in (
        (columns.camera_id, query.camera_id),
        (columns.object_id, query.object_id),
        (columns.rule, query.rule),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.since is not None:
        statement = statement.where(columns.at >= query.since)
    if query.until is not None:
        statement = statement.where(columns.at < query.until)
    if after is not None:
        statement = statement.where(columns.id < position(after, "receipts", str)[0])
    items = [DeletionReceipt(**row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor("receipts", last.id))
