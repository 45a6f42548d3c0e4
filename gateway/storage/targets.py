"""What grants point at, as conditions on ``tables.cameras``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import JSON, ColumnElement, Select, bindparam, func, select
from sqlalchemy.sql.elements import KeyedColumnElement

from gateway.domain.grants import TargetKind
from gateway.storage.tables import area_cameras, cameras, group_cameras

COLUMNS: dict[TargetKind, KeyedColumnElement[str]] = {
    TargetKind.CAMERA: cameras.c.id,
    TargetKind.OWNED_BY: cameras.c.owner_id,
    TargetKind.LOCATED_IN: cameras.c.township_code,
    TargetKind.KIND: cameras.c.kind,
    TargetKind.RECORDER: cameras.c.recorder_id,
    TargetKind.MAINTAINED_BY: cameras.c.maintainer_id,
}
"""The camera's column that a grant's ``target_id`` is compared with."""

MEMBERS: dict[TargetKind, tuple[KeyedColumnElement[str], KeyedColumnElement[str]]] = {
    TargetKind.GROUP: (group_cameras.c.group_id, group_cameras.c.camera_id),
    TargetKind.AREA: (area_cameras.c.area_id, area_cameras.c.camera_id),
}
"""For targets that are sets of cameras, the columns that name the set and its members."""

MANY = 200
"""More names than these go to the database as one parameter: thousands of them take long to write and to read."""


def one(kind: TargetKind, name: str) -> ColumnElement[bool]:
    """True for cameras that the target covers; can use one index. Never NULL."""
    if kind in MEMBERS:
        names, members = MEMBERS[kind]
        return cameras.c.id.in_(select(members).where(names == name))
    column = COLUMNS[kind]
    return column.is_not_distinct_from(name) if column is cameras.c.recorder_id else column == name


def some(kind: TargetKind, names: Iterable[str], dialect: str) -> ColumnElement[bool]:
    """True for cameras that one of the targets of that kind covers. Never NULL."""
    wanted = sorted(names)
    if kind in MEMBERS:
        sets, members = MEMBERS[kind]
        return cameras.c.id.in_(select(members).where(_within(sets, wanted, dialect)))
    column = COLUMNS[kind]
    found = _within(column, wanted, dialect)
    # A stand-alone camera's recorder is NULL: its comparison must be false, not unknown.
    return column.is_not(None) & found if column is cameras.c.recorder_id else found


def _within(column: KeyedColumnElement[str], names: Sequence[str], dialect: str) -> ColumnElement[bool]:
    return column.in_(names) if len(names) <= MANY else column.in_(_rows(names, dialect))


def _rows(names: Sequence[str], dialect: str) -> Select[str]:
    """The names as rows of one column, from one parameter."""
    given = bindparam(None, list(names), JSON)
    if dialect == "sqlite":
        return select(func.json_each(given).table_valued("value").c.value)
    return select(func.json_array_elements_text(given).table_valued("value").c.value)
