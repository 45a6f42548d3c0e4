"""The register of signs in the database: a record for each camera that has or had one, and counts within a scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.lifecycle import SERVED
from gateway.domain.signs import Sign, SignStanding, SignState
from gateway.storage.paging import Page, bounded, cursor, cut, position
from gateway.storage.reaching import Reach
from gateway.storage.tables import camera_documents, camera_signs, cameras, operators, organisations
from gateway.storage.upserting import insert
from gateway.storage.versioned import Stale


@dataclass(frozen=True, slots=True)
class SignRow:
    """A camera in service with its sign; the sign's fields are None where none was recorded.

    ``photo_id`` is None too when the photo was withdrawn from the file. ``version`` 0 means that there is no record.
    """

    camera_id: str
    gb_id: str
    name_zh: str
    name_en: str
    owner_id: str
    owner_name_zh: str
    owner_name_en: str
    put_up: str | None
    checked: str | None
    place: str | None
    state: SignState | None
    photo_id: str | None
    recorded_by_name: str | None
    recorded_at: datetime | None
    version: int
    standing: SignStanding


@dataclass(frozen=True, slots=True)
class SignCounts:
    """Of one owner: cameras in service, and how many of them stand how with their sign."""

    owner_id: str
    name_zh: str
    name_en: str
    cameras: int
    missing: int
    overdue: int
    current: int


async def get(connection: AsyncConnection, camera_id: str) -> Sign | None:
    """The camera's sign."""
    row = (
        (await connection.execute(select(camera_signs).where(camera_signs.c.camera_id == camera_id))).mappings().first()
    )
    if row is None:
        return None
    put_up, checked = date.fromisoformat(row["put_up"]), date.fromisoformat(row["checked"])
    return Sign(
        camera_id, put_up, checked, row["place"], SignState(row["state"]), row["photo_id"], version=row["version"]
    )


async def save(connection: AsyncConnection, sign: Sign, by: str, at: datetime) -> None:
    """Writes a sign whose version is one above what was read. Raises ``Stale`` if somebody was faster."""
    values = {
        "put_up": sign.put_up.isoformat(),
        "checked": sign.checked.isoformat(),
        "place": sign.place,
        "state": sign.state.value,
        "photo_id": sign.photo_id,
        "recorded_by": by,
        "recorded_at": at,
        "version": sign.version,
    }
    if sign.version == 1:
        fresh = insert(connection, camera_signs).values(values | {"camera_id": sign.camera_id}).on_conflict_do_nothing()
        done = await connection.execute(fresh)
    else:
        mine = (camera_signs.c.camera_id == sign.camera_id) & (camera_signs.c.version == sign.version - 1)
        done = await connection.execute(update(camera_signs).where(mine).values(values))
    if done.rowcount == 0:
        raise Stale


async def page(
    connection: AsyncConnection,
    scope: Reach,
    before: date,
    *,
    owner_id: str | None = None,
    standing: SignStanding | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Page[SignRow]:
    """Cameras in service within the scope by their ids; ``before`` is the day from which a check still counts.

    Without a limit all of them. Raises ``BadCursor``.
    """
    statement = _rows(before).where(scope.condition(), _served()).order_by(cameras.c.id)
    if owner_id is not None:
        statement = statement.where(cameras.c.owner_id == owner_id)
    if standing is not None:
        statement = statement.where(_standing(before) == standing.value)
    if after is not None:
        statement = statement.where(cameras.c.id > position(after, "signs", str)[0])
    if limit is not None:
        limit = bounded(limit)
        statement = statement.limit(limit + 1)
    items = [_row(row) for row in (await connection.execute(statement)).mappings()]
    return Page(items, None) if limit is None else cut(items, limit, lambda last: cursor("signs", last.camera_id))


async def of_camera(connection: AsyncConnection, camera_id: str, before: date) -> SignRow | None:
    """The same of one camera, in service or not."""
    row = (await connection.execute(_rows(before).where(cameras.c.id == camera_id))).mappings().first()
    return None if row is None else _row(row)


async def counts(connection: AsyncConnection, scope: Reach, before: date) -> list[SignCounts]:
    """How the cameras in service within the scope stand, by their owners."""
    stands = _standing(before)
    sums = [func.sum(case((stands == one.value, 1), else_=0)).label(one.value) for one in SignStanding]
    names = (organisations.c.id, organisations.c.name_zh, organisations.c.name_en)
    statement = (
        select(*names, func.count().label("cameras"), *sums)
        .select_from(_joined())
        .where(scope.condition(), _served())
        .group_by(*names)
        .order_by(organisations.c.id)
    )
    return [
        SignCounts(row["id"], row["name_zh"], row["name_en"], row["cameras"], *(row[one.value] for one in SignStanding))
        for row in (await connection.execute(statement)).mappings()
    ]


def _served() -> ColumnElement[bool]:
    return cameras.c.lifecycle.in_(sorted(state.value for state in SERVED))


def _standing(before: date) -> ColumnElement[str]:
    """The SQL twin of ``domain.signs.standing``."""
    columns = camera_signs.c
    up = and_(columns.state == SignState.UP.value, camera_documents.c.id.is_not(None))
    old = columns.checked < before.isoformat()
    return case(
        (and_(up, old), SignStanding.OVERDUE.value),
        (up, SignStanding.CURRENT.value),
        else_=SignStanding.MISSING.value,
    )


def _joined() -> Any:
    kept = and_(camera_documents.c.id == camera_signs.c.photo_id, camera_documents.c.withdrawn_at.is_(None))
    return (
        cameras.join(organisations, organisations.c.id == cameras.c.owner_id)
        .outerjoin(camera_signs, camera_signs.c.camera_id == cameras.c.id)
        .outerjoin(camera_documents, kept)
        .outerjoin(operators, operators.c.id == camera_signs.c.recorded_by)
    )


def _rows(before: date) -> Select[Any]:
    own = (cameras.c.gb_id, cameras.c.name_zh, cameras.c.name_en, cameras.c.owner_id)
    signs = tuple(camera_signs.c[name] for name in ("put_up", "checked", "place", "state", "recorded_at"))
    return select(
        cameras.c.id.label("camera_id"),
        *own,
        organisations.c.name_zh.label("owner_name_zh"),
        organisations.c.name_en.label("owner_name_en"),
        *signs,
        camera_documents.c.id.label("photo_id"),
        operators.c.name.label("recorded_by_name"),
        func.coalesce(camera_signs.c.version, 0).label("version"),
        _standing(before).label("standing"),
    ).select_from(_joined())


def _row(row: Any) -> SignRow:
    state = None if row["state"] is None else SignState(row["state"])
    return SignRow(**dict(row) | {"state": state, "standing": SignStanding(row["standing"])})
