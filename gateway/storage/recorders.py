"""Recorders in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Recorder
from gateway.storage import epochs
from gateway.storage.tables import recorders
from gateway.storage.upserting import put


async def get(connection: AsyncConnection, recorder_id: str) -> Recorder | None:
    """The recorder with that id."""
    result = await connection.execute(select(recorders).where(recorders.c.id == recorder_id))
    row = result.mappings().one_or_none()
    return None if row is None else _from(row)


async def every(connection: AsyncConnection) -> list[Recorder]:
    """All recorders, by id."""
    rows = (await connection.execute(select(recorders).order_by(recorders.c.id))).mappings()
    return [_from(row) for row in rows]


async def replace(connection: AsyncConnection, items: Sequence[Recorder], *, sample: bool = False) -> None:
    """Inserts the recorders, or overwrites those with the same id; bumps the assignment epoch."""
    names = Recorder.__dataclass_fields__
    rows = [{name: getattr(item, name) for name in names} | {"sample": sample} for item in items]
    if rows:
        await put(connection, recorders, rows)
        await epochs.bump(connection, epochs.ASSIGNMENT)


def _from(row: RowMapping) -> Recorder:
    return Recorder(**{name: row[name] for name in Recorder.__dataclass_fields__})
