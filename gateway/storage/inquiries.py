"""Inquiries of citizens in the database; asks nobody's permission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.inquiries import AskerKind, Inquiry, InquiryState
from gateway.storage.tables import audit_entries, audit_texts, inquiries, inquiry_steps
from gateway.storage.versioned import overwrite

TAKE = "take"
"""The first step of each."""
ERASE = "erase"


@dataclass(frozen=True, slots=True)
class InquiryStep:
    """One line of an inquiry's append-only history. ``detail`` holds what was chosen, ``why`` what was typed."""

    inquiry_id: str
    seq: int
    at: datetime
    operator_id: str
    organisation_id: str
    move: str
    to_state: str
    why: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


async def insert(connection: AsyncConnection, inquiry: Inquiry) -> None:
    """Adds an inquiry."""
    await connection.execute(inquiries.insert().values(_values(inquiry)))


async def save(connection: AsyncConnection, inquiry: Inquiry) -> None:
    """Writes a changed inquiry. Raises ``Stale`` if somebody else changed it meanwhile."""
    await overwrite(connection, inquiries, inquiry.id, inquiry.version - 1, _values(inquiry))


async def get(connection: AsyncConnection, inquiry_id: str) -> Inquiry | None:
    """The inquiry with that id."""
    row = (await connection.execute(select(inquiries).where(inquiries.c.id == inquiry_id))).mappings().first()
    return None if row is None else _from(row)


async def is_taken(connection: AsyncConnection, number: str) -> bool:
    """True if an inquiry has that number."""
    return (await connection.execute(select(inquiries.c.id).where(inquiries.c.number == number))).first() is not None


async def newest(connection: AsyncConnection, before: str | None, limit: int, owner_id: str | None) -> list[Inquiry]:
    """Inquiries from the newest on, or from the one before that id on; of one managing unit, or of all."""
    statement = select(inquiries).order_by(inquiries.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(inquiries.c.id < before)
    if owner_id is not None:
        statement = statement.where(inquiries.c.owner_id == owner_id)
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def add_step(connection: AsyncConnection, step: InquiryStep) -> None:
    """Appends to the history."""
    await connection.execute(inquiry_steps.insert().values(asdict(step)))


async def steps_of(connection: AsyncConnection, inquiry_id: str) -> list[InquiryStep]:
    """What was done with it, oldest first."""
    statement = select(inquiry_steps).where(inquiry_steps.c.inquiry_id == inquiry_id).order_by(inquiry_steps.c.seq)
    return [InquiryStep(**row) for row in (await connection.execute(statement)).mappings()]


async def forget_words(connection: AsyncConnection, inquiry_id: str) -> None:
    """Empties what was typed into its history."""
    await connection.execute(update(inquiry_steps).where(inquiry_steps.c.inquiry_id == inquiry_id).values(why=""))


async def texts_of(connection: AsyncConnection, inquiry_id: str) -> Sequence[str]:
    """Ids of what was typed into the audit about it and was not erased yet."""
    entries, texts = audit_entries.c, audit_texts.c
    statement = (
        select(texts.id)
        .join(audit_entries, (entries.chain == texts.chain) & (entries.seq == texts.seq))
        .where(entries.object_kind == "inquiry", entries.object_id == inquiry_id, texts.erased_at.is_(None))
        .order_by(texts.id)
    )
    return (await connection.scalars(statement)).all()


def _values(inquiry: Inquiry) -> dict[str, Any]:
    return asdict(inquiry) | {"cameras": list(inquiry.cameras)}


def _from(row: RowMapping) -> Inquiry:
    changed = {"state": InquiryState(row["state"]), "asker": AskerKind(row["asker"]), "cameras": tuple(row["cameras"])}
    return Inquiry(**dict(row) | changed)
