"""Filings: how each unit stands with the duty to file its cameras, the sheet for it, and marking cameras as filed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.deadlines import day_of
from gateway.domain.filing_duty import TERM, Standing, in_use, standing
from gateway.services import filing_sheet
from gateway.services.catalogue import known
from gateway.services.editing import told_of
from gateway.services.errors import Invalid, NotFound
from gateway.services.file_history import Pen
from gateway.services.filing_sheet import FilingRow, Language
from gateway.services.office import Caller, Office
from gateway.services.rewriting import rewrite
from gateway.storage import filed_cameras, filing_tasks
from gateway.storage.reaching import reach

SheetForm = Literal["csv", "html"]


@dataclass(frozen=True, slots=True)
class FilingUnit:
    """A unit's cameras in use that the caller may list, counted by how they stand; ``next_due`` is the nearest day."""

    id: str
    name_zh: str
    name_en: str
    cameras: int
    due: int
    overdue: int
    changed: int
    filed: int
    next_due: date | None


async def units(office: Office, caller: Caller) -> list[FilingUnit]:
    """Every unit of which the caller may list cameras in use; those with overdue filings first."""
    at = office.clock.now()
    async with office.store.read() as conn:
        rows = await _rows(conn, caller, at, None)
    grouped: dict[str, list[FilingRow]] = defaultdict(list)
    for row in rows:
        grouped[row.owner_id].append(row)
    found = [_unit(items) for items in grouped.values()]
    return sorted(found, key=lambda unit: (-unit.overdue, -unit.changed, unit.id))


async def listed(office: Office, caller: Caller, owner_id: str, state: Standing | None) -> list[FilingRow]:
    """The unit's cameras that the caller may list: what needs filing first. A unit without any has an empty list."""
    at = office.clock.now()
    async with office.store.read() as conn:
        rows = await _rows(conn, caller, at, owner_id)
    wanted = [row for row in rows if state is None or row.standing is state]
    order = (Standing.OVERDUE, Standing.CHANGED, Standing.DUE, Standing.FILED)
    return sorted(wanted, key=lambda row: (order.index(row.standing), row.due, row.id))


async def sheet(office: Office, caller: Caller, owner_id: str, form: SheetForm, language: Language) -> bytes:
    """The unit's filing sheet. Raises ``NotFound`` for a unit of which the caller may list nothing."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        rows = await _rows(conn, caller, at, owner_id)
        if not rows:
            raise NotFound("filing sheet")
        await office.note(
            conn, at, caller.operator.id, "export_filing", "organisation", owner_id, form=form, cameras=len(rows)
        )
    if form == "csv":
        return filing_sheet.as_csv(rows, language)
    return filing_sheet.as_page(rows, language, day_of(at)).encode()


async def mark(office: Office, caller: Caller, camera_id: str, version: int, filing_no: str, filed_at: date) -> None:
    """Notes that a camera was filed, under that number on that day, which closes what was to be filed again.

    Raises ``NotFound``, ``Forbidden``, ``Stale``, and ``Invalid`` for an empty number or a day that has not come.
    """
    at = office.clock.now()
    if not filing_no.strip():
        raise Invalid("give the number under which it was filed", field="filing_no")
    if filed_at > day_of(at):
        raise Invalid("a filing cannot lie in the future", field="filed_at")
    async with office.store.begin() as conn:
        await known(office, conn, caller, camera_id, Action.MANAGE)
        values = {"filing_no": filing_no.strip(), "filed_at": filed_at.isoformat()}
        await rewrite(conn, Pen(caller.operator.id, at, "api"), camera_id, version, values)
        closed = await filing_tasks.close(conn, camera_id, at)
        await office.note(conn, at, caller.operator.id, "mark_filed", "camera", camera_id, closes_task=closed)
    await told_of(office, camera_id)


async def _rows(conn: AsyncConnection, caller: Caller, at: datetime, owner_id: str | None) -> list[FilingRow]:
    scope = await reach(conn, caller.operator, Action.LIST, at)
    if scope.nothing:
        return []
    found = await filed_cameras.within(conn, scope.condition(), owner_id)
    live = await filing_tasks.went_live(conn, [one.id for one in found])
    tasks, today = await filing_tasks.open_tasks(conn), day_of(at)
    rows = []
    for one in found:
        began = in_use(None if one.id not in live else day_of(live[one.id]), one.install_date, day_of(one.created_at))
        due, task = began + TERM, tasks.get(one.id)
        rows.append(
            FilingRow.of(
                one,
                in_use=began,
                due=due,
                days_left=(due - today).days,
                standing=standing(one.filing_no, due, today, changed=task is not None),
                changed=() if task is None else tuple(task.fields),
            )
        )
    return rows


def _unit(rows: list[FilingRow]) -> FilingUnit:
    counts = {state: sum(row.standing is state for row in rows) for state in Standing}
    open_days = [row.due for row in rows if row.standing in (Standing.DUE, Standing.OVERDUE)]
    return FilingUnit(
        id=rows[0].owner_id,
        name_zh=rows[0].owner_name_zh,
        name_en=rows[0].owner_name_en,
        cameras=len(rows),
        due=counts[Standing.DUE],
        overdue=counts[Standing.OVERDUE],
        changed=counts[Standing.CHANGED],
        filed=counts[Standing.FILED],
        next_due=min(open_days, default=None),
    )
