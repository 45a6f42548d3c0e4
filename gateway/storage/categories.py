"""Ticket categories in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.categories import Category
from gateway.storage.tables import categories
from gateway.storage.upserting import put


async def get(connection: AsyncConnection, code: str) -> Category | None:
    """The category with that code."""
    row = (await connection.execute(select(categories).where(categories.c.code == code))).mappings().one_or_none()
    return None if row is None else Category(**row)


async def every(connection: AsyncConnection) -> list[Category]:
    """All categories, by code."""
    rows = (await connection.execute(select(categories).order_by(categories.c.code))).mappings()
    return [Category(**row) for row in rows]


async def replace(connection: AsyncConnection, items: Sequence[Category]) -> None:
    """Inserts the categories, or overwrites those with the same code."""
    await put(connection, categories, [asdict(item) for item in items])
