"""Reviews of need: once a year the owner says whether a camera is still needed; one that is not leaves service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.actions import Action
from gateway.domain.grants import permits
from gateway.services.catalogue import managed
from gateway.services.errors import NotFound
from gateway.services.office import Caller, Office
from gateway.services.reasons import check_note
from gateway.storage import cameras, grants, need_reviews, operators
from gateway.storage.need_reviews import NeedReview

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class NeedDue:
    """A camera whose need is to be reviewed, or (``needed`` false) that is not needed and still in service."""

    camera_id: str
    name_zh: str
    name_en: str
    owner_id: str
    since: datetime
    reviewed: bool
    needed: bool | None
    note: str
    may_review: bool


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review with the name of who made it."""

    id: str
    at: datetime
    by_name: str
    needed: bool
    note: str


async def due(office: Office, caller: Caller) -> list[NeedDue]:
    """Cameras of the caller's scope whose need nobody reviewed for a year, after those that are no longer needed."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await need_reviews.due(conn, caller.operator, at - YEAR, at)
        held = await grants.for_operator(conn, caller.operator, at)
        files = await cameras.many(conn, [one.camera_id for one in found])
    who = caller.operator
    managed = {key for key, one in files.items() if permits(who, Action.MANAGE, one.facts, held, at).allowed}
    return [
        NeedDue(
            camera_id=one.camera_id,
            name_zh=one.name_zh,
            name_en=one.name_en,
            owner_id=one.owner_id,
            since=one.since,
            reviewed=one.reviewed,
            needed=one.needed,
            note=one.note,
            may_review=one.camera_id in managed,
        )
        for one in found
    ]


async def of_camera(office: Office, caller: Caller, camera_id: str) -> list[ReviewView]:
    """The camera's reviews, the newest first; for who manages it. Raises ``NotFound``."""
    async with office.store.read() as conn:
        await managed(office, conn, caller, camera_id)
        found = await need_reviews.of_camera(conn, camera_id)
        names = await operators.names(conn, {one.reviewed_by for one in found})
    return [ReviewView(one.id, one.at, names.get(one.reviewed_by, ""), one.needed, one.note) for one in found]


async def review(office: Office, caller: Caller, camera_id: str, needed: bool, note: str) -> NeedReview:
    """Writes down whether the camera is still needed; for who manages it. Raises ``NotFound`` or ``Invalid``."""
    check_note(note)
    at = office.clock.now()
    async with office.store.begin() as conn:
        camera = await cameras.get(conn, camera_id)
        held = await grants.for_operator(conn, caller.operator, at)
        if camera is None or not permits(caller.operator, Action.MANAGE, camera.facts, held, at).allowed:
            raise NotFound("camera")
        made = NeedReview(office.new_id(), camera_id, at, caller.operator.id, needed, note.strip())
        await need_reviews.insert(conn, made)
        typed = {"note": note.strip()}
        who = caller.operator.id
        await office.note(conn, at, who, "review_need", "camera", camera_id, needed=needed, typed=typed)
    return made
