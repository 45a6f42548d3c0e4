"""Organisations in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, RowMapping, ScalarSelect, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.organisations import Organisation, OrganisationKind, lineages
from gateway.storage import epochs
from gateway.storage.tables import organisation_lines, organisations
from gateway.storage.upserting import put


async def get(connection: AsyncConnection, organisation_id: str) -> Organisation | None:
    """The organisation with that id."""
    result = await connection.execute(select(organisations).where(organisations.c.id == organisation_id))
    row = result.mappings().one_or_none()
    return None if row is None else _from(row)


async def every(connection: AsyncConnection) -> list[Organisation]:
    """All organisations, in the order of their ids."""
    result = await connection.execute(select(organisations).order_by(organisations.c.id))
    return [_from(row) for row in result.mappings()]


async def by_id(connection: AsyncConnection) -> dict[str, Organisation]:
    """All organisations, by id."""
    return {one.id: one for one in await every(connection)}


async def replace(connection: AsyncConnection, items: Sequence[Organisation]) -> None:
    """Inserts them, or overwrites those already there; a parent may come before or after its children.

    Rewrites who is above whom and bumps the permission epoch: grants may reach down the tree.
    """
    rows = [
        {
            "id": item.id,
            "kind": item.kind.value,
            "name_zh": item.name_zh,
            "name_en": item.name_en,
            "parent_id": item.parent_id,
            "township_code": item.township_code,
            "sample": item.sample,
        }
        for item in _parents_first(items)
    ]
    await put(connection, organisations, rows)
    lines = [
        {"organisation_id": name, "above_id": above, "steps": steps}
        for name, line in lineages(await every(connection)).items()
        for steps, above in enumerate(line)
    ]
    await connection.execute(delete(organisation_lines))
    if lines:
        await connection.execute(organisation_lines.insert(), lines)
    await epochs.bump(connection, epochs.PERMISSION)


async def all_above(connection: AsyncConnection) -> dict[str, frozenset[str]]:
    """For every organisation that is below others, the ids of those."""
    lines = organisation_lines.c
    found: dict[str, set[str]] = defaultdict(set)
    for lower, upper in await connection.execute(select(lines.organisation_id, lines.above_id).where(lines.steps > 0)):
        found[lower].add(upper)
    return {lower: frozenset(uppers) for lower, uppers in found.items()}


async def under(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, set[str]]:
    """For each of the organisations itself and all below it."""
    lines = organisation_lines.c
    statement = select(lines.above_id, lines.organisation_id).where(lines.above_id.in_(sorted(ids)))
    found: dict[str, set[str]] = defaultdict(set)
    for upper, lower in await connection.execute(statement):
        found[upper].add(lower)
    return found


def above(column: ColumnElement[str]) -> ScalarSelect[str]:
    """The ids of the organisations above the one that the column names, as one text with a line each; NULL for none."""
    return (
        select(func.aggregate_strings(organisation_lines.c.above_id, "\n"))
        .where(organisation_lines.c.organisation_id == column, organisation_lines.c.steps > 0)
        .scalar_subquery()
    )


def ids_in(text: str | None) -> frozenset[str]:
    """The ids in a text with a line each."""
    return frozenset(text.split("\n")) if text else frozenset()


def _parents_first(items: Iterable[Organisation]) -> list[Organisation]:
    waiting = {item.id: item for item in items}
    ordered: list[Organisation] = []
    while waiting:
        ready = [item for item in waiting.values() if item.parent_id not in waiting or item.parent_id == item.id]
        if not ready:
            raise ValueError(f"organisations that are each other's parents: {', '.join(sorted(waiting))}")
        for item in ready:
            ordered.append(waiting.pop(item.id))
    return ordered


def _from(row: RowMapping) -> Organisation:
    return Organisation(
        id=row["id"],
        kind=OrganisationKind(row["kind"]),
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        parent_id=row["parent_id"],
        township_code=row["township_code"],
        sample=row["sample"],
    )
