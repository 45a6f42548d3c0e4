"""The history of files in the database: who changed which field of a camera, recorder or site, and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.paging import Page, bounded, cursor, cut, position
from gateway.storage.tables import file_changes, operators


@dataclass(frozen=True, slots=True)
class FileChange:
    """One field of one file, before and after. ``source`` says by which way: api, bulk, load or system."""

    noun: str
    object_id: str
    at: datetime
    actor_id: str
    source: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class FileChangeListed(FileChange):
    """The same as a list shows it. ``actor_name`` is None for the gateway itself and for its commands."""

    id: int
    actor_name: str | None


async def insert(connection: AsyncConnection, changes: Sequence[FileChange]) -> None:
    """Adds the changes, in their order."""
    if changes:
        await connection.execute(file_changes.insert(), [asdict(change) for change in changes])


async def page(
    connection: AsyncConnection,
    noun: str,
    object_id: str,
    *,
    without: Collection[str] = (),
    after: str | None = None,
    limit: int = 50,
) -> Page[FileChangeListed]:
    """What was changed in one file, newest first, without some fields. Raises ``BadCursor``."""
    limit = bounded(limit)
    statement = (
        select(file_changes, operators.c.name.label("actor_name"))
        .select_from(file_changes.outerjoin(operators, operators.c.id == file_changes.c.actor_id))
        .where(file_changes.c.noun == noun, file_changes.c.object_id == object_id)
        .order_by(file_changes.c.id.desc())
        .limit(limit + 1)
    )
    if without:
        statement = statement.where(file_changes.c.field.not_in(sorted(without)))
    if after is not None:
        statement = statement.where(file_changes.c.id < position(after, "changes", int)[0])
    items = [FileChangeListed(**row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor("changes", last.id))
