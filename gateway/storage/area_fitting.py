"""Which cameras stand in which area of the map, worked out whenever either changes. Outlines are in WGS-84."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Datum, Place
from gateway.domain.datum import wgs84
from gateway.domain.geometry import Point, bounds, contains
from gateway.storage.tables import area_cameras, areas, cameras
from gateway.storage.upserting import chunks

MARGIN = 0.02
"""Degrees by which the datums lie apart at most: so much wider is looked before a place is converted."""

_PLACE = (cameras.c.id, cameras.c.latitude, cameras.c.longitude, cameras.c.datum)


async def fit_cameras(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Works out anew in which areas the cameras stand."""
    outlines = [(row["id"], ring(row)) for row in (await connection.execute(select(areas))).mappings()]
    boxes = {area_id: bounds(outline) for area_id, outline in outlines}
    for chunk in chunks(ids):
        await connection.execute(delete(area_cameras).where(area_cameras.c.camera_id.in_(chunk)))
        if not outlines:
            continue
        found = await connection.execute(select(*_PLACE).where(cameras.c.id.in_(chunk)))
        points = [(row.id, _point(row)) for row in found]
        rows = [
            {"area_id": area_id, "camera_id": camera_id}
            for camera_id, point in points
            for area_id, outline in outlines
            if boxes[area_id].contains(point) and contains(outline, point)
        ]
        if rows:
            await connection.execute(area_cameras.insert(), rows)


async def fit_area(connection: AsyncConnection, area_id: str) -> int:
    """Works out anew which cameras stand in the area; returns how many."""
    await connection.execute(delete(area_cameras).where(area_cameras.c.area_id == area_id))
    row = (await connection.execute(select(areas).where(areas.c.id == area_id))).mappings().one()
    outline = ring(row)
    near = await connection.execute(
        select(*_PLACE).where(
            cameras.c.longitude.between(row["min_longitude"] - MARGIN, row["max_longitude"] + MARGIN),
            cameras.c.latitude.between(row["min_latitude"] - MARGIN, row["max_latitude"] + MARGIN),
        )
    )
    rows = [{"area_id": area_id, "camera_id": one.id} for one in near if contains(outline, _point(one))]
    if rows:
        await connection.execute(area_cameras.insert(), rows)
    return len(rows)


async def areas_round(connection: AsyncConnection, place: Place) -> frozenset[str]:
    """The areas in which a camera at that place would stand."""
    on_map = wgs84(place)
    near = await connection.execute(
        select(areas).where(
            areas.c.min_longitude <= on_map.longitude,
            areas.c.max_longitude >= on_map.longitude,
            areas.c.min_latitude <= on_map.latitude,
            areas.c.max_latitude >= on_map.latitude,
        )
    )
    point = (on_map.longitude, on_map.latitude)
    return frozenset(row["id"] for row in near.mappings() if contains(ring(row), point))


def ring(row: RowMapping) -> tuple[Point, ...]:
    """The polygon in a row of ``areas``."""
    return tuple((float(longitude), float(latitude)) for longitude, latitude in row["polygon"])


def _point(row: Any) -> Point:
    on_map = wgs84(Place(row.latitude, row.longitude, Datum(row.datum)))
    return on_map.longitude, on_map.latitude
