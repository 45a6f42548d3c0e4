"""Which operator an identity of a provider belongs to: linked once, at the first sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import identities
from gateway.storage.upserting import chunks


async def operator_of(connection: AsyncConnection, issuer: str, subject: str) -> str | None:
    """The operator's id that the identity was linked to."""
    statement = select(identities.c.operator_id).where(identities.c.issuer == issuer, identities.c.subject == subject)
    found = await connection.scalar(statement)
    return None if found is None else str(found)


async def is_linked(connection: AsyncConnection, issuer: str, operator_id: str) -> bool:
    """True if some identity of that provider belongs to the operator."""
    statement = select(identities.c.subject).where(
        identities.c.issuer == issuer, identities.c.operator_id == operator_id
    )
    return await connection.scalar(statement) is not None


async def any_of(connection: AsyncConnection, operator_id: str) -> bool:
    """True if some identity of any provider belongs to the operator."""
    statement = select(identities.c.subject).where(identities.c.operator_id == operator_id).limit(1)
    return await connection.scalar(statement) is not None


async def link(connection: AsyncConnection, issuer: str, subject: str, operator_id: str, at: datetime) -> None:
    """Gives the identity to the operator. Raises IntegrityError if either has another already."""
    values = {"issuer": issuer, "subject": subject, "operator_id": operator_id, "linked_at": at}
    await connection.execute(identities.insert().values(values))


async def unlink(connection: AsyncConnection, operator_id: str) -> int:
    """Takes every identity from the operator, so that another may be linked; returns how many."""
    return (await connection.execute(identities.delete().where(identities.c.operator_id == operator_id))).rowcount


@dataclass(frozen=True, slots=True)
class Link:
    """An operator's identity at an issuer, and since when that gives them nothing any more."""

    subject: str
    operator_id: str
    withdrawn_at: datetime | None


async def link_of(connection: AsyncConnection, issuer: str, operator_id: str) -> Link | None:
    """The operator's identity at that issuer."""
    row = (
        await connection.execute(
            select(identities).where(identities.c.issuer == issuer, identities.c.operator_id == operator_id)
        )
    ).one_or_none()
    return None if row is None else Link(row.subject, row.operator_id, row.withdrawn_at)


async def linked(connection: AsyncConnection, issuer: str) -> set[str]:
    """The ids of all operators with an identity at that issuer."""
    return set(await connection.scalars(select(identities.c.operator_id).where(identities.c.issuer == issuer)))


async def unchecked(connection: AsyncConnection, issuer: str, since: datetime, limit: int) -> list[Link]:
    """Identities that the issuer was not asked about since then, the longest ago first; none that are withdrawn."""
    statement = (
        select(identities)
        .where(
            identities.c.issuer == issuer,
            identities.c.withdrawn_at.is_(None),
            or_(identities.c.checked_at.is_(None), identities.c.checked_at <= since),
        )
        .order_by(identities.c.checked_at.asc().nulls_first(), identities.c.operator_id)
        .limit(limit)
    )
    return [Link(row.subject, row.operator_id, None) for row in (await connection.execute(statement)).all()]


async def check(connection: AsyncConnection, issuer: str, operator_ids: Iterable[str], at: datetime) -> None:
    """Keeps when the issuer was last asked about these operators."""
    for chunk in chunks(dict.fromkeys(operator_ids)):
        await connection.execute(
            update(identities)
            .where(identities.c.issuer == issuer, identities.c.operator_id.in_(chunk))
            .values(checked_at=at)
        )


async def withdraw(connection: AsyncConnection, issuer: str, operator_id: str, at: datetime | None) -> None:
    """Keeps since when the issuer gives the operator nothing; None: it gives something again."""
    await connection.execute(
        update(identities)
        .where(identities.c.issuer == issuer, identities.c.operator_id == operator_id)
        .values(withdrawn_at=at)
    )
