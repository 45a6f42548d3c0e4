"""Areas of the map in the database; which cameras stand in one is kept in step (``area_fitting``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.geometry import bounds
from gateway.domain.groups import Area
from gateway.storage import area_fitting, epochs
from gateway.storage.tables import area_cameras, areas, cameras
from gateway.storage.upserting import chunks


async def get(connection: AsyncConnection, area_id: str) -> Area | None:
    """The area with that id."""
    return (await many(connection, [area_id])).get(area_id)


async def many(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, Area]:
    """The areas with those ids, by id; unknown ids are left out."""
    found: dict[str, Area] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        rows = await connection.execute(select(areas).where(areas.c.id.in_(chunk)))
        found |= {row["id"]: _from(row) for row in rows.mappings()}
    return found


async def owned_by(connection: AsyncConnection, owners: Iterable[str] | None) -> list[Area]:
    """The areas that one of the organisations owns (None: all areas), by name."""
    statement = select(areas).order_by(areas.c.name_zh, areas.c.id)
    if owners is not None:
        statement = statement.where(areas.c.owner_id.in_(sorted(owners)))
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def insert(connection: AsyncConnection, item: Area, by: str, at: datetime) -> int:
    """Adds the area and finds its cameras; returns how many stand in it."""
    box = bounds(item.polygon)
    values = {
        "id": item.id,
        "owner_id": item.owner_id,
        "name_zh": item.name_zh,
        "name_en": item.name_en,
        "polygon": [list(point) for point in item.polygon],
        "min_latitude": box.min_latitude,
        "max_latitude": box.max_latitude,
        "min_longitude": box.min_longitude,
        "max_longitude": box.max_longitude,
        "created_by": by,
        "created_at": at,
    }
    await connection.execute(areas.insert().values(values))
    found = await area_fitting.fit_area(connection, item.id)
    await epochs.bump(connection, epochs.PERMISSION)
    return found


async def remove(connection: AsyncConnection, area_id: str) -> None:
    """Takes the area away; the cameras stay."""
    await connection.execute(delete(area_cameras).where(area_cameras.c.area_id == area_id))
    await connection.execute(delete(areas).where(areas.c.id == area_id))
    await epochs.bump(connection, epochs.PERMISSION)


async def sizes(connection: AsyncConnection, ids: Iterable[str], scope: ColumnElement[bool]) -> dict[str, int]:
    """How many cameras within the scope stand in each of the areas; those without any are left out."""
    statement = (
        select(area_cameras.c.area_id, func.count())
        .join(cameras, cameras.c.id == area_cameras.c.camera_id)
        .where(area_cameras.c.area_id.in_(sorted(ids)), scope)
        .group_by(area_cameras.c.area_id)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


def _from(row: RowMapping) -> Area:
    return Area(row["id"], row["owner_id"], row["name_zh"], row["name_en"], area_fitting.ring(row))
