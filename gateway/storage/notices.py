"""Notices in the database: told once, seen by each reader for themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.notices import Notice, Recipient, RecipientKind
from gateway.domain.operators import Operator, Role
from gateway.storage import upserting
from gateway.storage.paging import Page, bounded, cursor, cut, position
from gateway.storage.tables import notices, notices_seen
from gateway.storage.upserting import chunks

ORDER = "notices"


async def insert(connection: AsyncConnection, item: Notice) -> bool:
    """Adds the notice; False if the same was told to the same recipient before."""
    to = item.recipient
    values = {
        "id": item.id,
        "at": item.at,
        "recipient_kind": to.kind.value,
        "recipient_id": to.id,
        "role": "" if to.role is None else to.role.value,
        "kind": item.kind,
        "object_kind": item.object_kind,
        "object_id": item.object_id,
        "key": item.key,
        "detail": dict(item.detail),
    }
    statement = upserting.insert(connection, notices).values(values).on_conflict_do_nothing()
    return (await connection.execute(statement.returning(notices.c.id))).one_or_none() is not None


def readable(operator: Operator) -> ColumnElement[bool]:
    """A condition on ``tables.notices``: true for what was told to the operator."""
    roles = ["", *sorted(role.value for role in operator.roles)]
    ways = [
        (RecipientKind.OPERATOR, operator.id),
        (RecipientKind.ORGANISATION, operator.organisation_id),
        (RecipientKind.EVERYBODY, ""),
    ]
    named = [and_(notices.c.recipient_kind == kind.value, notices.c.recipient_id == name) for kind, name in ways]
    return and_(or_(*named), notices.c.role.in_(roles))


async def page(
    connection: AsyncConnection, operator: Operator, *, unseen: bool = False, after: str | None = None, limit: int = 50
) -> Page[Notice]:
    """One page of what the operator was told, newest first. Raises ``BadCursor``."""
    limit = bounded(limit)
    mine = and_(notices_seen.c.notice_id == notices.c.id, notices_seen.c.operator_id == operator.id)
    statement = (
        select(notices, notices_seen.c.seen_at)
        .outerjoin(notices_seen, mine)
        .where(readable(operator))
        .order_by(notices.c.id.desc())
        .limit(limit + 1)
    )
    if unseen:
        statement = statement.where(notices_seen.c.seen_at.is_(None))
    if after is not None:
        (last,) = position(after, ORDER, str)
        statement = statement.where(notices.c.id < last)
    items = [_from(row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor(ORDER, last.id))


async def unseen_count(connection: AsyncConnection, operator: Operator) -> int:
    """How many notices the operator has not seen."""
    seen = select(notices_seen.c.notice_id).where(notices_seen.c.operator_id == operator.id)
    statement = select(func.count()).select_from(notices).where(readable(operator), notices.c.id.not_in(seen))
    return int(await connection.scalar(statement) or 0)


async def mark_seen(connection: AsyncConnection, operator: Operator, ids: Iterable[str] | None, at: datetime) -> int:
    """Notes what of their notices the operator has seen (None: all); returns how many were new."""
    seen = select(notices_seen.c.notice_id).where(notices_seen.c.operator_id == operator.id)
    fresh = select(notices.c.id).where(readable(operator), notices.c.id.not_in(seen))
    if ids is None:
        found = list((await connection.scalars(fresh)).all())
    else:
        found = []
        for chunk in chunks(dict.fromkeys(ids)):
            found += (await connection.scalars(fresh.where(notices.c.id.in_(chunk)))).all()
    for chunk in chunks(found):
        rows = [{"notice_id": notice_id, "operator_id": operator.id, "seen_at": at} for notice_id in chunk]
        await connection.execute(upserting.insert(connection, notices_seen).on_conflict_do_nothing(), rows)
    return len(found)


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Deletes what was told before that time; returns how much."""
    return (await connection.execute(delete(notices).where(notices.c.at < before))).rowcount


def _from(row: RowMapping) -> Notice:
    role = None if row["role"] == "" else Role(row["role"])
    return Notice(
        id=row["id"],
        at=row["at"],
        recipient=Recipient(RecipientKind(row["recipient_kind"]), row["recipient_id"], role),
        kind=row["kind"],
        object_kind=row["object_kind"],
        object_id=row["object_id"],
        detail=row["detail"],
        key=row["key"],
        seen_at=row["seen_at"],
    )
