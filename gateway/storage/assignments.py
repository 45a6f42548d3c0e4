"""Assignments: which worker pulls which camera. Written by the conductor only, read by every gateway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage import epochs
from gateway.storage.tables import assignments
from gateway.storage.upserting import chunks, put


async def every(connection: AsyncConnection) -> dict[str, str]:
    """Every assigned camera's worker: camera id to worker id."""
    rows = await connection.execute(select(assignments.c.camera_id, assignments.c.worker_id))
    return {row.camera_id: row.worker_id for row in rows}


async def of_worker(connection: AsyncConnection, worker_id: str) -> list[str]:
    """The ids of the cameras that the worker is to pull, in order."""
    statement = (
        select(assignments.c.camera_id).where(assignments.c.worker_id == worker_id).order_by(assignments.c.camera_id)
    )
    return list((await connection.scalars(statement)).all())


async def worker_of(connection: AsyncConnection, camera_id: str) -> str | None:
    """The id of the worker that is to pull the camera."""
    return await connection.scalar(select(assignments.c.worker_id).where(assignments.c.camera_id == camera_id))


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """How many cameras each worker is to pull."""
    statement = select(assignments.c.worker_id, func.count()).group_by(assignments.c.worker_id)
    return {worker_id: count for worker_id, count in await connection.execute(statement)}


async def assign(connection: AsyncConnection, wanted: Mapping[str, str], at: datetime) -> None:
    """Gives each camera to a worker (camera id to worker id), moving it if need be; bumps the assignment epoch."""
    if not wanted:
        return
    rows = [{"camera_id": camera, "worker_id": worker, "assigned_at": at} for camera, worker in wanted.items()]
    await put(connection, assignments, rows)
    await epochs.bump(connection, epochs.ASSIGNMENT)


async def withdraw(connection: AsyncConnection, camera_ids: Iterable[str]) -> None:
    """Takes cameras away from whoever has them; bumps the assignment epoch."""
    for chunk in chunks(camera_ids):
        await connection.execute(delete(assignments).where(assignments.c.camera_id.in_(chunk)))
    await epochs.bump(connection, epochs.ASSIGNMENT)
