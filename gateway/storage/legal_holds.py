"""Legal holds in the database, and the condition by which deletion leaves evidence alone."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.legal_holds import WAITING, HoldStage, HoldState, LegalHold, Wish
from gateway.storage.paging import Page, bounded, cursor, cut, position
from gateway.storage.reaching import Reach
from gateway.storage.tables import cameras, events, legal_holds
from gateway.storage.versioned import overwrite


async def insert(connection: AsyncConnection, hold: LegalHold) -> None:
    """Adds a hold."""
    await connection.execute(legal_holds.insert().values(asdict(hold)))


async def save(connection: AsyncConnection, hold: LegalHold) -> None:
    """Writes a changed hold. Raises ``Stale`` if somebody else changed it meanwhile."""
    await overwrite(connection, legal_holds, hold.id, hold.version - 1, asdict(hold))


async def get(connection: AsyncConnection, hold_id: str) -> LegalHold | None:
    """The hold with that id."""
    row = (await connection.execute(select(legal_holds).where(legal_holds.c.id == hold_id))).mappings().first()
    return None if row is None else _from(row)


async def page(
    connection: AsyncConnection,
    scope: Reach | None,
    *,
    stage: HoldStage | None = None,
    at: datetime,
    after: str | None,
    limit: int,
) -> Page[LegalHold]:
    """Holds in that stage at that time, newest first, cut to the cameras within reach. Raises ``BadCursor``."""
    limit = bounded(limit)
    statement = select(legal_holds).order_by(legal_holds.c.id.desc()).limit(limit + 1)
    if stage is not None:
        statement = statement.where(_in_stage(stage, at))
    if scope is not None:
        statement = statement.where(legal_holds.c.camera_id.in_(select(cameras.c.id).where(scope.condition())))
    if after is not None:
        statement = statement.where(legal_holds.c.id < position(after, "holds", str)[0])
    items = [_from(row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor("holds", last.id))


def events_held(at: datetime) -> Select[tuple[str]]:
    """Events whose evidence may not be deleted at that time."""
    span = and_(
        legal_holds.c.event_id.is_(None),
        or_(legal_holds.c.since.is_(None), events.c.last_at >= legal_holds.c.since),
        or_(legal_holds.c.until.is_(None), events.c.opened_at <= legal_holds.c.until),
    )
    joined = events.join(legal_holds, legal_holds.c.camera_id == events.c.camera_id)
    whole = or_(legal_holds.c.event_id == events.c.id, span)
    return select(events.c.id).select_from(joined).where(_protects(at), whole)


def _in_stage(stage: HoldStage, at: datetime) -> ColumnElement[bool]:
    """The same as ``LegalHold.stage`` for one stage; what waits within a hold that stands is also to be decided."""
    open_ = legal_holds.c.ends_at > at
    standing = (legal_holds.c.state == HoldState.HELD.value) & open_
    waiting = (legal_holds.c.state == HoldState.ASKED.value) & open_
    if stage is HoldStage.ASKED:
        return or_(waiting, standing & (legal_holds.c.wish != Wish.NONE.value))
    return standing if stage is HoldStage.STANDING else ~or_(standing, waiting)


def _protects(at: datetime) -> ColumnElement[bool]:
    waiting = (legal_holds.c.state == HoldState.ASKED.value) & (legal_holds.c.requested_at > at - WAITING)
    return ((legal_holds.c.state == HoldState.HELD.value) | waiting) & (legal_holds.c.ends_at > at)


def _from(row: Any) -> LegalHold:
    return LegalHold(**dict(row) | {"state": HoldState(row["state"]), "wish": Wish(row["wish"])})
