"""Organisations in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.storage.tables import organisations
from gateway.storage.upserting import put


async def get(connection: AsyncConnection, organisation_id: str) -> Organisation | None:
    """The organisation with that id."""
    result = await connection.execute(select(organisations).where(organisations.c.id == organisation_id))
    row = result.mappings().one_or_none()
    return None if row is None else _from(row)


async def every(connection: AsyncConnection) -> list[Organisation]:
    """All organisations, by id."""
    result = await connection.execute(select(organisations).order_by(organisations.c.id))
    return [_from(row) for row in result.mappings()]


async def replace(connection: AsyncConnection, items: Sequence[Organisation]) -> None:
    """Inserts them, or overwrites those already there; a parent may come before or after its children."""
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
