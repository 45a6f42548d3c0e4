"""Reviews of need in the database: once a year somebody of the owner says whether a camera is still needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.operators import Operator
from gateway.storage.reaching import reach
from gateway.storage.tables import cameras, need_reviews


@dataclass(frozen=True, slots=True)
class NeedReview:
    """One review: who said when whether the camera is still needed, and why."""

    id: str
    camera_id: str
    at: datetime
    reviewed_by: str
    needed: bool
    note: str


@dataclass(frozen=True, slots=True)
class DueCamera:
    """A camera whose need is to be reviewed, or that is no longer needed and still in service.

    ``since`` is the last review, or when it was added; ``needed`` is what the last review said, None without one.
    """

    camera_id: str
    name_zh: str
    name_en: str
    owner_id: str
    since: datetime
    reviewed: bool
    needed: bool | None = None
    note: str = ""


async def insert(connection: AsyncConnection, review: NeedReview) -> None:
    """Adds a review."""
    await connection.execute(need_reviews.insert().values(asdict(review)))


async def of_camera(connection: AsyncConnection, camera_id: str) -> Sequence[NeedReview]:
    """The camera's reviews, the newest first."""
    columns = need_reviews.c
    statement = select(need_reviews).where(columns.camera_id == camera_id).order_by(columns.at.desc()).limit(50)
    return [NeedReview(**row) for row in (await connection.execute(statement)).mappings()]


async def due(
    connection: AsyncConnection, operator: Operator, before: datetime, at: datetime, limit: int = 500
) -> list[DueCamera]:
    """Cameras that the operator may list and nobody reviewed since that time, the longest first; those that are said
    to be no longer needed stand before them until they are taken out of service.
    """
    scope = await reach(connection, operator, Action.LIST, at)
    last = (
        select(need_reviews.c.camera_id, func.max(need_reviews.c.at).label("at"))
        .group_by(need_reviews.c.camera_id)
        .subquery()
    )
    since = func.coalesce(last.c.at, cameras.c.created_at, type_=cameras.c.created_at.type)
    latest = need_reviews.alias()
    unneeded = func.coalesce(latest.c.needed, True).is_(False)
    same = (latest.c.camera_id == last.c.camera_id) & (latest.c.at == last.c.at)
    statement = (
        select(
            cameras.c.id,
            cameras.c.name_zh,
            cameras.c.name_en,
            cameras.c.owner_id,
            since.label("since"),
            latest.c.needed,
            latest.c.note,
        )
        .select_from(cameras.outerjoin(last, last.c.camera_id == cameras.c.id).outerjoin(latest, same))
        .where(scope.condition(), or_(since < before, unneeded), cameras.c.lifecycle != "decommissioned")
        .order_by(unneeded.desc(), since, cameras.c.id)
        .limit(limit)
    )
    found: dict[str, DueCamera] = {}
    for row in await connection.execute(statement):
        one = DueCamera(row[0], row[1], row[2], row[3], row.since, row.needed is not None, row.needed, row.note or "")
        found.setdefault(one.camera_id, one)
    return list(found.values())
