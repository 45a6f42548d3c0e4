"""Groups of cameras in the database. Every change of who is in one bumps the permission epoch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.groups import CameraGroup
from gateway.storage import epochs
from gateway.storage.tables import camera_groups, cameras, group_cameras
from gateway.storage.upserting import chunks
from gateway.storage.versioned import overwrite


async def get(connection: AsyncConnection, group_id: str) -> CameraGroup | None:
    """The group with that id."""
    return (await many(connection, [group_id])).get(group_id)


async def many(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, CameraGroup]:
    """The groups with those ids, by id; unknown ids are left out."""
    found: dict[str, CameraGroup] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        rows = await connection.execute(select(camera_groups).where(camera_groups.c.id.in_(chunk)))
        found |= {row["id"]: _from(row) for row in rows.mappings()}
    return found


async def owned_by(connection: AsyncConnection, owners: Iterable[str] | None) -> list[CameraGroup]:
    """The groups that one of the organisations owns (None: all groups), by name."""
    statement = select(camera_groups).order_by(camera_groups.c.name_zh, camera_groups.c.id)
    if owners is not None:
        statement = statement.where(camera_groups.c.owner_id.in_(sorted(owners)))
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def insert(connection: AsyncConnection, item: CameraGroup, by: str, at: datetime) -> None:
    """Adds an empty group."""
    values = {
        "id": item.id,
        "owner_id": item.owner_id,
        "name_zh": item.name_zh,
        "name_en": item.name_en,
        "tags": list(item.tags),
        "version": 1,
        "created_by": by,
        "created_at": at,
    }
    await connection.execute(camera_groups.insert().values(values))


async def change(connection: AsyncConnection, item: CameraGroup) -> None:
    """Writes names and tags if the row is still at the item's version. Raises ``Stale`` if it is not."""
    values = {"name_zh": item.name_zh, "name_en": item.name_en, "tags": list(item.tags), "version": item.version + 1}
    await overwrite(connection, camera_groups, item.id, item.version, values)


async def remove(connection: AsyncConnection, group_id: str) -> None:
    """Takes the group away, whatever is in it; the cameras stay."""
    await connection.execute(delete(group_cameras).where(group_cameras.c.group_id == group_id))
    await connection.execute(delete(camera_groups).where(camera_groups.c.id == group_id))
    await epochs.bump(connection, epochs.PERMISSION)


async def members(connection: AsyncConnection, group_id: str) -> list[str]:
    """The ids of the cameras in the group, by name."""
    statement = (
        select(cameras.c.id)
        .join(group_cameras, group_cameras.c.camera_id == cameras.c.id)
        .where(group_cameras.c.group_id == group_id)
        .order_by(cameras.c.name_zh, cameras.c.id)
    )
    return list((await connection.scalars(statement)).all())


async def sizes(connection: AsyncConnection, ids: Iterable[str], scope: ColumnElement[bool]) -> dict[str, int]:
    """How many cameras within the scope are in each of the groups; those without any are left out."""
    statement = (
        select(group_cameras.c.group_id, func.count())
        .join(cameras, cameras.c.id == group_cameras.c.camera_id)
        .where(group_cameras.c.group_id.in_(sorted(ids)), scope)
        .group_by(group_cameras.c.group_id)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def put_in(connection: AsyncConnection, group_id: str, camera_ids: Iterable[str]) -> None:
    """Puts cameras that are not yet in the group into it."""
    there = set(await members(connection, group_id))
    rows = [{"group_id": group_id, "camera_id": one} for one in dict.fromkeys(camera_ids) if one not in there]
    if rows:
        await connection.execute(group_cameras.insert(), rows)
        await epochs.bump(connection, epochs.PERMISSION)


async def take_out(connection: AsyncConnection, group_id: str, camera_ids: Iterable[str]) -> None:
    """Takes cameras out of the group."""
    for chunk in chunks(camera_ids):
        statement = delete(group_cameras).where(
            group_cameras.c.group_id == group_id, group_cameras.c.camera_id.in_(chunk)
        )
        await connection.execute(statement)
    await epochs.bump(connection, epochs.PERMISSION)


def _from(row: RowMapping) -> CameraGroup:
    return CameraGroup(
        id=row["id"],
        owner_id=row["owner_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        tags=tuple(row["tags"]),
        version=row["version"],
    )
