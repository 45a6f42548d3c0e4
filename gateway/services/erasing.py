"""Erasing: a text that somebody typed leaves the audit because the law says so; the chain still proves the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.services import second_factor
from gateway.services.errors import NotFound
from gateway.services.office import Caller, Office
from gateway.services.reasons import check_reason
from gateway.storage import audit_texts, auditing, epochs, operators, typed_rows, view_records
from gateway.storage.auditing import AuditQuery
from gateway.storage.paging import Page

GROUND = ("session", "reason")
"""Why a session watches for another purpose than the shift's own: every look under it carries these words."""


@dataclass(frozen=True, slots=True)
class TextRecord:
    """Where a text stands and whether its line holds, without the text and without who typed it."""

    id: str
    chain: str
    seq: int
    field: str
    action: str
    at: datetime
    erased_at: datetime | None
    holds: bool
    """True if the line is as it was written and the lines beside it follow on."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """That a text was erased: which, by whom, when, and why as far as that may still be read."""

    text_id: str
    chain: str
    seq: int
    field: str
    at: datetime
    by_name: str
    reason: str | None


async def found(office: Office, text_id: str) -> TextRecord:
    """What is known of a text that an order names. Raises ``NotFound``."""
    async with office.store.read() as conn:
        place = await audit_texts.place(conn, text_id)
        if place is None:
            return await _found_view(conn, text_id)
        chain, seq, field, erased_at = place
        line = await auditing.entry(conn, chain, seq)
        if line is None:
            raise NotFound("text")
        holds = await auditing.holds(conn, chain, seq)
    return TextRecord(text_id, chain, seq, field, line.action, line.at, erased_at, holds)


async def _found_view(conn: AsyncConnection, record_id: str) -> TextRecord:
    place, record = await view_records.reason_place(conn, record_id), await view_records.get(conn, record_id)
    if place is None or record is None:
        raise NotFound("text")
    erased_at = await auditing.erasure_of_view(conn, record_id)
    holds = await auditing.holds(conn, *place)
    return TextRecord(record_id, *place, "reason", record.action, record.started_at, erased_at, holds)


async def erasures(office: Office, after: str | None, limit: int) -> Page[Erasure]:
    """What was erased, newest first. Raises ``BadCursor``."""
    async with office.store.read() as conn:
        page = await auditing.page(conn, AuditQuery(action="erase_text"), after=after, limit=limit)
        names = await operators.names(conn, {one.actor_id for one in page.items})
    items = []
    for one in page.items:
        name, why, where = names.get(one.actor_id, ""), one.typed.get("reason"), one.detail
        reason = None if why is None else why.text
        items.append(Erasure(one.object_id, where["chain"], where["seq"], where["field"], one.at, name, reason))
    return Page(items, page.next)


async def erase(office: Office, caller: Caller, text_id: str, reason: str) -> None:
    """Erases the text and its salt, and the same words in the row that its line speaks of, and writes down who did it
    and why. The id of a view record stands for the reason of that look. Raises ``NotFound``, ``Invalid`` or
    ``SecondFactorNeeded``: what is erased does not come back.

    The system manager does it on a written order that names the text by its id, without being shown the audit.
    """
    check_reason(reason)
    at = office.clock.now()
    looks = await _looks(office, text_id, at)
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        text = await audit_texts.held(conn, text_id)
        kind, rows = "audit_text", 0
        if text is None:
            kind, (chain, seq) = "view_record", await _erase_view(conn, text_id)
            field = "reason"
        else:
            erased = await audit_texts.erase(conn, text_id, at, caller.operator.id)
            if erased is None:
                raise NotFound("text")
            chain, seq, field = erased
            rows = await _erase_rows(office, caller, conn, (chain, seq, field, text), looks, at)
        await office.note(
            conn,
            at,
            caller.operator.id,
            "erase_text",
            kind,
            text_id,
            typed={"reason": reason.strip()},
            chain=chain,
            seq=seq,
            field=field,
            rows=rows,
        )


async def _erase_view(conn: AsyncConnection, record_id: str) -> tuple[str, int]:
    place = await view_records.reason_place(conn, record_id)
    if place is None or not await view_records.erase_reason(conn, record_id):
        raise NotFound("text")
    return place


@dataclass(frozen=True, slots=True)
class _Looks:
    """The looks that carry a session's reason, as they were found before the transaction in which others would wait."""

    ids: tuple[str, ...] = ()
    until: datetime | None = None
    """What began later is looked for in the transaction."""


async def _looks(office: Office, text_id: str, at: datetime) -> _Looks:
    async with office.store.read() as conn:
        place, text = await audit_texts.place(conn, text_id), await audit_texts.held(conn, text_id)
        if place is None or text is None:
            return _Looks()
        chain, seq, field, _ = place
        line = await auditing.entry(conn, chain, seq)
        if line is None or (line.object_kind, field) != GROUND:
            return _Looks()
        found = await view_records.with_reason(conn, line.object_id, text)
    return _Looks(tuple(found), at - view_records.SKEW)


async def _erase_rows(
    office: Office,
    caller: Caller,
    conn: AsyncConnection,
    erased: tuple[str, int, str, str],
    looks: _Looks,
    at: datetime,
) -> int:
    chain, seq, field, text = erased
    line = await auditing.entry(conn, chain, seq)
    if line is None:
        return 0
    if (line.object_kind, field) == GROUND:
        # the records of looks under that purpose carry it, each with a commitment that a line must answer for
        later = await view_records.with_reason(conn, line.object_id, text, since=looks.until)
        for view_id in sorted({*looks.ids, *later}):
            place = await view_records.reason_place(conn, view_id)
            if place is None or not await view_records.erase_reason(conn, view_id):
                continue  # somebody else erased it meanwhile
            who, about = caller.operator.id, ("erase_text", "view_record", view_id)
            await office.note(conn, at, who, *about, chain=place[0], seq=place[1], field=field)
    rows = await typed_rows.blank(conn, line.object_kind, line.object_id, field, text)
    if rows:
        await epochs.bump(conn, epochs.PERMISSION)  # what is kept of grants in memory holds their reasons
    return rows
