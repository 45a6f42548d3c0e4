"""Counts of what goes on now, within one operator's scope."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.operators import Operator
from gateway.storage.in_service import IN_SERVICE
from gateway.storage.reaching import reach
from gateway.storage.tables import camera_status, cameras, view_records, wall_spans


async def viewers(connection: AsyncConnection, operator: Operator, at: datetime) -> int:
    """How many looks are going on at cameras whose file the operator may see."""
    scope = await reach(connection, operator, Action.LIST, at)
    found = 0
    for table in (view_records, wall_spans):
        statement = (
            select(func.count())
            .select_from(table.join(cameras, cameras.c.id == table.c.camera_id))
            .where(table.c.ended_at.is_(None), scope.condition())
        )
        found += int(await connection.scalar(statement) or 0)
    return found


async def shed(connection: AsyncConnection, operator: Operator, at: datetime) -> dict[str, int]:
    """How many of the operator's cameras are at each step of shedding, as workers name the steps."""
    scope = await reach(connection, operator, Action.LIST, at)
    statement = (
        select(camera_status.c.shed, func.count())
        .select_from(camera_status.join(cameras, cameras.c.id == camera_status.c.camera_id))
        .where(scope.condition(), IN_SERVICE)
        .group_by(camera_status.c.shed)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}
