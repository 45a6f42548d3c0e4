"""The audit's signed roots in the database: appended to, never changed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit_roots import ChainEnd, SignedRoot
from gateway.storage.auditing import chains
from gateway.storage.paging import Page, bounded, cursor, position
from gateway.storage.tables import audit_entries, audit_roots


async def take_turn(connection: AsyncConnection) -> None:
    """Lets one root after another be made; released with the transaction."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(742203)"))


async def ends(connection: AsyncConnection) -> dict[str, ChainEnd]:
    """How every chain ends now."""
    found: dict[str, ChainEnd] = {}
    columns = audit_entries.c
    for name in await chains(connection):
        statement = select(columns.seq, columns.hash).where(columns.chain == name).order_by(columns.seq.desc()).limit(1)
        row = (await connection.execute(statement)).one()
        found[name] = ChainEnd(row.seq, row.hash)
    return found


async def insert(connection: AsyncConnection, signed: SignedRoot) -> None:
    """Adds a root."""
    root = signed.root
    await connection.execute(
        audit_roots.insert().values(
            seq=root.number,
            day=None if root.day is None else root.day.isoformat(),
            at=root.at,
            document=signed.document,
            signature=signed.signature,
        )
    )


async def last(connection: AsyncConnection) -> SignedRoot | None:
    """The newest root."""
    statement = select(audit_roots).order_by(audit_roots.c.seq.desc()).limit(1)
    return _from((await connection.execute(statement)).mappings().one_or_none())


async def get(connection: AsyncConnection, number: int) -> SignedRoot | None:
    """The root with that number."""
    statement = select(audit_roots).where(audit_roots.c.seq == number)
    return _from((await connection.execute(statement)).mappings().one_or_none())


async def closed(connection: AsyncConnection, day: date) -> bool:
    """True if that day has its root."""
    statement = select(audit_roots.c.seq).where(audit_roots.c.day == day.isoformat())
    return await connection.scalar(statement) is not None


async def page(connection: AsyncConnection, *, after: str | None = None, limit: int = 50) -> Page[SignedRoot]:
    """Roots, newest first. Raises ``BadCursor``."""
    limit = bounded(limit)
    statement = select(audit_roots).order_by(audit_roots.c.seq.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(audit_roots.c.seq < position(after, "roots", int)[0])
    rows = (await connection.execute(statement)).mappings().all()
    items = [SignedRoot(row["document"], row["signature"]) for row in rows[:limit]]
    return Page(items, cursor("roots", rows[limit - 1]["seq"]) if len(rows) > limit else None)


def _from(row: RowMapping | None) -> SignedRoot | None:
    return None if row is None else SignedRoot(row["document"], row["signature"])
