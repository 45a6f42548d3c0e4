"""Legal holds: asked for by who manages the camera, decided by another person who does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain import legal_holds as domain
from gateway.domain.actions import Action
from gateway.domain.legal_holds import HoldRefused, HoldStage, HoldState, LegalHold, SamePerson, Wish
from gateway.domain.notices import Recipient, to_operator, to_organisation
from gateway.domain.operators import Role
from gateway.services import notifying, second_factor
from gateway.services.catalogue import managed
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.hold_views import HoldView, ReceiptView, receipt_views, views_of
from gateway.services.office import Caller, Office
from gateway.storage import cameras, deletion_receipts, events, legal_holds, tickets
from gateway.storage.deletion_receipts import ReceiptQuery
from gateway.storage.paging import Page
from gateway.storage.reaching import Reach, reach


@dataclass(frozen=True, slots=True)
class HoldWish:
    """What somebody asks for: evidence of a camera, of one event or of a ticket's event."""

    reason: str
    letter: str
    ends_at: datetime
    camera_id: str | None = None
    event_id: str | None = None
    ticket_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def ask(office: Office, caller: Caller, wish: HoldWish) -> HoldView:
    """A hold that waits for a second person and protects meanwhile. Raises ``NotFound``, ``Forbidden``, ``Invalid``."""
    at = office.clock.now()
    if sum(one is not None for one in (wish.camera_id, wish.event_id, wish.ticket_id)) != 1:
        raise Invalid("say one camera, one event or one ticket", field="camera_id")
    if wish.since is not None and wish.until is not None and wish.until < wish.since:
        raise Invalid("the span ends before it begins", field="until")
    try:
        domain.check_end(wish.ends_at, at)
    except HoldRefused as problem:
        raise Invalid(str(problem), field="ends_at") from None
    async with office.store.begin() as conn:
        camera_id, event_id = await _meant(conn, wish)
        await managed(office, conn, caller, camera_id)
        since, until = (None, None) if event_id else (wish.since, wish.until)
        hold = LegalHold(
            id=office.new_id(),
            camera_id=camera_id,
            event_id=event_id,
            since=since,
            until=until,
            reason=wish.reason,
            letter=wish.letter,
            state=HoldState.ASKED,
            requested_by=caller.operator.id,
            requested_at=at,
            decided_by=None,
            decided_at=None,
            ends_at=wish.ends_at,
        )
        await legal_holds.insert(conn, hold)
        said = {"reason": wish.reason, "letter": wish.letter}
        await _note(office, conn, caller, hold, "ask_hold", said)
        told = await _tell(conn, hold, "hold_to_decide", await _deciders(conn, hold), at)
        view = (await views_of(conn, caller, [hold], at))[0]
    await notifying.ring_for(office, told)
    return view


async def read(office: Office, caller: Caller, hold_id: str) -> HoldView:
    """One hold, as far as the list would show it. Raises ``NotFound``."""
    at = office.clock.now()
    async with office.store.read() as conn:
        if Role.AUDIT_MANAGER in caller.operator.roles:
            hold = await legal_holds.get(conn, hold_id)
            if hold is None:
                raise NotFound("legal hold")
        else:
            hold = await _hold(office, conn, caller, hold_id)
        return (await views_of(conn, caller, [hold], at))[0]


async def wish_end(
    office: Office, caller: Caller, hold_id: str, wish: Wish, reason: str, ends_at: datetime | None
) -> HoldView:
    """Asks that a hold ends later, or now. Raises ``NotFound`` or ``Conflict``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        hold = await _hold(office, conn, caller, hold_id)
        try:
            after = domain.wished(hold, wish, caller.operator.id, reason, ends_at, at)
        except HoldRefused as problem:
            raise Conflict(str(problem)) from None
        await legal_holds.save(conn, after)
        await _note(office, conn, caller, after, f"ask_{wish}_hold", {"reason": reason})
        told = await _tell(conn, after, "hold_to_decide", await _deciders(conn, after), at)
        view = (await views_of(conn, caller, [after], at))[0]
    await notifying.ring_for(office, told)
    return view


async def decide(office: Office, caller: Caller, hold_id: str, *, yes: bool) -> HoldView:
    """Decides what is asked, as another person. Raises ``NotFound``, ``Forbidden``, ``Conflict`` or
    ``SecondFactorNeeded``: what is held no longer may be deleted the same day.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        hold = await _hold(office, conn, caller, hold_id)
        try:
            after = domain.decided(hold, caller.operator.id, yes, at)
        except SamePerson as problem:
            raise Forbidden(str(problem)) from None
        except HoldRefused as problem:
            raise Conflict(str(problem)) from None
        await second_factor.require(office, caller, conn)
        await legal_holds.save(conn, after)
        what = hold.wish.value or "ask"
        await _note(office, conn, caller, after, "approve_hold" if yes else "refuse_hold", what=what)
        asker = hold.wish_by or hold.requested_by
        told = await _tell(conn, after, "hold_approved" if yes else "hold_refused", [to_operator(asker)], at)
        view = (await views_of(conn, caller, [after], at))[0]
    await notifying.ring_for(office, told)
    return view


async def listed(
    office: Office, caller: Caller, stage: HoldStage | None, after: str | None, limit: int
) -> Page[HoldView]:
    """Holds on cameras the caller manages; all of them for the audit manager. Raises ``BadCursor``."""
    at = office.clock.now()
    async with office.store.read() as conn:
        scope = await _scope(office, conn, caller)
        page = await legal_holds.page(conn, scope, stage=stage, at=at, after=after, limit=limit)
        return Page(await views_of(conn, caller, page.items, at), page.next)


async def receipts(
    office: Office, caller: Caller, query: ReceiptQuery, after: str | None, limit: int
) -> Page[ReceiptView]:
    """Receipts of deletions, newest first, cut in the same way. Raises ``BadCursor``."""
    async with office.store.read() as conn:
        scope = await _scope(office, conn, caller)
        page = await deletion_receipts.page(conn, scope, query, after=after, limit=limit)
        return Page(await receipt_views(conn, page.items), page.next)


async def _scope(office: Office, conn: AsyncConnection, caller: Caller) -> Reach | None:
    if Role.AUDIT_MANAGER in caller.operator.roles:
        return None
    return await reach(conn, caller.operator, Action.MANAGE, office.clock.now())


async def _meant(conn: AsyncConnection, wish: HoldWish) -> tuple[str, str | None]:
    """The camera and the event that are meant; "" for a camera that is not there."""
    event_id = wish.event_id
    if wish.ticket_id is not None:
        ticket = await tickets.get(conn, wish.ticket_id)
        event_id = "" if ticket is None else ticket.event_id or ""
    if event_id is None:
        return wish.camera_id or "", None
    event = await events.get(conn, event_id)
    return ("", None) if event is None else (event.camera_id, event.id)


async def _hold(office: Office, conn: AsyncConnection, caller: Caller, hold_id: str) -> LegalHold:
    hold = await legal_holds.get(conn, hold_id)
    await managed(office, conn, caller, "" if hold is None else hold.camera_id, "legal hold")
    assert hold is not None
    return hold


async def _deciders(conn: AsyncConnection, hold: LegalHold) -> list[Recipient]:
    """Whom to ask: the people of the unit that owns the camera."""
    camera = await cameras.get(conn, hold.camera_id)
    return [] if camera is None else [to_organisation(camera.owner_id)]


async def _tell(
    conn: AsyncConnection, hold: LegalHold, kind: str, to: list[Recipient], at: datetime
) -> tuple[str, ...]:
    key = f"v{hold.version}"  # the same hold is asked about again and again
    return await notifying.tell(conn, at, to, kind, ("legal_hold", hold.id), key=key)


async def _note(
    office: Office,
    conn: AsyncConnection,
    caller: Caller,
    hold: LegalHold,
    action: str,
    typed: dict[str, str] | None = None,
    **detail: str,
) -> None:
    detail |= {"camera": hold.camera_id, "ends_at": hold.ends_at.isoformat()}
    at = office.clock.now()
    await office.note(conn, at, caller.operator.id, action, "legal_hold", hold.id, typed=typed, **detail)
