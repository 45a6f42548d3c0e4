"""What other rows say of a camera, for grants to point at: lines of organisations, groups, areas."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Label, RowMapping, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Place, Ties
from gateway.domain.grants import CameraFacts
from gateway.storage.area_fitting import areas_round
from gateway.storage.organisations import above, all_above, ids_in
from gateway.storage.tables import area_cameras, cameras, group_cameras


def _of(table: Table, name: str) -> Label[str]:
    ids: ColumnElement[str] = table.c[f"{name}_id"]
    found = select(func.aggregate_strings(ids, "\n")).where(table.c.camera_id == cameras.c.id)
    return found.scalar_subquery().label(f"in_{name}s")


TIES: tuple[Label[str], ...] = (
    above(cameras.c.owner_id).label("owner_above"),
    above(cameras.c.maintainer_id).label("maintainer_above"),
    _of(group_cameras, "group"),
    _of(area_cameras, "area"),
)
"""Columns that every selection of cameras carries, for ``ties_from``."""


def ties_from(row: RowMapping) -> Ties:
    """The ties in a row that has the columns ``TIES``."""
    names = ("owner_above", "maintainer_above", "in_groups", "in_areas")
    return Ties(*(ids_in(row[name]) for name in names))


async def completed(connection: AsyncConnection, facts: CameraFacts, place: Place) -> CameraFacts:
    """The facts of a camera as it would be with that owner, maintainer and place; its groups stay."""
    lines = await all_above(connection)
    return replace(
        facts,
        owner_above=lines.get(facts.owner_id, frozenset()),
        maintainer_above=lines.get(facts.maintainer_id, frozenset()),
        areas=await areas_round(connection, place),
    )
