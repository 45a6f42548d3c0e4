"""Which cameras stand in which area of the map, worked out whenever either changes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.geometry import Point, contains
from gateway.storage.tables import area_cameras, areas, cameras
from gateway.storage.upserting import chunks


async def fit_cameras(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Works out anew in which areas the cameras stand."""
    outlines = [(row["id"], ring(row), row) for row in (await connection.execute(select(areas))).mappings()]
    for chunk in chunks(ids):
        await connection.execute(delete(area_cameras).where(area_cameras.c.camera_id.in_(chunk)))
        if not outlines:
            continue
        places = await connection.execute(
            select(cameras.c.id, cameras.c.longitude, cameras.c.latitude).where(cameras.c.id.in_(chunk))
        )
        rows = [
            {"area_id": area_id, "camera_id": camera_id}
            for camera_id, longitude, latitude in places
            for area_id, outline, box in outlines
            if _boxed(box, (longitude, latitude)) and contains(outline, (longitude, latitude))
        ]
        if rows:
            await connection.execute(area_cameras.insert(), rows)


async def fit_area(connection: AsyncConnection, area_id: str) -> int:
    """Works out anew which cameras stand in the area; returns how many."""
    await connection.execute(delete(area_cameras).where(area_cameras.c.area_id == area_id))
    row = (await connection.execute(select(areas).where(areas.c.id == area_id))).mappings().one()
    outline = ring(row)
    near = await connection.execute(
        select(cameras.c.id, cameras.c.longitude, cameras.c.latitude).where(
            cameras.c.longitude.between(row["min_longitude"], row["max_longitude"]),
            cameras.c.latitude.between(row["min_latitude"], row["max_latitude"]),
        )
    )
    rows = [
        {"area_id": area_id, "camera_id": one.id} for one in near if contains(outline, (one.longitude, one.latitude))
    ]
    if rows:
        await connection.execute(area_cameras.insert(), rows)
    return len(rows)


async def areas_round(connection: AsyncConnection, point: Point) -> frozenset[str]:
    """The areas in which a camera at that point would stand."""
    longitude, latitude = point
    near = await connection.execute(
        select(areas).where(
            areas.c.min_longitude <= longitude,
            areas.c.max_longitude >= longitude,
            areas.c.min_latitude <= latitude,
            areas.c.max_latitude >= latitude,
        )
    )
    return frozenset(row["id"] for row in near.mappings() if contains(ring(row), point))


def ring(row: RowMapping) -> tuple[Point, ...]:
    """The polygon in a row of ``areas``."""
    return tuple((float(longitude), float(latitude)) for longitude, latitude in row["polygon"])


def _boxed(box: RowMapping, point: Point) -> bool:
    longitude, latitude = point
    west, east = float(box["min_longitude"]), float(box["max_longitude"])
    south, north = float(box["min_latitude"]), float(box["max_latitude"])
    return west <= longitude <= east and south <= latitude <= north
