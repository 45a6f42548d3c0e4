"""Epochs: named counters that grow in the same transaction as what they stand for, so that others can poll cheaply."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import epochs
from gateway.storage.upserting import insert

PERMISSION = "permission"
"""Grows with every change to grants, operators and sessions."""

ASSIGNMENT = "assignment"
"""Grows with every change to who pulls which camera, and with what address or secret."""

GRANT_NUMBER = "grant_number"
"""The number of the newest grant; not polled by anybody."""


async def get(connection: AsyncConnection, name: str) -> int:
    """The epoch's value; 0 before its first bump."""
    value = await connection.scalar(select(epochs.c.value).where(epochs.c.name == name))
    return 0 if value is None else int(value)


async def bump(connection: AsyncConnection, name: str) -> int:
    """Raises the epoch by one and returns its new value."""
    statement = (
        insert(connection, epochs)
        .values(name=name, value=1)
        .on_conflict_do_update(index_elements=[epochs.c.name], set_={"value": epochs.c.value + 1})
        .returning(epochs.c.value)
    )
    return int((await connection.execute(statement)).scalar_one())
