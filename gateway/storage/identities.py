"""Which operator an identity of a provider belongs to: linked once, at the first sign-in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import identities


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


async def link(connection: AsyncConnection, issuer: str, subject: str, operator_id: str, at: datetime) -> None:
    """Gives the identity to the operator. Raises IntegrityError if either has another already."""
    values = {"issuer": issuer, "subject": subject, "operator_id": operator_id, "linked_at": at}
    await connection.execute(identities.insert().values(values))


async def unlink(connection: AsyncConnection, operator_id: str) -> int:
    """Takes every identity from the operator, so that another may be linked; returns how many."""
    return (await connection.execute(identities.delete().where(identities.c.operator_id == operator_id))).rowcount
