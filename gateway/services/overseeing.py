"""Overseeing: unusual viewing is told, unused access is named, the public gets its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from gateway.domain.notices import to_role
from gateway.domain.operators import Role
from gateway.domain.oversight import (
    AlertKind,
    Look,
    at_night,
    first_burst,
    local,
    month_bounds,
    months_before,
    night_of,
)  # fmt: skip
from gateway.domain.purposes import PURPOSES, SHIFT_PURPOSE
from gateway.services import notifying
from gateway.services.errors import NotFound
from gateway.services.office import Caller, Office
from gateway.services.reasons import check_note
from gateway.storage import operators, oversight
from gateway.storage.oversight import Alert, UnusedGrant
from gateway.storage.paging import Page
from gateway.storage.tables import cameras as camera_rows

MANY_CAMERAS = 30
"""So many different cameras in ten minutes, opened one by one, are unusual (R30)."""
MANY_ON_WALL = 100
"""The same for the duty desk, whose walls are there to show many; nobody else has this allowance.

That a look is one of a wall is said by who watches, so it may loosen the measure only for those whose work it is, and
not without end. A wall has at most 16 pictures: a desk may fill it anew six times in ten minutes (96 cameras), which is
a round of the wall every hundred seconds. Whoever goes through all of a district, 119 cameras, in ten minutes is told.
The records do not say whether people or a clock filled the wall, so a tour that hurries so much is told as well.
"""
MANY_WITHOUT_TICKET = 10
"""So many looks in a day for another purpose than the shift's, with a reason instead of a ticket."""
LOOK_BACK = timedelta(minutes=40)
"""How far the sweep looks back: longer than it may have stood still."""
UNUSED = timedelta(days=30)
MONTHS = 12
DESK = frozenset({Role.DISTRICT_OPERATOR, Role.SHIFT_LEADER})
"""Roles that watch around the clock."""


@dataclass(frozen=True, slots=True)
class PublicMonth:
    """What is published of a month."""

    month: str
    views: int
    exports: int
    refusals: int


@dataclass(frozen=True, slots=True)
class PublicPurpose:
    """A purpose for which cameras are there."""

    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What anybody may know: nothing of a single camera."""

    cameras: int
    purposes: list[PublicPurpose]
    contact: str
    months: list[PublicMonth]


async def watch_viewing(office: Office, at: datetime) -> None:
    """A sweep: raises alerts on unusual viewing, each once, and tells the audit managers."""
    morning = local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    day_began = at - (local(at) - morning)
    async with office.store.read() as conn:
        recent = await oversight.looks(conn, at - LOOK_BACK, at)
        today = await oversight.without_ticket(conn, day_began, SHIFT_PURPOSE, MANY_WITHOUT_TICKET)
        accounts = await operators.every(conn, None)
    desk = {account.operator.id for account in accounts if account.operator.roles & DESK}
    found: list[tuple[Alert, str]] = []
    for (operator_id, organisation_id), looks in recent.items():
        for kind, since, until, figure, key in _unusual(looks, operator_id in desk):
            alert = Alert(office.new_id(), kind, operator_id, organisation_id, at, since, until, figure)
            found.append((alert, f"{kind}:{operator_id}:{key}"))
    for (operator_id, organisation_id), count, since, until in today:
        kind = AlertKind.NO_TICKET
        alert = Alert(office.new_id(), kind, operator_id, organisation_id, at, since, until, count)
        found.append((alert, f"{alert.kind}:{alert.operator_id}:{morning.date()}"))
    told: list[str] = []
    async with office.store.begin() as conn:
        for alert, key in found:
            if await oversight.raise_alert(conn, alert, key):
                about = ("alert", alert.id)
                told += await notifying.tell(conn, at, [to_role(Role.AUDIT_MANAGER)], "unusual_viewing", about)
    await notifying.ring_for(office, told)


def _unusual(looks: Sequence[Look], desk: bool) -> Iterator[tuple[AlertKind, datetime, datetime, int, str]]:
    """What is unusual about one person's looks: (kind, since, until, figure, what makes it one and the same alert)."""
    one_by_one = first_burst((look for look in looks if not (look.wall and desk)), MANY_CAMERAS)
    in_all = first_burst(looks, MANY_ON_WALL) if desk and one_by_one is None else None
    for kind, burst in ((AlertKind.MANY_CAMERAS, one_by_one), (AlertKind.MANY_ON_WALL, in_all)):
        if burst is not None:
            yield kind, burst.since, burst.until, burst.cameras, f"{local(burst.until):%Y-%m-%dT%H}"
    night = [look for look in looks if at_night(look.at)]
    if night and not desk:
        yield AlertKind.OFF_HOURS, night[0].at, night[-1].at, len(night), night_of(night[0].at).isoformat()


async def count_months(office: Office, at: datetime) -> None:
    """A sweep: once a month is over its public figures are counted from the audit."""
    months = months_before(at, MONTHS)
    async with office.store.read() as conn:
        began = await oversight.audited_since(conn)
        known = await oversight.figures(conn, months)
    for month in months:
        since, until = month_bounds(month)
        if month in known or began is None or until <= began:
            continue
        async with office.store.read() as conn:
            counts = await oversight.recounted(conn, since, until)
        async with office.store.begin() as conn:
            await oversight.keep_figures(conn, month, counts, at)


async def public_page(office: Office, contact: str) -> PublicPage:
    """What anybody may know."""
    months = months_before(office.clock.now(), MONTHS)
    async with office.store.read() as conn:
        rows = (
            await conn.execute(select(camera_rows.c.purposes).where(camera_rows.c.lifecycle != "decommissioned"))
        ).all()
        counted = await oversight.figures(conn, months)
    served = {code for (purposes,) in rows for code in purposes or ()}
    return PublicPage(
        cameras=len(rows),
        purposes=[PublicPurpose(one.name_zh, one.name_en) for one in PURPOSES if one.code in served],
        contact=contact,
        months=[
            PublicMonth(month, **{figure.value: count for figure, count in counted[month].items()})
            for month in months
            if month in counted
        ],
    )


async def alerts(office: Office, *, waiting: bool, after: str | None, limit: int) -> Page[Alert]:
    """Alerts, newest first."""
    async with office.store.read() as conn:
        return await oversight.alerts(conn, waiting=waiting, after=after, limit=limit)


async def acknowledge(office: Office, caller: Caller, alert_id: str, note: str) -> None:
    """Says that the alert was looked into, and what came of it. Raises ``NotFound`` or ``Invalid``."""
    check_note(note)
    at = office.clock.now()
    async with office.store.begin() as conn:
        if not await oversight.acknowledge(conn, alert_id, at, caller.operator.id, note.strip()):
            raise NotFound("alert")
        typed = {"note": note.strip()}
        await office.note(conn, at, caller.operator.id, "acknowledge_alert", "alert", alert_id, typed=typed)


async def unused_grants(office: Office) -> list[UnusedGrant]:
    """Grants that somebody gave and nobody used for a month: to be ended, or asked about."""
    at = office.clock.now()
    async with office.store.read() as conn:
        return await oversight.unused(conn, at - UNUSED, at)
