"""What each day was like for each camera in the database, and the spells of states from which it is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraState
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.operators import Operator
from gateway.domain.rates import CameraDay, Now, Spell
from gateway.storage.camera_lists import STATE
from gateway.storage.reaching import reach
from gateway.storage.tables import camera_days, camera_status, cameras, counted_days, status_history
from gateway.storage.upserting import chunks, insert


@dataclass(frozen=True, slots=True)
class Counted:
    """A camera as rates count it."""

    id: str
    owner_id: str
    kind: str
    township_code: str
    created_at: datetime
    now: Now


@dataclass(frozen=True, slots=True)
class DaySums:
    """One day of many cameras: how many were in service, the sums of their shares, and of their seconds."""

    day: str
    cameras: int
    online_shares: float
    good_shares: float
    online: float
    good: float


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which cameras a trend is about; None narrows nothing."""

    owner_id: str | None = None
    kind: str | None = None
    township_code: str | None = None


async def counted(connection: AsyncConnection, operator: Operator, at: datetime) -> list[Counted]:
    """The cameras within the operator's scope that are not decommissioned."""
    scope = await reach(connection, operator, Action.LIST, at)
    if scope.nothing:
        return []
    columns = cameras.c
    statement = (
        select(columns.id, columns.owner_id, columns.kind, columns.township_code, columns.created_at)
        .add_columns(STATE.label("state"), columns.lifecycle)
        .select_from(cameras.outerjoin(camera_status, camera_status.c.camera_id == columns.id))
        .where(scope.condition(), columns.lifecycle != Lifecycle.DECOMMISSIONED.value)
    )
    names = ("id", "owner_id", "kind", "township_code", "created_at")
    return [
        Counted(
            **{name: row[name] for name in names},
            now=Now(CameraState(row["state"]), row["lifecycle"] == Lifecycle.SUSPENDED.value),
        )
        for row in (await connection.execute(statement)).mappings()
    ]


async def spells(
    connection: AsyncConnection, since: datetime, until: datetime, ids: Sequence[str] | None = None
) -> dict[str, list[Spell]]:
    """What states the cameras (None: all) were in between two moments, by camera."""
    columns = status_history.c
    within = (columns.began_at < until) & or_(columns.ended_at.is_(None), columns.ended_at > since)
    found: dict[str, list[Spell]] = {}
    for chunk in [None] if ids is None else chunks(ids):
        statement = select(status_history).where(within)
        if chunk is not None:
            statement = statement.where(columns.camera_id.in_(chunk))
        for row in (await connection.execute(statement)).mappings():
            spell = Spell(CameraState(row["state"]), row["began_at"], row["ended_at"])
            found.setdefault(row["camera_id"], []).append(spell)
    return found


async def births(connection: AsyncConnection) -> dict[str, datetime]:
    """When each camera came into the catalogue."""
    rows = await connection.execute(select(cameras.c.id, cameras.c.created_at))
    return {row.id: row.created_at for row in rows}


async def uncounted(connection: AsyncConnection, days: Sequence[str]) -> list[str]:
    """Those of the days that are not yet counted."""
    rows = await connection.scalars(select(counted_days.c.day).where(counted_days.c.day.in_(days)))
    there = set(rows.all())
    return [day for day in days if day not in there]


async def store(connection: AsyncConnection, day: str, figures: Mapping[str, CameraDay], at: datetime) -> bool:
    """Keeps a day's figures unless they are there; False if somebody else was faster."""
    mark = insert(connection, counted_days).values(day=day, counted_at=at).on_conflict_do_nothing()
    if (await connection.execute(mark)).rowcount != 1:
        return False
    rows = [
        {"camera_id": name, "day": day, "due": one.due, "online": one.online, "good": one.good}
        for name, one in figures.items()
        if one.due > 0
    ]
    if rows:
        await connection.execute(camera_days.insert(), rows)
    return True


async def sums(
    connection: AsyncConnection, operator: Operator, at: datetime, days: Sequence[str], only: Narrowed
) -> list[DaySums]:
    """Each day's sums over the cameras within the operator's scope, oldest first; days without any are left out."""
    scope = await reach(connection, operator, Action.LIST, at)
    if scope.nothing:
        return []
    columns = camera_days.c
    statement = (
        select(
            columns.day,
            func.count().label("cameras"),
            func.sum(columns.online / columns.due).label("online_shares"),
            func.sum(columns.good / columns.due).label("good_shares"),
            func.sum(columns.online).label("online"),
            func.sum(columns.good).label("good"),
        )
        .select_from(camera_days.join(cameras, cameras.c.id == columns.camera_id))
        .where(columns.day.in_(days), scope.condition())
        .group_by(columns.day)
        .order_by(columns.day)
    )
    for column, value in (
        (cameras.c.owner_id, only.owner_id),
        (cameras.c.kind, only.kind),
        (cameras.c.township_code, only.township_code),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return [DaySums(**row) for row in (await connection.execute(statement)).mappings()]


async def of_camera(connection: AsyncConnection, camera_id: str, days: Sequence[str]) -> dict[str, CameraDay]:
    """One camera's counted days."""
    columns = camera_days.c
    statement = select(camera_days).where(columns.camera_id == camera_id, columns.day.in_(days))
    rows = (await connection.execute(statement)).mappings()
    return {row["day"]: CameraDay(row["due"], row["online"], row["good"]) for row in rows}
