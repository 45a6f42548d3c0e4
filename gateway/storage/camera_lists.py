"""Lists of cameras as one operator may see them: searched, filtered, sorted, by pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, bindparam, case, func, not_, or_, select, tuple_, union
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, CameraState
from gateway.domain.grants import Held
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.operators import Operator
from gateway.storage import cameras as camera_rows
from gateway.storage.in_service import IN_SERVICE
from gateway.storage.paging import Page, bounded, cursor, position
from gateway.storage.reaching import Reach, reach, reach_by
from gateway.storage.tables import camera_status, cameras, group_cameras, organisations
from gateway.storage.upserting import chunks


@dataclass(frozen=True, slots=True)
class CameraQuery:
    """What to list: every field narrows; ``sort`` is "name", "id" or "state", with "-" in front to turn it round.

    Without a ``lifecycle`` everything but what was decommissioned.
    """

    q: str = ""
    owner_id: str | None = None
    township_code: str | None = None
    kind: str | None = None
    recorder_id: str | None = None
    lifecycle: Lifecycle | None = None
    group_id: str | None = None
    state: CameraState | None = None
    sort: str = "name"


@dataclass(frozen=True, slots=True)
class CameraListed:
    """A camera as a list shows it. ``state_since`` is None before its first report."""

    camera: Camera
    owner_name_zh: str
    owner_name_en: str
    state: CameraState
    state_reason: str
    state_since: datetime | None
    sample: bool
    version: int


Read = Callable[[Sequence[str]], Awaitable[Mapping[str, CameraListed]]]
"""Gives the cameras with those ids, whoever asks."""

MAX_ARMS = 60
"""Up to so many granted targets each get a query of their own that reads its index in order; more share one scan."""

WITHIN = "within"
"""The name of the order of ``page_within`` in its cursors."""

STATE: ColumnElement[str] = case(
    (IN_SERVICE, func.coalesce(camera_status.c.state, CameraState.UNKNOWN.value)),
    else_=CameraState.DISABLED.value,
)
"""A camera's state as shown; needs the outer join with ``camera_status``."""

_SHOWN_STATE = (
    STATE.label("state"),
    func.coalesce(camera_status.c.reason, "").label("reason"),
    camera_status.c.since,
)

_SORTS: dict[str, tuple[ColumnElement[str], ...]] = {
    "name": (cameras.c.name_zh, cameras.c.id),
    "id": (cameras.c.id,),
    "state": (STATE, cameras.c.id),
}


async def page(
    connection: AsyncConnection,
    operator: Operator,
    action: Action,
    at: datetime,
    query: CameraQuery,
    *,
    after: str | None = None,
    limit: int = 50,
    held: Held | None = None,
    read: Read | None = None,
) -> Page[CameraListed]:
    """One page of the cameras with which the operator may do the action; ``held`` are the operator's grants if they
    were read before, ``read`` gives what a list shows of cameras, in whatever state.

    Raises ``BadCursor`` for a cursor of another list and ValueError for an unknown sort.
    """
    limit = bounded(limit)
    keys = _keys(query.sort)
    if held is None:
        scope = await reach(connection, operator, action, at)
    else:
        scope = await reach_by(connection, operator, action, at, held)
    if scope.nothing:
        return Page((), None)
    start = None if after is None else position(after, query.sort, *(str for _ in keys))
    arms = [_arm(condition, query, scope, start, limit + 1) for condition in _ways(scope)]
    rows = list((await connection.execute(_with_states(_merged(arms, query.sort, limit + 1), query.sort))).mappings())
    known = await (partial(_read, connection) if read is None else read)([row["id"] for row in rows[:limit]])
    listed = [_in_state(known[row["id"]], row) for row in rows[:limit] if row["id"] in known]
    if len(rows) <= limit:
        return Page(listed, None)
    last = rows[limit - 1]
    return Page(listed, cursor(query.sort, *(last[f"key{n}"] for n in range(len(keys)))))


async def page_within(
    connection: AsyncConnection, condition: ColumnElement[bool], *, after: str | None = None, limit: int = 50
) -> Page[CameraListed]:
    """One page, by name, of the cameras for which the condition on ``tables.cameras`` holds."""
    limit = bounded(limit)
    keys = _keys("name")
    statement = select(cameras.c.id, cameras.c.name_zh).where(condition).order_by(*keys).limit(limit + 1)
    if after is not None:
        statement = statement.where(tuple_(*keys) > tuple_(*position(after, WITHIN, str, str)))
    rows = (await connection.execute(statement)).all()
    listed = await by_ids(connection, [row.id for row in rows[:limit]])
    more = cursor(WITHIN, rows[limit - 1].name_zh, rows[limit - 1].id) if len(rows) > limit else None
    return Page(listed, more)


async def count_within(connection: AsyncConnection, condition: ColumnElement[bool]) -> int:
    """How many cameras there are for which the condition holds."""
    return int(await connection.scalar(select(func.count()).select_from(cameras).where(condition)) or 0)


async def everything(
    connection: AsyncConnection, operator: Operator, action: Action, at: datetime, query: CameraQuery
) -> list[CameraListed]:
    """The same without pages: for trees, maps and exports."""
    scope = await reach(connection, operator, action, at)
    if scope.nothing:
        return []
    statement = _narrowed(select(cameras.c.id), query).where(scope.condition()).order_by(*_ordering(query.sort))
    return await by_ids(connection, (await connection.scalars(statement)).all())


async def by_ids(connection: AsyncConnection, ids: Sequence[str], *, streams: bool = True) -> list[CameraListed]:
    """The cameras with those ids as lists show them, in that order; asks nobody's permission.

    A page of a list shows no streams and does without them.
    """
    found = await _read(connection, ids, streams=streams)
    return [found[camera_id] for camera_id in ids if camera_id in found]


async def _read(connection: AsyncConnection, ids: Sequence[str], *, streams: bool = False) -> dict[str, CameraListed]:
    found: dict[str, CameraListed] = {}
    for chunk in chunks(ids):
        rows = (await connection.execute(_LISTED, {"ids": chunk})).mappings().all()
        flows = await camera_rows.streams_of(connection, chunk) if streams else {}
        for row in rows:
            found[row["id"]] = _listed(camera_rows.camera_from(row, flows.get(row["id"], ())), row)
    return found


_LISTED = (
    camera_rows.select_cameras(
        organisations.c.name_zh.label("owner_name_zh"),
        organisations.c.name_en.label("owner_name_en"),
        *_SHOWN_STATE,
    )
    .join(organisations, organisations.c.id == cameras.c.owner_id)
    .outerjoin(camera_status, camera_status.c.camera_id == cameras.c.id)
    .where(cameras.c.id.in_(bindparam("ids", expanding=True)))
)
"""Built once: every page of a list is read by it."""


def _listed(camera: Camera, row: RowMapping) -> CameraListed:
    return CameraListed(
        camera=camera,
        owner_name_zh=row["owner_name_zh"],
        owner_name_en=row["owner_name_en"],
        state=CameraState(row["state"]),
        state_reason=row["reason"],
        state_since=row["since"],
        sample=row["sample"],
        version=row["version"],
    )


def _in_state(listed: CameraListed, row: RowMapping) -> CameraListed:
    """The same camera in the row's state."""
    if (listed.state, listed.state_reason, listed.state_since) == (row["state"], row["reason"], row["since"]):
        return listed
    return replace(listed, state=CameraState(row["state"]), state_reason=row["reason"], state_since=row["since"])


def _keys(sort: str) -> tuple[ColumnElement[str], ...]:
    keys = _SORTS.get(sort.removeprefix("-"))
    if keys is None:
        raise ValueError(f"cameras are sorted by {', '.join(_SORTS)}, not by {sort!r}")
    return keys


def _ordering(sort: str) -> list[ColumnElement[Any]]:
    return [key.desc() if sort.startswith("-") else key.asc() for key in _keys(sort)]


def _ways(scope: Reach) -> list[ColumnElement[bool] | None]:
    if scope.everything:
        return [None]
    ways = scope.ways()
    return [*ways] if len(ways) <= MAX_ARMS else [or_(*ways)]


def _arm(
    condition: ColumnElement[bool] | None, query: CameraQuery, scope: Reach, start: Sequence[str] | None, limit: int
) -> Select[Any]:
    """The first rows of one way to see cameras, read in the index's order: never more than ``limit`` of them."""
    keys = _keys(query.sort)
    labels = [key.label(f"key{n}") for n, key in enumerate(keys)]
    statement = _narrowed(select(cameras.c.id.label("id"), *labels), query)
    if condition is not None:
        statement = statement.where(condition)
    if scope.denied:
        statement = statement.where(*(not_(way) for way in scope.denied_ways()))
    if start is not None:
        here, there = tuple_(*keys), tuple_(*start)
        statement = statement.where(here < there if query.sort.startswith("-") else here > there)
    return statement.order_by(*_ordering(query.sort)).limit(limit)


def _merged(arms: Sequence[Select[Any]], sort: str, limit: int) -> Select[Any]:
    if len(arms) == 1:
        return arms[0]
    merged = union(*(select(arm.subquery()) for arm in arms)).subquery()
    keys = [merged.c[f"key{n}"] for n in range(len(_keys(sort)))]
    ordering = [key.desc() if sort.startswith("-") else key.asc() for key in keys]
    return select(merged).order_by(*ordering).limit(limit)


def _with_states(found: Select[Any], sort: str) -> Select[Any]:
    """The ids and keys that were found, in their order, with the cameras' states."""
    page = found.subquery("page")
    keys = [page.c[f"key{n}"] for n in range(len(_keys(sort)))]
    ordering = [key.desc() if sort.startswith("-") else key.asc() for key in keys]
    return (
        select(*page.c, *_SHOWN_STATE)
        .join_from(page, cameras, cameras.c.id == page.c.id)
        .outerjoin(camera_status, camera_status.c.camera_id == cameras.c.id)
        .order_by(*ordering)
    )


def _narrowed(statement: Select[Any], query: CameraQuery) -> Select[Any]:
    if query.state is not None or query.sort.removeprefix("-") == "state":
        statement = statement.outerjoin(camera_status, camera_status.c.camera_id == cameras.c.id)
    if query.state is not None:
        statement = statement.where(STATE.in_([query.state.value]))
    if query.group_id is not None:
        within = select(group_cameras.c.camera_id).where(group_cameras.c.group_id == query.group_id)
        statement = statement.where(cameras.c.id.in_(within))
    if query.lifecycle is None:
        statement = statement.where(cameras.c.lifecycle != Lifecycle.DECOMMISSIONED.value)
    else:
        statement = statement.where(cameras.c.lifecycle == query.lifecycle.value)
    for column, value in (
        (cameras.c.owner_id, query.owner_id),
        (cameras.c.township_code, query.township_code),
        (cameras.c.kind, query.kind),
        (cameras.c.recorder_id, query.recorder_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    for word in query.q.lower().replace("\0", "").split():
        statement = statement.where(cameras.c.search.contains(word, autoescape=True))
    return statement
