"""The audit chains in the database: appended to, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, RowMapping, bindparam, func, select, text, tuple_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit import GENESIS, SHA256, Break, canonical, chained
from gateway.domain.audit_ends import CHAIN, NOTED, Added
from gateway.domain.audit_lines import Line, Stretch, check
from gateway.domain.audit_roots import ChainEnd
from gateway.storage import audit_texts
from gateway.storage.audit_texts import TypedText
from gateway.storage.paging import Page, bounded, cursor, moment, position
from gateway.storage.tables import audit_entries

VERIFY_BATCH = 1000
ADDED = "audit lines added"
"""Under which name a connection holds what its transaction adds, where somebody wants to know."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit."""

    chain: str
    seq: int
    at: datetime
    actor_id: str
    action: str
    object_kind: str
    object_id: str
    detail: Mapping[str, Any]
    typed: Mapping[str, TypedText] = field(default_factory=dict)
    """What people typed, by the name of its field."""


async def append(
    connection: AsyncConnection,
    chain: str,
    at: datetime,
    actor_id: str,
    action: str,
    object_kind: str,
    object_id: str,
    detail: Mapping[str, Any],
    typed: Mapping[str, str] | None = None,
    algorithm: str = SHA256,
) -> int:
    """Adds an entry at the end of the chain, in the caller's transaction; returns its sequence number from 1.

    What people typed goes into ``typed``: it is stored beside the chain, which holds only a commitment to it.
    """
    if connection.dialect.name == "postgresql":
        # SQLite has one writer anyway; here two transactions must not both follow the same entry.
        await connection.execute(text("SELECT pg_advisory_xact_lock(742202, hashtext(:chain))"), {"chain": chain})
    entries = audit_entries.c
    last = (
        await connection.execute(
            select(entries.seq, entries.hash).where(entries.chain == chain).order_by(entries.seq.desc()).limit(1)
        )
    ).one_or_none()
    seq, previous = (1, GENESIS) if last is None else (last.seq + 1, last.hash)
    texts = audit_texts.sealed(typed or {})
    commitments = {name: one.commitment for name, one in texts.items()}
    written = canonical(chain, seq, at, actor_id, action, object_kind, object_id, detail, commitments, algorithm)
    here = chained(previous, written)
    await connection.execute(
        audit_entries.insert().values(
            chain=chain,
            seq=seq,
            at=at,
            actor_id=actor_id,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            canonical=written,
            previous=previous,
            hash=here,
        )
    )
    await audit_texts.insert(connection, chain, seq, at, texts)
    added, end = added_by(connection), ChainEnd(seq, here)
    added[chain] = added[chain].with_next(end) if chain in added else Added(seq, previous, end)
    return seq


def added_by(connection: AsyncConnection) -> dict[str, Added]:
    """What the connection's transaction has added, by chain; the store empties it when a transaction begins."""
    found: dict[str, Added] = connection.info.setdefault(ADDED, {})
    return found


async def noted_since(connection: AsyncConnection, chain: str) -> int | None:
    """The first line that says that the chain's end is noted outside the database."""
    entries = audit_entries.c
    about = (entries.object_kind == CHAIN, entries.object_id == chain, entries.action == NOTED)
    found = select(func.min(entries.seq)).where(entries.chain == chain, *about)
    first: int | None = await connection.scalar(found)
    return first


async def verify(connection: AsyncConnection, chain: str) -> Break | None:
    """The first place where the chain does not hold, None if all of it does. Reads in batches, one after another;
    ``services.verifying`` does the same in parallel for a chain of millions and looks at the roots too.
    """
    last, previous = await _last(connection, chain), GENESIS
    for first in range(1, last + 1, VERIFY_BATCH):
        stretch = await _stretch(connection, chain, first, min(last, first + VERIFY_BATCH - 1), previous)
        if stretch.broken is not None:
            return stretch.broken
        previous = stretch.hash
    return None


async def holds(connection: AsyncConnection, chain: str, seq: int) -> bool:
    """True if that line is as it was written, and follows and is followed as it was."""
    last = await _last(connection, chain)
    stretch = await _stretch(connection, chain, max(1, seq - 1), min(last, seq + 1), None)
    return stretch.broken is None


async def _last(connection: AsyncConnection, chain: str) -> int:
    found = select(func.max(audit_entries.c.seq)).where(audit_entries.c.chain == chain)
    return await connection.scalar(found) or 0


async def _stretch(connection: AsyncConnection, chain: str, first: int, until: int, previous: bytes | None) -> Stretch:
    entries = audit_entries.c
    columns = [entries.seq, type_coerce(entries.at, BigInteger), *(entries[name] for name in Line._fields[2:])]
    there = entries.seq.between(first, until)
    rows = await connection.execute(select(*columns).where(entries.chain == chain, there).order_by(entries.seq))
    kept = await audit_texts.kept(connection, chain, first, until)
    erasures = await _erasures(connection) if kept else frozenset()
    return check(chain, (Line(*row) for row in rows), kept, first, until, previous, erasures)


async def _erasures(connection: AsyncConnection) -> frozenset[str]:
    """The ids of the texts whose erasure is in the audit."""
    columns = audit_entries.c
    statement = select(columns.object_id).where(columns.object_kind == "audit_text", columns.action == "erase_text")
    return frozenset((await connection.scalars(statement)).all())


async def entry(connection: AsyncConnection, chain: str, seq: int) -> AuditEntry | None:
    """One line."""
    statement = select(audit_entries).where(audit_entries.c.chain == chain, audit_entries.c.seq == seq)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else (await _with_texts(connection, [_from(row)]))[0]


async def erasure_of_view(connection: AsyncConnection, view_id: str) -> datetime | None:
    """When the reason of a view was erased, by the line that says so."""
    entries = audit_entries.c
    about = (entries.object_kind == "view_record", entries.object_id == view_id, entries.action == "erase_text")
    found: datetime | None = await connection.scalar(select(func.min(entries.at)).where(*about))
    return found


async def chains(connection: AsyncConnection) -> list[str]:
    """The names of all chains; jumps from one to the next instead of reading every line."""
    found: list[str] = []
    while True:
        statement = select(func.min(audit_entries.c.chain)).where(audit_entries.c.chain > (found[-1] if found else ""))
        name = await connection.scalar(statement)
        if name is None:
            return found
        found.append(name)


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What is looked for; ``text`` in what people typed, ``since`` is inclusive and ``until`` is not."""

    actor_id: str | None = None
    action: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


ALL = AuditQuery()


async def page(
    connection: AsyncConnection,
    query: AuditQuery = ALL,
    *,
    object_kind: str | None = None,
    object_id: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[AuditEntry]:
    """Entries of all chains, newest first; an object may be named without a query. Raises ``BadCursor``."""
    query = replace(query, object_kind=object_kind or query.object_kind, object_id=object_id or query.object_id)
    entries = audit_entries.c
    keys = (entries.at, entries.chain, entries.seq)
    limit = bounded(limit)
    statement = select(audit_entries).order_by(*(key.desc() for key in keys)).limit(limit + 1)
    for name in ("actor_id", "action", "object_kind", "object_id"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(entries[name] == value)
    if query.since is not None:
        statement = statement.where(entries.at >= query.since)
    if query.until is not None:
        statement = statement.where(entries.at < query.until)
    if query.text is not None:
        statement = statement.where(audit_texts.mentions(query.text))
    if after is not None:
        began, chain, seq = position(after, "audit", str, str, int)
        statement = statement.where(tuple_(*keys) < tuple_(bindparam(None, moment(began), entries.at.type), chain, seq))
    rows = (await connection.execute(statement)).mappings().all()
    items = await _with_texts(connection, [_from(row) for row in rows[:limit]])
    if len(rows) <= limit:
        return Page(items, None)
    return Page(items, cursor("audit", items[-1].at.isoformat(), items[-1].chain, items[-1].seq))


async def count_about(connection: AsyncConnection, action: str, about: tuple[str, str], since: datetime) -> int:
    """How often that was done to the object (its kind and id) since then."""
    entries = audit_entries.c
    same = (entries.object_kind == about[0], entries.object_id == about[1], entries.action == action)
    found = select(func.count()).select_from(audit_entries).where(*same, entries.at >= since)
    return int(await connection.scalar(found) or 0)


async def _with_texts(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> list[AuditEntry]:
    found = await audit_texts.of_entries(connection, [(entry.chain, entry.seq) for entry in entries])
    return [replace(entry, typed=found.get((entry.chain, entry.seq), {})) for entry in entries]


def _from(row: RowMapping) -> AuditEntry:
    names = ("chain", "seq", "at", "actor_id", "action", "object_kind", "object_id")
    return AuditEntry(**{name: row[name] for name in names}, detail=json.loads(row["canonical"])["detail"])
