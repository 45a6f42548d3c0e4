"""Cameras leaving and entering service in the database: what is known of their state ends and begins there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import CameraState
from gateway.domain.lifecycle import SERVED
from gateway.storage import epochs
from gateway.storage.tables import camera_status, cameras, status_history
from gateway.storage.upserting import chunks, put

IN_SERVICE: ColumnElement[bool] = and_(
    cameras.c.enabled, cameras.c.lifecycle.in_(sorted(state.value for state in SERVED))
)
"""True of a camera that is pulled and may be watched."""


async def settle(connection: AsyncConnection, ids: Iterable[str], at: datetime) -> None:
    """Turns the state of those cameras that have left service to disabled, and of those that are back to unknown.

    Called in the transaction that changed the cameras; nobody else reports on a camera that is out of service.
    """
    for chunk in chunks(ids):
        statement = (
            select(cameras.c.id, IN_SERVICE.label("served"), camera_status.c.state)
            .outerjoin(camera_status, camera_status.c.camera_id == cameras.c.id)
            .where(cameras.c.id.in_(chunk))
        )
        turned: dict[str, CameraState] = {}
        for row in await connection.execute(statement):
            if not row.served and row.state != CameraState.DISABLED:
                turned[row.id] = CameraState.DISABLED
            elif row.served and row.state == CameraState.DISABLED:
                turned[row.id] = CameraState.UNKNOWN
        await _turn(connection, turned, at)


async def _turn(connection: AsyncConnection, turned: dict[str, CameraState], at: datetime) -> None:
    if not turned:
        return
    nothing: dict[str, Any] = {"reason": "", "codec": "", "shed": ""}
    nothing |= dict.fromkeys(("worker_id", "fps", "kbps", "clock_offset"))
    rows = [
        nothing | {"camera_id": name, "state": state.value, "since": at, "updated_at": at}
        for name, state in turned.items()
    ]
    await epochs.bump(connection, epochs.STATE)
    await put(connection, camera_status, rows)
    running = status_history.c.camera_id.in_(list(turned)) & status_history.c.ended_at.is_(None)
    await connection.execute(update(status_history).where(running).values(ended_at=at))
    stretches = [{"camera_id": name, "state": state.value, "began_at": at} for name, state in turned.items()]
    await connection.execute(status_history.insert(), stretches)
