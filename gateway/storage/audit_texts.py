"""What people typed, kept apart from the audit chain, which holds only a salted commitment to it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit import SALT_BYTES, commitment
from gateway.domain.audit_lines import Kept
from gateway.domain.ids import ENTROPY_BYTES, uuid7
from gateway.storage.tables import audit_entries, audit_texts


@dataclass(frozen=True, slots=True)
class TypedText:
    """A text that belongs to an audit entry; ``text`` is None once it was erased."""

    id: str
    text: str | None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text with the salt of its commitment, before it is stored."""

    salt: bytes
    text: str

    @property
    def commitment(self) -> str:
        """What goes into the chain instead of the text."""
        return commitment(self.salt, self.text)


def sealed(typed: Mapping[str, str]) -> dict[str, Sealed]:
    """Each text with a fresh salt; the empty ones are left out."""
    return {field: Sealed(os.urandom(SALT_BYTES), text) for field, text in typed.items() if text}


async def insert(connection: AsyncConnection, chain: str, seq: int, at: datetime, texts: Mapping[str, Sealed]) -> None:
    """Stores the texts of an entry."""
    rows = [
        {
            "id": uuid7(at, os.urandom(ENTROPY_BYTES)),
            "chain": chain,
            "seq": seq,
            "field": field,
            "salt": one.salt,
            "text": one.text,
        }
        for field, one in texts.items()
    ]
    if rows:
        await connection.execute(audit_texts.insert(), rows)


async def of_entries(
    connection: AsyncConnection, entries: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], dict[str, TypedText]]:
    """The texts of these entries, by (chain, seq) and field."""
    found: dict[tuple[str, int], dict[str, TypedText]] = {}
    if not entries:
        return found
    columns = audit_texts.c
    rows = await connection.execute(select(audit_texts).where(tuple_(columns.chain, columns.seq).in_(entries)))
    for row in rows:
        found.setdefault((row.chain, row.seq), {})[row.field] = TypedText(row.id, row.text, row.erased_at)
    return found


@dataclass(frozen=True, slots=True)
class Committed:
    """The commitment to a text, and the line of the audit that holds it."""

    commitment: str
    chain: str
    seq: int


async def committed(connection: AsyncConnection, action: str, about: tuple[str, str], field: str) -> Committed | None:
    """What the newest line of that action about the object holds of the field; None if nothing was typed there."""
    entry = audit_entries.c
    statement = (
        select(entry.chain, entry.seq, entry.canonical)
        .where(entry.object_kind == about[0], entry.object_id == about[1], entry.action == action)
        .order_by(entry.at.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    found = json.loads(row.canonical).get("typed", {}).get(field)
    return None if found is None else Committed(found, row.chain, row.seq)


async def place(connection: AsyncConnection, text_id: str) -> tuple[str, int, str, datetime | None] | None:
    """Where a text stands, without the text: (chain, seq, field, when it was erased)."""
    columns = audit_texts.c
    statement = select(columns.chain, columns.seq, columns.field, columns.erased_at).where(columns.id == text_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def mentions(words: str) -> ColumnElement[bool]:
    """True for an audit entry into which somebody typed these words, as long as they are not erased."""
    columns = audit_texts.c
    same = (columns.chain == audit_entries.c.chain) & (columns.seq == audit_entries.c.seq)
    found = columns.text.icontains(words, autoescape=True)
    return select(columns.id).where(same, found).correlate(audit_entries).exists()


async def kept(connection: AsyncConnection, chain: str, first: int, last: int) -> dict[int, dict[str, Kept]]:
    """What is kept of the texts of a range of lines, by sequence number and field."""
    columns = audit_texts.c
    found: dict[int, dict[str, Kept]] = {}
    statement = select(audit_texts).where(columns.chain == chain, columns.seq.between(first, last))
    for row in await connection.execute(statement):
        found.setdefault(row.seq, {})[row.field] = Kept(row.id, row.salt, row.text, row.erased_at is not None)
    return found


async def held(connection: AsyncConnection, text_id: str) -> str | None:
    """The text; None if there is none with that id, or it was erased."""
    found: str | None = await connection.scalar(select(audit_texts.c.text).where(audit_texts.c.id == text_id))
    return found


async def erase(connection: AsyncConnection, text_id: str, at: datetime, by: str) -> tuple[str, int, str] | None:
    """Erases a text and its salt; returns (chain, seq, field) of where it stood, None if there is nothing to erase."""
    columns = audit_texts.c
    statement = (
        update(audit_texts)
        .where(columns.id == text_id, columns.erased_at.is_(None))
        .values(text=None, salt=None, erased_at=at, erased_by=by)
        .returning(columns.chain, columns.seq, columns.field)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else (row.chain, row.seq, row.field)
