"""Ticket numbers: TZ, the day, six digits in an order that only the day's salt knows."""

from __future__ import annotations

import secrets
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.numbering import shuffled
from gateway.storage.tables import ticket_numbers
from gateway.storage.upserting import insert


async def next_number(connection: AsyncConnection, day: date) -> str:
    """The next number of that (local) day, unique under concurrency; a rolled back transaction gives its own back.

    Numbers of a day are in no order: counted through, they would tell a township how many tickets the others have.
    """
    stamp = day.strftime("%Y%m%d")
    statement = (
        insert(connection, ticket_numbers)
        .values(day=stamp, last=1, salt=secrets.token_hex(16))
        .on_conflict_do_update(index_elements=["day"], set_={"last": ticket_numbers.c.last + 1})
        .returning(ticket_numbers.c.last, ticket_numbers.c.salt)
    )
    last, salt = (await connection.execute(statement)).one()
    # a day that began before there were salts goes on as it began, or numbers would meet
    number = last if salt is None else shuffled(bytes.fromhex(salt), last)
    return f"TZ{stamp}{number:06d}"
