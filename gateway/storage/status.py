"""Camera status in the database: the present, the history of its states, and figures within one operator's scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraState
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.operators import Operator
from gateway.storage import epochs
from gateway.storage.camera_lists import STATE
from gateway.storage.in_service import IN_SERVICE
from gateway.storage.reaching import reach
from gateway.storage.tables import camera_status, cameras, status_history
from gateway.storage.upserting import chunks, put

Grouping = Literal["owner_id", "township_code", "kind"]


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """What is known of a camera now. ``since`` is when the state began; ``put_all`` keeps it while the state stays."""

    camera_id: str
    state: CameraState
    since: datetime
    updated_at: datetime
    reason: str = ""
    worker_id: str | None = None
    codec: str = ""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    kbps: float | None = None
    shed: str = ""
    clock_offset: float | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time that a camera spent in one state; ``ended_at`` None means it still does."""

    state: CameraState
    began_at: datetime
    ended_at: datetime | None


async def get(connection: AsyncConnection, camera_id: str) -> CameraStatus | None:
    """The camera's status, None before its first report."""
    return (await many(connection, [camera_id])).get(camera_id)


async def many(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, CameraStatus]:
    """The status of each camera that has one, by id."""
    found: dict[str, CameraStatus] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        rows = await connection.execute(select(camera_status).where(camera_status.c.camera_id.in_(chunk)))
        found |= {row["camera_id"]: _from(row) for row in rows.mappings()}
    return found


async def put_all(connection: AsyncConnection, reports: Sequence[CameraStatus]) -> list[str]:
    """Stores a batch of reports and their history; returns the ids of the cameras whose state or reason changed.

    Of several reports on one camera the last counts; reports on cameras unknown or out of service are dropped.
    """
    latest = {report.camera_id: report for report in reports}
    known: set[str] = set()
    for chunk in chunks(latest):
        statement = select(cameras.c.id).where(cameras.c.id.in_(chunk), IN_SERVICE)
        known |= set((await connection.scalars(statement)).all())
    before = await many(connection, known)
    rows, began, changed = [], [], []
    for camera_id in sorted(known):
        report, was = latest[camera_id], before.get(camera_id)
        if was is None or was.state is not report.state:
            began.append(report)
        else:
            report = replace(report, since=was.since)
        if was is None or (was.state, was.reason) != (report.state, report.reason):
            changed.append(camera_id)
        rows.append({name: getattr(report, name) for name in _COLUMNS} | {"state": report.state.value})
    if changed:  # before the rows, as whoever takes cameras out of service does: neither then waits for the other
        await epochs.bump(connection, epochs.STATE)
    await put(connection, camera_status, rows)
    await _turn_history(connection, began)
    return changed


async def lost(connection: AsyncConnection, worker_id: str, at: datetime, reason: str) -> list[str]:
    """Marks as offline every camera a silent worker reported; returns their ids."""
    statement = select(camera_status).where(camera_status.c.worker_id == worker_id)
    rows = (await connection.execute(statement)).mappings().all()
    reports = [CameraStatus(row["camera_id"], CameraState.OFFLINE, at, at, reason) for row in rows]
    return await put_all(connection, reports)


async def history(
    connection: AsyncConnection, camera_id: str, since: datetime | None = None, limit: int = 200
) -> list[Stretch]:
    """The camera's states, newest first, that had not ended at ``since``."""
    statement = (
        select(status_history)
        .where(status_history.c.camera_id == camera_id)
        .order_by(status_history.c.began_at.desc(), status_history.c.id.desc())
        .limit(limit)
    )
    if since is not None:
        statement = statement.where(func.coalesce(status_history.c.ended_at, since) >= since)
    rows = (await connection.execute(statement)).mappings()
    return [Stretch(CameraState(row["state"]), row["began_at"], row["ended_at"]) for row in rows]


async def counts(
    connection: AsyncConnection, operator: Operator, action: Action, at: datetime, by: Grouping = "owner_id"
) -> dict[str, dict[CameraState, int]]:
    """How many of the operator's cameras are in each state, by owner, township or kind."""
    scope = await reach(connection, operator, action, at)
    if scope.nothing:
        return {}
    group = cameras.c[by]
    statement = (
        select(group.label("name"), STATE.label("state"), func.count().label("number"))
        .select_from(cameras.outerjoin(camera_status, camera_status.c.camera_id == cameras.c.id))
        .where(scope.condition(), cameras.c.lifecycle != Lifecycle.DECOMMISSIONED.value)
        .group_by(group, STATE)
    )
    found: dict[str, dict[CameraState, int]] = {}
    for row in (await connection.execute(statement)).mappings():
        found.setdefault(row["name"], {})[CameraState(row["state"])] = row["number"]
    return found


async def _turn_history(connection: AsyncConnection, began: Sequence[CameraStatus]) -> None:
    if not began:
        return
    by_time: dict[datetime, list[str]] = {}
    for report in began:
        by_time.setdefault(report.since, []).append(report.camera_id)
    for at, ids in by_time.items():
        for chunk in chunks(ids):
            running = status_history.c.camera_id.in_(chunk) & status_history.c.ended_at.is_(None)
            await connection.execute(update(status_history).where(running).values(ended_at=at))
    rows = [{"camera_id": one.camera_id, "state": one.state.value, "began_at": one.since} for one in began]
    await connection.execute(status_history.insert(), rows)


_COLUMNS = tuple(CameraStatus.__dataclass_fields__)


def _from(row: RowMapping) -> CameraStatus:
    return CameraStatus(**{name: row[name] for name in _COLUMNS if name != "state"}, state=CameraState(row["state"]))
