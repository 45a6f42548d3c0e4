"""Lifecycle: a camera goes live, is suspended for works, comes back, and is decommissioned without losing a record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.lifecycle import MOVES, Lifecycle
from gateway.domain.messages import Topic
from gateway.services import tickets
from gateway.services.camera_views import CameraDetail
from gateway.services.catalogue import detail_of, known
from gateway.services.errors import Conflict, Invalid
from gateway.services.file_history import Pen
from gateway.services.office import SYSTEM, Caller, Office
from gateway.services.rewriting import rewrite
from gateway.storage import cameras, events
from gateway.storage.versioned import Stale

log = structlog.get_logger(__name__)

LONGEST_WORKS = timedelta(days=366)
REASON_LEAST = 4


async def move(
    office: Office,
    caller: Caller,
    camera_id: str,
    version: int,
    to: Lifecycle,
    reason: str,
    works_until: datetime | None,
) -> CameraDetail:
    """Takes a camera the caller manages to another state of its life.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` for a way that there is not, ``Stale``, and ``Invalid`` for a
    reason or an end of works that is missing, or a file that is not whole.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        camera, _ = await known(office, conn, caller, camera_id, Action.MANAGE)
        if to not in MOVES[camera.lifecycle]:
            raise Conflict(f"a camera that is {camera.lifecycle} cannot become {to}")
        if to is not Lifecycle.LIVE and len(reason.strip()) < REASON_LEAST:
            raise Invalid("say why: works and the end of service need a reason", field="reason")
        values: dict[str, Any] = {"lifecycle": to, "lifecycle_reason": reason.strip(), "works_until": None}
        if to is Lifecycle.SUSPENDED:
            values["works_until"] = _end_of_works(works_until, at)
        await rewrite(conn, Pen(caller.operator.id, at, "api"), camera_id, version, values)
        await office.note(
            conn,
            at,
            caller.operator.id,
            "move_camera",
            "camera",
            camera_id,
            typed={"reason": reason.strip()},
            before=camera.lifecycle.value,
            after=to.value,
        )
        moved = await detail_of(office, conn, caller, camera_id)
    await ring(office, camera_id)
    return moved


async def end_works(office: Office, at: datetime) -> None:
    """Sweep: brings cameras back whose works are over; faults that go on then become tickets."""
    async with office.store.read() as conn:
        due = await cameras.works_over(conn, at)
    for camera_id, version in due:
        try:
            async with office.store.begin() as conn:
                opened = await _end_works(office, conn, camera_id, version, at)
        except (Stale, Invalid) as problem:
            log.info("works were not ended", camera=camera_id, problem=str(problem))
            continue
        await ring(office, camera_id)
        if opened:
            await office.ring(Topic.TICKETS, *opened)


async def _end_works(office: Office, conn: AsyncConnection, camera_id: str, version: int, at: datetime) -> list[str]:
    values = {"lifecycle": Lifecycle.LIVE, "lifecycle_reason": "", "works_until": None}
    await rewrite(conn, Pen(SYSTEM, at, "system"), camera_id, version, values)
    await office.note(conn, at, SYSTEM, "move_camera", "camera", camera_id, before="suspended", after="live")
    opened = []
    for event in await events.open_faults(conn, camera_id):
        opened.append(await tickets.open_maintenance(conn, event, at, office.district.seat))
    return [ticket for ticket in opened if ticket is not None]


def _end_of_works(until: datetime | None, at: datetime) -> datetime:
    if until is None or until.tzinfo is None:
        raise Invalid("say until when the works last, with its time zone", field="works_until")
    if not at < until <= at + LONGEST_WORKS:
        raise Invalid("works end in the future, within a year", field="works_until")
    return until


async def ring(office: Office, camera_id: str) -> None:
    """Tells every gateway that a camera's file has changed."""
    for topic in (Topic.CAMERAS, Topic.ASSIGNMENTS, Topic.PERMISSIONS):
        await office.ring(topic, camera_id)
