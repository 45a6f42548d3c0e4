"""Filing again: a change of what was filed opens a task for the unit, and the next filing closes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.messages import Topic
from gateway.domain.notices import to_organisation
from gateway.services import notifying
from gateway.services.office import SYSTEM, Office
from gateway.storage import cameras, filing_tasks
from gateway.storage.filing_tasks import Change, FilingTask

LOOK_BACK = timedelta(days=30)
"""How far back a sweep looks for changes: gateways may have stood still for a while."""


async def follow_changes(office: Office, at: datetime) -> None:
    """A sweep: reads the history of files, by whichever way a change was made, and opens, extends or closes tasks."""
    async with office.store.read() as conn:
        found = await filing_tasks.changes(conn, at - LOOK_BACK)
        lines: dict[str, list[Change]] = defaultdict(list)
        for change in found:
            lines[change.camera_id].append(change)
        open_now = await filing_tasks.open_tasks(conn)
        closed = await filing_tasks.last_closed(conn, lines)
    told: tuple[str, ...] = ()
    turned: set[str] = set()
    for camera_id, history in lines.items():
        task = open_now.get(camera_id)
        filed = max((one.at for one in history if one.mark), default=None)
        if task is not None and filed is not None and filed > task.changed_at:
            async with office.store.begin() as conn:
                if await filing_tasks.close(conn, camera_id, filed):
                    await office.note(conn, at, SYSTEM, "close_filing_task", "camera", camera_id, task=task.id)
            turned.add(camera_id)
            task = None
        known = [when for when in (filed, closed.get(camera_id)) if when is not None]
        if task is not None:
            known = [task.changed_at]
        later = [one for one in history if not one.mark and all(one.at > when for when in known)]
        if later:
            told += await _written(office, task, camera_id, later, at)
            turned.add(camera_id)
    if turned:
        await office.ring(Topic.CAMERAS, *sorted(turned))
    await notifying.ring_for(office, told)


async def _written(
    office: Office, task: FilingTask | None, camera_id: str, later: Sequence[Change], at: datetime
) -> tuple[str, ...]:
    fields = {one.field for one in later} | set(() if task is None else task.fields)
    last = max(one.at for one in later)
    async with office.store.begin() as conn:
        if task is not None:
            if await filing_tasks.extend(conn, task, sorted(fields), last):
                await _note(office, conn, at, "extend_filing_task", task, fields)
            return ()
        fresh = FilingTask(office.new_id(), camera_id, later[0].id, sorted(fields), at, last)
        if not await filing_tasks.insert(conn, fresh):
            return ()
        await _note(office, conn, at, "open_filing_task", fresh, fields)
        camera = await cameras.get(conn, camera_id)
        if camera is None:
            return ()
        owner, about = to_organisation(camera.owner_id), ("camera", camera_id)
        return await notifying.tell(conn, at, [owner], "filing_changed", about, key=fresh.id, name=camera.name_zh)


async def _note(
    office: Office, conn: AsyncConnection, at: datetime, action: str, task: FilingTask, fields: set[str]
) -> None:
    await office.note(conn, at, SYSTEM, action, "camera", task.camera_id, task=task.id, fields=sorted(fields))
