"""Searching the register of views: single looks and whole walls, or every look at one camera."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    bindparam,
    case,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.paging import Page, bounded, cursor, cut, moment, position
from gateway.storage.tables import view_records, wall_spans, wall_views
from gateway.storage.view_records import OPEN, ViewRecord, spans_with_walls

_NAMES = tuple(ViewRecord.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class ViewQuery:
    """What is looked for; ``since`` is inclusive and ``until`` is not."""

    camera_id: str | None = None
    operator_id: str | None = None
    organisation_id: str | None = None
    purpose: str | None = None
    ticket_id: str | None = None
    wall_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(
    connection: AsyncConnection, query: ViewQuery, *, after: str | None = None, limit: int = 50
) -> Page[ViewRecord]:
    """Newest first; with a camera or a wall every look is a record of its own, else a wall is one.

    Raises ``BadCursor``.
    """
    limit = bounded(limit)
    single_looks = query.camera_id is not None or query.wall_id is not None
    parts = [_spans(query) if single_looks else _walls(query)]
    if query.wall_id is None:
        parts.append(_singles(query))
    every = union_all(*parts).subquery()
    keys = (every.c.started_at, every.c.id)
    statement = select(every).order_by(*(key.desc() for key in keys)).limit(limit + 1)
    if after is not None:
        began, record_id = position(after, "views", str, str)
        there = tuple_(bindparam(None, moment(began), every.c.started_at.type), record_id)
        statement = statement.where(tuple_(*keys) < there)
    items = [ViewRecord(**row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor("views", last.started_at.isoformat(), last.id))


def _singles(query: ViewQuery) -> Select[Any]:
    made = {"wall_id": null(), "spans": literal(0)}
    columns = [(made[name] if name in made else view_records.c[name]).label(name) for name in _NAMES]
    camera = [] if query.camera_id is None else [view_records.c.camera_id == query.camera_id]
    return select(*columns).where(*camera, *_about(view_records, query), *_within(view_records, query))


def _spans(query: ViewQuery) -> Select[Any]:
    columns = wall_spans.c
    narrowed = [
        column == value
        for column, value in ((columns.camera_id, query.camera_id), (columns.wall_id, query.wall_id))
        if value is not None
    ]
    return spans_with_walls().where(*narrowed, *_about(wall_views, query), *_within(wall_spans, query))


def _walls(query: ViewQuery) -> Select[Any]:
    """Each wall that showed something in the span, with the sums over all it showed."""
    spans, walls = wall_spans.c, wall_views.c

    def summed(figure: Any) -> Any:
        return select(figure).where(spans.wall_id == walls.id).correlate(wall_views).scalar_subquery()

    running = summed(func.count(case((spans.ended_at.is_(None), 1))))
    made: dict[str, ColumnElement[Any]] = {
        "camera_id": literal(""),
        "stream": literal(""),
        "reason": literal(""),
        "grant_id": literal(""),
        "ended_at": case((running == 0, summed(func.max(spans.ended_at)))),
        "bytes": summed(func.coalesce(func.sum(spans.bytes), 0)),
        "result": case((running == 0, literal("done")), else_=literal(OPEN)),
        "wall_id": walls.id,
        "spans": summed(func.count()),
    }
    columns = [(made[name] if name in made else walls[name]).label(name) for name in _NAMES]
    statement = select(*columns).where(*_about(wall_views, query))
    if query.since is None and query.until is None:
        return statement
    shown = select(literal(1)).where(spans.wall_id == walls.id, *_within(wall_spans, query)).correlate(wall_views)
    return statement.where(shown.exists())


def _about(table: Table, query: ViewQuery) -> list[ColumnElement[bool]]:
    asked = {
        "operator_id": query.operator_id,
        "organisation_id": query.organisation_id,
        "purpose": query.purpose,
        "ticket_id": query.ticket_id,
    }
    return [table.c[name] == value for name, value in asked.items() if value is not None]


def _within(table: Table, query: ViewQuery) -> list[ColumnElement[bool]]:
    since = [] if query.since is None else [table.c.started_at >= query.since]
    return since if query.until is None else [*since, table.c.started_at < query.until]
