"""Epochs: named counters that grow in the same transaction as what they stand for, so that others can poll cheaply."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Label, RowMapping, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import epochs
from gateway.storage.upserting import insert

PERMISSION = "permission"
"""Grows with every change to grants, operators and sessions."""

ASSIGNMENT = "assignment"
"""Grows with every change to who pulls which camera, and with what address or secret."""

STATE = "state"
"""Grows with every change of a camera's state, of its reason and of since when it lasts."""

GRANT_NUMBER = "grant_number"
"""The number of the newest grant; not polled by anybody."""


@dataclass(frozen=True, slots=True, order=True)
class Catalogue:
    """The epochs that speak of what is kept of cameras: who may see them, and everything else in their files."""

    permission: int
    assignment: int


@dataclass(frozen=True, slots=True)
class Scene:
    """The epochs that speak of all that lists of cameras show: what is kept of them, and the states they are in."""

    catalogue: Catalogue
    state: int

    def follows(self, other: Scene) -> bool:
        """True unless the other was read from a later state of the database in some respect."""
        mine, theirs = self.catalogue, other.catalogue
        later = theirs.permission > mine.permission or theirs.assignment > mine.assignment or other.state > self.state
        return not later


BEFORE_ALL = Scene(Catalogue(0, 0), 0)
"""The epochs of a database that nothing was changed in yet."""

_VALUE = select(epochs.c.value).where(epochs.c.name == bindparam("name"))
_BOTH = select(epochs.c.name, epochs.c.value).where(epochs.c.name.in_([PERMISSION, ASSIGNMENT]))


async def get(connection: AsyncConnection, name: str) -> int:
    """The epoch's value; 0 before its first bump."""
    value = await connection.scalar(_VALUE, {"name": name})
    return 0 if value is None else int(value)


async def catalogue(connection: AsyncConnection) -> Catalogue:
    """Both epochs, read at once."""
    found = {name: value for name, value in await connection.execute(_BOTH)}
    return Catalogue(found.get(PERMISSION, 0), found.get(ASSIGNMENT, 0))


async def scene(connection: AsyncConnection) -> Scene:
    """All that a list depends on, read at once."""
    return scene_from((await connection.execute(_SCENE)).mappings().one())


def scene_columns() -> list[Label[int]]:
    """Columns by which any statement reads the scene along with its own rows."""
    return [
        select(epochs.c.value).where(epochs.c.name == name).scalar_subquery().label(f"epoch_{name}")
        for name in (PERMISSION, ASSIGNMENT, STATE)
    ]


def scene_from(row: RowMapping) -> Scene:
    """The scene in a row with ``scene_columns``."""
    permission, assignment, state = (row[f"epoch_{name}"] or 0 for name in (PERMISSION, ASSIGNMENT, STATE))
    return Scene(Catalogue(permission, assignment), state)


_SCENE = select(*scene_columns())


async def bump(connection: AsyncConnection, name: str) -> int:
    """Raises the epoch by one and returns its new value."""
    statement = (
        insert(connection, epochs)
        .values(name=name, value=1)
        .on_conflict_do_update(index_elements=[epochs.c.name], set_={"value": epochs.c.value + 1})
        .returning(epochs.c.value)
    )
    return int((await connection.execute(statement)).scalar_one())
