"""Townships and grids in the database, and which one a point is in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.geometry import bounds, contains
from gateway.domain.places import Grid, Township
from gateway.storage.tables import grids, townships
from gateway.storage.upserting import put


async def every_township(connection: AsyncConnection) -> list[Township]:
    """All townships, by code."""
    rows = (await connection.execute(select(townships).order_by(townships.c.code))).mappings()
    return [_township_from(row) for row in rows]


async def every_grid(connection: AsyncConnection, township_code: str | None = None) -> list[Grid]:
    """All grids, or one township's, by code."""
    statement = select(grids).order_by(grids.c.code)
    if township_code is not None:
        statement = statement.where(grids.c.township_code == township_code)
    return [_grid_from(row) for row in (await connection.execute(statement)).mappings()]


async def get_grid(connection: AsyncConnection, code: str) -> Grid | None:
    """The grid with that code."""
    row = (await connection.execute(select(grids).where(grids.c.code == code))).mappings().one_or_none()
    return None if row is None else _grid_from(row)


async def grid_at(connection: AsyncConnection, latitude: float, longitude: float) -> Grid | None:
    """The grid that contains the point (WGS-84 degrees); on a shared edge the one with the lowest code."""
    statement = (
        select(grids)
        .where(
            grids.c.min_latitude <= latitude,
            grids.c.max_latitude >= latitude,
            grids.c.min_longitude <= longitude,
            grids.c.max_longitude >= longitude,
        )
        .order_by(grids.c.code)
    )
    for row in (await connection.execute(statement)).mappings():
        grid = _grid_from(row)
        if contains(grid.polygon, (longitude, latitude)):
            return grid
    return None


async def township_at(connection: AsyncConnection, latitude: float, longitude: float) -> Township | None:
    """The township whose outline contains the point (WGS-84 degrees)."""
    for township in await every_township(connection):
        if contains(township.polygon, (longitude, latitude)):
            return township
    return None


async def set_member(connection: AsyncConnection, code: str, member_id: str | None) -> bool:
    """Names the operator who looks after a grid; False if there is no such grid."""
    result = await connection.execute(update(grids).where(grids.c.code == code).values(member_id=member_id))
    return result.rowcount == 1


async def replace_townships(connection: AsyncConnection, items: Sequence[Township]) -> None:
    """Inserts the townships, or overwrites those with the same code."""
    rows = [
        {
            "code": item.code,
            "name_zh": item.name_zh,
            "name_en": item.name_en,
            "polygon": [list(point) for point in item.polygon],
            "sample": item.sample,
        }
        for item in items
    ]
    await put(connection, townships, rows)


async def replace_grids(connection: AsyncConnection, items: Sequence[Grid]) -> None:
    """Inserts the grids, or overwrites those with the same code. Their townships must be there."""
    rows = []
    for item in items:
        box = bounds(item.polygon)
        rows.append(
            {
                "code": item.code,
                "township_code": item.township_code,
                "name": item.name,
                "polygon": [list(point) for point in item.polygon],
                "min_latitude": box.min_latitude,
                "max_latitude": box.max_latitude,
                "min_longitude": box.min_longitude,
                "max_longitude": box.max_longitude,
                "member_id": item.member_id,
                "sample": item.sample,
            }
        )
    await put(connection, grids, rows)


def _points(row: RowMapping) -> tuple[tuple[float, float], ...]:
    return tuple((float(longitude), float(latitude)) for longitude, latitude in row["polygon"])


def _township_from(row: RowMapping) -> Township:
    return Township(row["code"], row["name_zh"], row["name_en"], _points(row), row["sample"])


def _grid_from(row: RowMapping) -> Grid:
    return Grid(row["code"], row["township_code"], row["name"], _points(row), row["member_id"], row["sample"])
