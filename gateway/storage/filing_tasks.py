"""Tasks to file a change, in the database: opened from the history of files, extended, closed by the next filing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.filing_duty import FIELDS, MARKS
from gateway.domain.lifecycle import Lifecycle
from gateway.storage import upserting
from gateway.storage.tables import cameras, file_changes, filing_tasks
from gateway.storage.upserting import chunks


@dataclass(frozen=True, slots=True)
class FilingTask:
    """A filing to be made again. ``changed_at`` is when the last of its changes was made."""

    id: str
    camera_id: str
    first_change: int
    fields: list[str]
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history that speaks of filing: a changed field, or (``mark``) a filing."""

    id: int
    camera_id: str
    at: datetime
    field: str
    mark: bool


async def changes(connection: AsyncConnection, since: datetime) -> list[Change]:
    """What was changed or filed since then, of cameras that are filed, oldest first."""
    columns = file_changes.c
    statement = (
        select(columns.id, columns.object_id, columns.at, columns.field, columns.new)
        .join(cameras, and_(cameras.c.id == columns.object_id, cameras.c.filing_no != ""))
        .where(columns.noun == "camera", columns.field.in_(sorted(FIELDS | MARKS | {"lifecycle"})), columns.at > since)
        .order_by(columns.id)
    )
    found = []
    for row in await connection.execute(statement):
        if row.field in MARKS and not row.new:
            continue  # a filing that was struck out is none
        if row.field == "lifecycle" and row.new != Lifecycle.DECOMMISSIONED:
            continue  # works change nothing that was filed; the end of service changes the number of cameras
        found.append(Change(row.id, row.object_id, row.at, row.field, row.field in MARKS))
    return found


async def open_tasks(connection: AsyncConnection, camera_ids: Collection[str] | None = None) -> dict[str, FilingTask]:
    """Open tasks by camera: of those cameras, or all."""
    statement = select(filing_tasks).where(filing_tasks.c.closed_at.is_(None)).order_by(filing_tasks.c.id)
    if camera_ids is not None:
        statement = statement.where(filing_tasks.c.camera_id.in_(sorted(camera_ids)))
    return {row["camera_id"]: FilingTask(**row) for row in (await connection.execute(statement)).mappings()}


async def last_closed(connection: AsyncConnection, camera_ids: Collection[str]) -> dict[str, datetime]:
    """When the last task of each camera was closed; cameras that never had one are left out."""
    found: dict[str, datetime] = {}
    columns = filing_tasks.c
    for chunk in chunks(camera_ids):
        statement = (
            select(columns.camera_id, func.max(columns.closed_at).label("closed_at"))
            .where(columns.camera_id.in_(chunk), columns.closed_at.is_not(None))
            .group_by(columns.camera_id)
        )
        found |= {row.camera_id: row.closed_at for row in await connection.execute(statement)}
    return found


async def insert(connection: AsyncConnection, task: FilingTask) -> bool:
    """Opens the task; False if another gateway has opened it."""
    statement = upserting.insert(connection, filing_tasks).values(asdict(task)).on_conflict_do_nothing()
    return (await connection.execute(statement.returning(filing_tasks.c.id))).one_or_none() is not None


async def extend(connection: AsyncConnection, task: FilingTask, fields: Sequence[str], changed_at: datetime) -> bool:
    """Adds later changes to an open task; False if it was extended or closed meanwhile."""
    columns = filing_tasks.c
    still = (columns.id == task.id) & columns.closed_at.is_(None) & (columns.changed_at == task.changed_at)
    change = update(filing_tasks).where(still).values(fields=list(fields), changed_at=changed_at)
    return (await connection.execute(change)).rowcount == 1


async def close(connection: AsyncConnection, camera_id: str, filed_at: datetime) -> bool:
    """Closes the camera's open task, if what it tells of was changed before the filing; False if there is none."""
    columns = filing_tasks.c
    this = (columns.camera_id == camera_id) & columns.closed_at.is_(None) & (columns.changed_at <= filed_at)
    return (await connection.execute(update(filing_tasks).where(this).values(closed_at=filed_at))).rowcount > 0


async def went_live(connection: AsyncConnection, camera_ids: Collection[str]) -> dict[str, datetime]:
    """When each camera that came as a draft first went live."""
    found: dict[str, datetime] = {}
    columns = file_changes.c
    for chunk in chunks(camera_ids):
        statement = (
            select(columns.object_id, columns.at, columns.old, columns.new)
            .where(columns.noun == "camera", columns.object_id.in_(chunk), columns.field == "lifecycle")
            .order_by(columns.id)
        )
        for row in await connection.execute(statement):
            if row.old == Lifecycle.DRAFT and row.new == Lifecycle.LIVE:
                found.setdefault(row.object_id, row.at)
    return found
