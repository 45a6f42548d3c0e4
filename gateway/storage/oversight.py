"""Oversight in the database: looks of late, alerts, unused grants, reviews of need, and the public figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.oversight import COUNTED, AlertKind, Figure, Look
from gateway.storage.paging import Page, bounded, cursor, cut, position
from gateway.storage.tables import (
    audit_entries,
    grant_uses,
    grants,
    oversight_alerts,
    public_figures,
    request_cameras,
    view_records,
    wall_spans,
    wall_views,
)
from gateway.storage.upserting import insert

A_DAY = timedelta(days=1)
"""No wall's record lasts longer."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something unusual about somebody's viewing."""

    id: str
    kind: AlertKind
    operator_id: str
    organisation_id: str
    at: datetime
    since: datetime
    until: datetime
    figure: int
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class UnusedGrant:
    """A grant in force that nobody used for long; ``requested`` if an approved request made it."""

    id: str
    number: int | None
    grantee_kind: str
    grantee_id: str
    target_kind: str
    target_id: str
    given_at: datetime
    not_after: datetime | None
    last_used_at: datetime | None
    requested: bool


async def looks(connection: AsyncConnection, since: datetime, until: datetime) -> dict[tuple[str, str], list[Look]]:
    """Looks that began between these times, in their order, by (operator, organisation)."""
    singles = select(
        view_records.c.operator_id,
        view_records.c.organisation_id,
        view_records.c.started_at,
        view_records.c.camera_id,
        literal(0).label("wall"),
        view_records.c.purpose,
        view_records.c.ticket_id,
    ).where(view_records.c.started_at >= since, view_records.c.started_at < until)
    spans = (
        select(
            wall_views.c.operator_id,
            wall_views.c.organisation_id,
            wall_spans.c.started_at,
            wall_spans.c.camera_id,
            literal(1).label("wall"),
            wall_views.c.purpose,
            wall_views.c.ticket_id,
        )
        .join_from(wall_spans, wall_views, wall_views.c.id == wall_spans.c.wall_id)
        .where(wall_spans.c.started_at >= since, wall_spans.c.started_at < until)
    )
    every = union_all(singles, spans).subquery()
    found: dict[tuple[str, str], list[Look]] = {}
    for row in await connection.execute(select(every).order_by(every.c.started_at)):
        look = Look(row.started_at, row.camera_id, bool(row.wall), row.purpose, row.ticket_id is not None)
        found.setdefault((row.operator_id, row.organisation_id), []).append(look)
    return found


async def without_ticket(
    connection: AsyncConnection, since: datetime, shift: str, most: int
) -> list[tuple[tuple[str, str], int, datetime, datetime]]:
    """Who began so many looks since then for another purpose than the shift's and without a ticket:
    ((operator, organisation), how many, the first, the last). On a wall each camera is one look, however often it
    comes round.
    """
    single, wall = view_records.c, wall_views.c
    begun = wall_spans.c.started_at
    singles = select(single.operator_id, single.organisation_id, single.started_at).where(
        single.started_at >= since, single.purpose != shift, single.ticket_id.is_(None)
    )
    on_walls = (
        select(wall.operator_id, wall.organisation_id, func.min(begun).label("started_at"))
        .join_from(wall_spans, wall_views, wall.id == wall_spans.c.wall_id)
        .where(begun >= since, wall.started_at >= since - A_DAY, wall.purpose != shift, wall.ticket_id.is_(None))
        .group_by(wall.operator_id, wall.organisation_id, wall_spans.c.camera_id)
    )
    every = union_all(singles, on_walls).subquery().c
    who = every.operator_id, every.organisation_id
    statement = (
        select(*who, func.count(), func.min(every.started_at), func.max(every.started_at))
        .group_by(*who)
        .having(func.count() >= most)
    )
    return [((row[0], row[1]), row[2], row[3], row[4]) for row in await connection.execute(statement)]


async def raise_alert(connection: AsyncConnection, alert: Alert, key: str) -> bool:
    """Stores the alert; False if one with that key is there already."""
    statement = insert(connection, oversight_alerts).values(asdict(alert) | {"key": key})
    return bool((await connection.execute(statement.on_conflict_do_nothing(index_elements=["key"]))).rowcount)


async def alerts(
    connection: AsyncConnection, *, waiting: bool, after: str | None = None, limit: int = 50
) -> Page[Alert]:
    """Alerts, newest first; ``waiting`` leaves out the acknowledged ones. Raises ``BadCursor``."""
    columns = oversight_alerts.c
    limit = bounded(limit)
    statement = select(oversight_alerts).order_by(columns.id.desc()).limit(limit + 1)
    if waiting:
        statement = statement.where(columns.acknowledged_at.is_(None))
    if after is not None:
        statement = statement.where(columns.id < position(after, "alerts", str)[0])
    rows = (await connection.execute(statement)).mappings()
    names = [name for name in Alert.__dataclass_fields__ if name != "kind"]
    items = [Alert(kind=AlertKind(row["kind"]), **{name: row[name] for name in names}) for row in rows]
    return cut(items, limit, lambda last: cursor("alerts", last.id))


async def acknowledge(connection: AsyncConnection, alert_id: str, at: datetime, by: str, note: str) -> bool:
    """Marks the alert as seen to; False if there is none that waits."""
    columns = oversight_alerts.c
    statement = (
        update(oversight_alerts)
        .where(columns.id == alert_id, columns.acknowledged_at.is_(None))
        .values(acknowledged_at=at, acknowledged_by=by, note=note)
    )
    return bool((await connection.execute(statement)).rowcount)


async def note_uses(connection: AsyncConnection, grant_ids: Sequence[str], at: datetime) -> None:
    """Remembers that these grants were used now."""
    rows = [{"grant_id": one, "last_used_at": at} for one in sorted(set(grant_ids))]
    statement = insert(connection, grant_uses)
    statement = statement.on_conflict_do_update(index_elements=["grant_id"], set_={"last_used_at": at})
    if rows:
        await connection.execute(statement, rows)


async def unused(connection: AsyncConnection, before: datetime, at: datetime, limit: int = 200) -> list[UnusedGrant]:
    """Grants in force that were given before that time and not used since, the oldest first."""
    columns = grants.c
    requested = select(literal(1)).where(request_cameras.c.grant_id == columns.id).exists()
    statement = (
        select(grants, grant_uses.c.last_used_at, requested.label("requested"))
        .outerjoin(grant_uses, grant_uses.c.grant_id == columns.id)
        .where(
            columns.effect == "allow",
            columns.policy == "",
            columns.revoked_at.is_(None),
            or_(columns.not_after.is_(None), columns.not_after > at),
            func.coalesce(columns.not_before, columns.created_at) < before,
            columns.created_at < before,
            or_(grant_uses.c.last_used_at.is_(None), grant_uses.c.last_used_at < before),
        )
        .order_by(columns.created_at, columns.id)
        .limit(limit)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [
        UnusedGrant(
            id=row["id"],
            number=row.get("number"),
            grantee_kind=row["grantee_kind"],
            grantee_id=row["grantee_id"],
            target_kind=row["target_kind"],
            target_id=row["target_id"],
            given_at=row["created_at"],
            not_after=row["not_after"],
            last_used_at=row["last_used_at"],
            requested=bool(row["requested"]),
        )
        for row in rows
    ]


async def recounted(connection: AsyncConnection, since: datetime, until: datetime) -> dict[Figure, int]:
    """The public figures of that span, counted from the audit's lines themselves."""
    found = dict.fromkeys(Figure, 0)
    columns = audit_entries.c
    wanted = columns.action.in_(COUNTED)
    statement = select(columns.action, columns.canonical).where(columns.at >= since, columns.at < until, wanted)
    for row in await connection.execute(statement):
        told = json.loads(row.canonical)["detail"].get("count", 1)
        found[COUNTED[row.action]] += told if isinstance(told, int) else 1
    return found


async def keep_figures(connection: AsyncConnection, month: str, figures: Mapping[Figure, int], at: datetime) -> None:
    """Stores a month's figures, once."""
    row = {"month": month, "counted_at": at} | {figure.value: count for figure, count in figures.items()}
    await connection.execute(insert(connection, public_figures).values(row).on_conflict_do_nothing())


async def figures(connection: AsyncConnection, months: Sequence[str]) -> dict[str, dict[Figure, int]]:
    """The stored figures of these months."""
    rows = await connection.execute(select(public_figures).where(public_figures.c.month.in_(months)))
    return {row["month"]: {figure: row[figure.value] for figure in Figure} for row in rows.mappings()}


async def audited_since(connection: AsyncConnection) -> datetime | None:
    """When the first line of the audit was written."""
    found: datetime | None = await connection.scalar(select(func.min(audit_entries.c.at)))
    return found
