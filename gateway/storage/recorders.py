"""Recorders in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


async def samples(connection: AsyncConnection) -> set[str]:
    """The ids of those that are invented."""
    return set((await connection.scalars(select(recorders.c.id).where(recorders.c.sample))).all())


async def replace(
    connection: AsyncConnection,
    items: Sequence[Recorder],
    *,
    gb_ids: Mapping[str, str | None] | None = None,
    sample: bool = False,
) -> None:
    """Inserts the recorders, or overwrites those with the same id; bumps the assignment epoch.

    ``gb_ids`` gives their ids of GB/T 28181 by recorder id; without it those are left as they are.
    """
    names = Recorder.__dataclass_fields__
    rows = [{name: getattr(item, name) for name in names} | {"sample": sample} for item in items]
    if gb_ids is not None:
        rows = [row | {"gb_id": gb_ids.get(row["id"])} for row in rows]
    if rows:
        await put(connection, recorders, rows)
        await epochs.bump(connection, epochs.ASSIGNMENT)


async def gb_ids(connection: AsyncConnection) -> dict[str, str]:
    """The ids of GB/T 28181 of the recorders that have one, by recorder id."""
    rows = await connection.execute(select(recorders.c.id, recorders.c.gb_id).where(recorders.c.gb_id.is_not(None)))
    return {row.id: row.gb_id for row in rows}


def _from(row: RowMapping) -> Recorder:
    return Recorder(**{name: row[name] for name in Recorder.__dataclass_fields__})
