"""Exports: asking for copies of evidence, and deciding about them: never about one's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.conditions import Condition
from gateway.domain.exports import (
    Export,
    ExportItem,
    ExportMove,
    ExportPart,
    ExportState,
    PartState,
    Variant,
    moved,
    outcome,
)
from gateway.domain.grants import permits
from gateway.domain.messages import Topic
from gateway.domain.notices import to_operator, to_organisation
from gateway.domain.operators import Role
from gateway.services import notifying, second_factor, tickets
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.export_views import ExportView, Sight, sight_of, sights, view_of
from gateway.services.office import SYSTEM, Caller, Office
from gateway.storage import cameras, exports, grants
from gateway.storage.exports import Step

NEVER = frozenset({Role.VENDOR, Role.SERVICE})
"""Roles that export nothing, whatever they were granted."""
REASON_LEAST = 10
MOST_BYTES = 1 << 30
"""Bytes of evidence in one export."""
SCANNED = 500
"""Exports that one page looks through at most."""


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What is asked for: which cameras, which span, why, for whom, by which letter or ticket."""

    cameras: tuple[str, ...]
    since: datetime
    until: datetime
    variant: Variant
    reason: str
    receiver: str
    letter: str = ""
    ticket_id: str | None = None


async def ask(office: Office, caller: Caller, wish: ExportWish) -> ExportView:
    """Asks every managing unit concerned. Raises ``Forbidden``, ``NotFound`` or ``Invalid``."""
    at = office.clock.now()
    refuse_never(caller)
    _check(office, wish, at)
    async with office.store.begin() as conn:
        if wish.ticket_id is not None:
            await tickets.seen(conn, caller, wish.ticket_id, at)
        files = await _cameras(conn, caller, wish.cameras, at)
        items = await _items(office, conn, wish)
        operator = caller.operator
        export = Export(
            id=office.new_id(),
            asker_id=operator.id,
            organisation_id=operator.organisation_id,
            variant=wish.variant,
            span=(wish.since, wish.until),
            reason=wish.reason.strip(),
            receiver=wish.receiver.strip(),
            letter=wish.letter.strip(),
            ticket_id=wish.ticket_id,
            state=ExportState.REQUESTED,
            created_at=at,
        )
        parts = _parts(office, export.id, files)
        await exports.add(conn, export, parts, items)
        await touched(office, conn, caller, export, "ask")
        await office.note(
            conn,
            at,
            operator.id,
            "ask_export",
            "export",
            export.id,
            cameras=sorted(files),
            variant=export.variant.value,
            since=wish.since.isoformat(),
            until=wish.until.isoformat(),
            files=len(items),
            ticket=wish.ticket_id,
            typed={"reason": export.reason, "receiver": export.receiver, "letter": export.letter},
        )
        to = {to_organisation(part.owner_id) for part in parts}
        told = await notifying.tell(conn, at, to, "export_to_decide", ("export", export.id))
        view = await view_of(conn, caller, await sight_of(conn, caller, export.id, at))
    await notifying.ring_for(office, told)
    await office.ring(Topic.EXPORTS, export.id)
    return view


async def listed(office: Office, caller: Caller, after: str | None, limit: int) -> tuple[list[ExportView], str | None]:
    """Exports that concern the caller, newest first: asked for, to decide, or of cameras that are theirs to export."""
    at = office.clock.now()
    views: list[ExportView] = []
    async with office.store.read() as conn:
        looked = 0
        while looked < SCANNED:
            found = await exports.newest(conn, after, 100)
            looked += len(found)
            for sight in await sights(conn, caller, found, at):
                views.append(await view_of(conn, caller, sight))
                if len(views) == limit:
                    return views, sight.export.id
            if len(found) < 100:
                return views, None
            after = found[-1].id
    return views, after


async def read(office: Office, caller: Caller, export_id: str) -> ExportView:
    """An export as far as it is the caller's. Raises ``NotFound``."""
    async with office.store.read() as conn:
        return await view_of(conn, caller, await sight_of(conn, caller, export_id, office.clock.now()))


async def decide(office: Office, caller: Caller, part_id: str, export_id: str, *, yes: bool, reason: str) -> ExportView:
    """Approves or refuses one managing unit's part. Raises ``NotFound``, ``Forbidden`` (also for one's own),
    ``Conflict``, ``Invalid`` for a refusal without a reason, or ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        sight = await sight_of(conn, caller, export_id, at)
        part = next((one for one in sight.parts if one.id == part_id), None)
        if part is None:
            raise NotFound("part")
        if sight.mine:
            raise Forbidden("nobody decides about their own request for an export")
        refuse_never(caller)
        if part.id not in sight.decides:
            raise Forbidden("only another person of the managing unit decides about an export of its cameras")
        if not yes and not reason.strip():
            raise Invalid("a refusal needs a reason", field="reason")
        await second_factor.require(office, caller, conn)
        if sight.export.state is not ExportState.REQUESTED or part.state is not PartState.WAITING:
            raise Conflict("this was decided before")
        stood = sight.decides[part.id]
        whom = None if stood is None else stood.id
        state = PartState.APPROVED if yes else PartState.REFUSED
        decided = replace(part, state=state, reason=reason.strip(), decided_at=at, decided_by=caller.operator.id)
        decided = replace(decided, decided_for=whom)
        await exports.save_part(conn, decided)
        verb = "approve" if yes else "refuse"
        await touched(office, conn, caller, sight.export, verb, part.owner_id)
        typed = {"reason": decided.reason} if decided.reason else None
        detail = {"owner": part.owner_id} | ({} if whom is None else {"stands_in_for": whom})
        await office.note(conn, at, caller.operator.id, f"{verb}_export", "export", export_id, typed=typed, **detail)
        told = await _settle(office, conn, sight.export, at)
        view = await view_of(conn, caller, await sight_of(conn, caller, export_id, at))
    await notifying.ring_for(office, told)
    await office.ring(Topic.EXPORTS, export_id)
    return view


async def withdraw(office: Office, caller: Caller, export_id: str) -> ExportView:
    """Takes a request back before it was packed. Raises ``NotFound``, ``Forbidden`` or ``IllegalExport``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        sight = await sight_of(conn, caller, export_id, at)
        if not sight.mine:
            raise Forbidden("only who asked for an export takes it back")
        await saved(conn, sight.export, ExportMove.WITHDRAW)
        await touched(office, conn, caller, sight.export, "withdraw")
        await office.note(conn, at, caller.operator.id, "withdraw_export", "export", export_id)
        view = await view_of(conn, caller, await sight_of(conn, caller, export_id, at))
    await office.ring(Topic.EXPORTS, export_id)
    return view


async def saved(conn: AsyncConnection, export: Export, move: ExportMove, **changes: object) -> Export:
    """Writes the moved export. Raises ``IllegalExport`` or ``Stale``."""
    changed = replace(export, state=moved(export.state, move), version=export.version + 1, **changes)  # type: ignore[arg-type]
    await exports.save(conn, changed)
    return changed


async def touched(
    office: Office, conn: AsyncConnection, caller: Caller | None, export: Export, kind: str, owner_id: str | None = None
) -> None:
    """Appends to the custody list."""
    who = SYSTEM if caller is None else caller.operator.id
    await exports.step(conn, Step(office.new_id(), export.id, office.clock.now(), kind, who, owner_id))


def refuse_never(caller: Caller) -> None:
    """Returns if the caller's roles may have to do with exports at all. Raises ``Forbidden``."""
    if caller.operator.roles & NEVER:
        raise Forbidden("your role exports nothing")


async def _settle(office: Office, conn: AsyncConnection, export: Export, at: datetime) -> tuple[str, ...]:
    """Moves the request once every part is decided; returns the notices."""
    parts = (await exports.parts_of(conn, [export.id]))[export.id]
    move = outcome(tuple(part.state for part in parts))
    if move is None:
        return ()
    if move is ExportMove.APPROVE:
        await saved(conn, export, move, approved_at=at, expires_at=at + office.exports.lasts)
    else:
        await saved(conn, export, move)
    return await notifying.tell(conn, at, [to_operator(export.asker_id)], f"export_{move.value}", ("export", export.id))


def _check(office: Office, wish: ExportWish, at: datetime) -> None:
    caps = office.exports
    if len(wish.reason.strip()) < REASON_LEAST:
        raise Invalid(f"an export needs a reason of at least {REASON_LEAST} characters", field="reason")
    if not wish.receiver.strip():
        raise Invalid("say who receives the export", field="receiver")
    if not wish.letter.strip() and wish.ticket_id is None:
        raise Invalid("an export needs the number of a letter or a ticket", field="letter")
    if not timedelta(0) < wish.until - wish.since <= caps.span:
        raise Invalid(f"an export spans at most {caps.span.total_seconds() / 3600:g} hours", field="until")
    if wish.since >= at:
        raise Invalid("the span has not begun", field="since")
    if not 1 <= len(wish.cameras) <= caps.cameras:
        raise Invalid(f"name 1 to {caps.cameras} cameras", field="cameras")


async def _cameras(conn: AsyncConnection, caller: Caller, ids: tuple[str, ...], at: datetime) -> dict[str, Camera]:
    held = await grants.for_operator(conn, caller.operator, at)
    found = await cameras.many(conn, ids)
    for camera_id in ids:
        camera = found.get(camera_id)
        decision = None if camera is None else permits(caller.operator, Action.SEE_EVENTS, camera.facts, held, at)
        if decision is None or not decision.allowed:
            raise NotFound("camera")
        if Condition.MASKED_ONLY in decision.conditions:
            raise Forbidden(
                "this camera may be shown only with its privacy masks, and it has none: ask its managing unit for the "
                "recording",
                condition=Condition.MASKED_ONLY.value,
            )
    return found


async def _items(office: Office, conn: AsyncConnection, wish: ExportWish) -> list[ExportItem]:
    found = await exports.held_evidence(conn, wish.cameras, wish.since, wish.until, office.exports.files)
    if wish.variant is Variant.PUBLIC:
        found = [item for item in found if item.kind == "still"]
    if not found:
        raise Invalid("the gateway holds no evidence of these cameras in this span", field="since")
    if len(found) > office.exports.files or sum(item.bytes for item in found) > MOST_BYTES:
        raise Invalid("this is more than one export holds: ask for a shorter span or fewer cameras", field="until")
    return found


def _parts(office: Office, export_id: str, files: dict[str, Camera]) -> list[ExportPart]:
    by_owner: dict[str, list[str]] = {}
    for camera in files.values():
        by_owner.setdefault(camera.owner_id, []).append(camera.id)
    return [
        ExportPart(office.new_id(), export_id, owner, PartState.WAITING, tuple(sorted(ids)))
        for owner, ids in sorted(by_owner.items())
    ]


__all__ = ["ExportWish", "Sight", "ask", "decide", "listed", "read", "refuse_never", "saved", "touched", "withdraw"]
