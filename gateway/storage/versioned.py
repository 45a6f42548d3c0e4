"""Rows with a version: a write says which version it read, and is refused if somebody else was faster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, update
from sqlalchemy.ext.asyncio import AsyncConnection


class Stale(Exception):
    """Someone else changed the row since it was read; the text is one sentence for the caller."""

    def __init__(self) -> None:
        super().__init__("someone else changed it in the meantime: load it again and repeat the change")


async def overwrite(
    connection: AsyncConnection,
    table: Table,
    row_id: str,
    version: int,
    values: Mapping[str, Any],
    *also: ColumnElement[bool],
) -> None:
    """Writes the values, which hold the next version, over the row as it was at that version.

    Raises ``Stale`` if it is at another one, or if what must ``also`` hold of it does not.
    """
    mine = (table.c.id == row_id, table.c.version == version, *also)
    if (await connection.execute(update(table).where(*mine).values(dict(values)))).rowcount == 0:
        raise Stale
