"""Erasing: a text that somebody typed leaves the audit because the law says so; the chain still proves the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.services.errors import NotFound
from gateway.services.office import Caller, Office
from gateway.services.reasons import check_reason
from gateway.storage import audit_texts, auditing, operators
from gateway.storage.auditing import AuditQuery
from gateway.storage.paging import Page


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
        line = None if place is None else await auditing.entry(conn, place[0], place[1])
        if place is None or line is None:
            raise NotFound("text")
        chain, seq, field, erased_at = place
        holds = await auditing.holds(conn, chain, seq)
    return TextRecord(text_id, chain, seq, field, line.action, line.at, erased_at, holds)


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
    """Erases the text and its salt, and writes down who did it and why. Raises ``NotFound`` or ``Invalid``.

    The system manager does it on a written order that names the text by its id, without being shown the audit.
    """
    check_reason(reason)
    at = office.clock.now()
    async with office.store.begin() as conn:
        erased = await audit_texts.erase(conn, text_id, at, caller.operator.id)
        if erased is None:
            raise NotFound("text")
        chain, seq, field = erased
        await office.note(
            conn,
            at,
            caller.operator.id,
            "erase_text",
            "audit_text",
            text_id,
            typed={"reason": reason.strip()},
            chain=chain,
            seq=seq,
            field=field,
        )
