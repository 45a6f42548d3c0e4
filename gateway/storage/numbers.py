"""Ticket numbers: TZ, the day, six digits."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import ticket_numbers
from gateway.storage.upserting import insert


async def next_number(connection: AsyncConnection, day: date) -> str:
    """The next number of that (local) day, unique under concurrency; a rolled back transaction gives its own back."""
    stamp = day.strftime("%Y%m%d")
    statement = (
        insert(connection, ticket_numbers)
        .values(day=stamp, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": ticket_numbers.c.last + 1})
        .returning(ticket_numbers.c.last)
    )
    last = int((await connection.execute(statement)).scalar_one())
    return f"TZ{stamp}{last:06d}"
