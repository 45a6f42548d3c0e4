"""Leases: who may act alone, until when. Time comes from the caller; a lease is lost by silence."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import DateTime, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import leases
from gateway.storage.upserting import insert


async def agreed_now(connection: AsyncConnection, at: datetime) -> datetime:
    """The time that all holders agree on: the server's, so that a gateway with a wrong clock takes no lease too early
    and keeps none too long. A file is used by one machine only, so there it is ``at``, the caller's own.
    """
    if connection.dialect.name == "sqlite":
        return at
    moment: datetime = (
        await connection.execute(select(func.clock_timestamp(type_=DateTime(timezone=True))))
    ).scalar_one()
    return moment


async def acquire(connection: AsyncConnection, name: str, holder: str, at: datetime, ttl: timedelta) -> bool:
    """Takes or keeps the lease; True if the holder has it now. One statement, so two can never both win."""
    statement = insert(connection, leases).values(name=name, holder=holder, expires_at=at + ttl)
    free = or_(leases.c.holder == holder, leases.c.expires_at <= at)
    taken = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": statement.excluded.holder, "expires_at": statement.excluded.expires_at},
        where=free,
    ).returning(leases.c.holder)
    return bool((await connection.execute(taken)).scalar_one_or_none() == holder)


async def renew(connection: AsyncConnection, name: str, holder: str, at: datetime, ttl: timedelta) -> bool:
    """Prolongs the lease if the holder still has it and it has not run out; False means: stop acting."""
    statement = (
        update(leases)
        .where(leases.c.name == name, leases.c.holder == holder, leases.c.expires_at > at)
        .values(expires_at=at + ttl)
    )
    return (await connection.execute(statement)).rowcount == 1


async def release(connection: AsyncConnection, name: str, holder: str) -> bool:
    """Gives the lease up, if the holder has it."""
    statement = delete(leases).where(leases.c.name == name, leases.c.holder == holder)
    return (await connection.execute(statement)).rowcount == 1


async def holder(connection: AsyncConnection, name: str, at: datetime) -> str | None:
    """Who has the lease at that time."""
    statement = select(leases.c.holder).where(leases.c.name == name, leases.c.expires_at > at)
    return await connection.scalar(statement)
