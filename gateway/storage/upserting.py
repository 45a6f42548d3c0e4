"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

CHUNK = 500
"""Ids in one IN list; both databases bound the number of parameters of a statement."""


def insert(connection: AsyncConnection, table: Table) -> postgresql.Insert:
    """An insert with ``on_conflict_do_nothing`` and ``on_conflict_do_update`` for the connection's database."""
    if connection.dialect.name == "sqlite":
        # The two classes share these methods; one annotation serves every caller.
        return sqlite.insert(table)  # type: ignore[return-value]
    return postgresql.insert(table)


async def put(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts the rows, or replaces those whose primary key is there. All rows must have the same keys."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    await connection.execute(statement, [dict(row) for row in rows])


def chunks(items: Iterable[T]) -> Iterable[list[T]]:
    """The items in lists of at most ``CHUNK``."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
