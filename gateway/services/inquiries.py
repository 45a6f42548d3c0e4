"""Inquiries of citizens: taken in, identified, consented to, appointed, answered or refused, and erased by law."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.deadlines import SHANGHAI
from gateway.domain.inquiries import (
    ENDED,
    LONGEST_SPAN,
    MOST_CAMERAS,
    REPLY_WITHIN,
    AskerKind,
    Capacity,
    IdentityDocument,
    Inquiry,
    InquiryMove,
    InquiryState,
    NotForYou,
    RelationProof,
    step,
)
from gateway.domain.notices import Recipient, to_operator, to_organisation
from gateway.domain.operators import ROLE_ACTIONS
from gateway.services import notifying, second_factor
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.inquiry_views import (
    STAFF,
    Eyes,
    InquirySummary,
    InquiryView,
    Sight,
    sight_of,
    sights,
    summaries,
    view_of,
)
from gateway.services.office import Caller, Office
from gateway.storage import audit_texts, cameras, inquiries
from gateway.storage.cameras import CameraFile
from gateway.storage.inquiries import ERASE, TAKE, InquiryStep
from gateway.storage.versioned import Stale

Which = Literal["open", "overdue", "ended"]
WHY_LEAST = 4
SCANNED = 500
"""Inquiries that one page looks through at most."""


@dataclass(frozen=True, slots=True)
class InquiryWish:
    """What a citizen says: who they are to the matter, how to reach them, where and when it was, why, which cameras."""

    asker: AskerKind
    name: str
    contact: str
    place: str
    why: str
    since: datetime
    until: datetime
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moving:
    """An inquiry that is being moved, in one transaction."""

    office: Office
    conn: AsyncConnection
    caller: Caller
    at: datetime
    sight: Sight


async def take(office: Office, caller: Caller, wish: InquiryWish) -> InquiryView:
    """Takes an inquiry in and tells the managing unit. Raises ``NotFound``, ``Forbidden`` or ``Invalid``."""
    at = office.clock.now()
    _check(wish, at)
    async with office.store.begin() as conn:
        files = {file.camera.id: file for file in await cameras.files(conn, wish.cameras)}
        owner = await _owner(conn, caller, wish, files, at)
        number = _number(at)
        while await inquiries.is_taken(conn, number):
            number = _number(at)
        inquiry = Inquiry(
            id=office.new_id(),
            number=number,
            state=InquiryState.TAKEN,
            asker=wish.asker,
            name=wish.name.strip(),
            contact=wish.contact.strip(),
            place=wish.place.strip(),
            why=wish.why.strip(),
            since=wish.since,
            until=wish.until,
            owner_id=owner,
            cameras=tuple(sorted(files)),
            taken_by=caller.operator.id,
            organisation_id=caller.operator.organisation_id,
            taken_at=at,
            due_at=at + REPLY_WITHIN,
        )
        await inquiries.insert(conn, inquiry)
        sight = await sight_of(conn, caller, inquiry.id, at)
        typed = {name: getattr(inquiry, name) for name in ("name", "contact", "place", "why")}
        detail = {"asker": inquiry.asker.value, "cameras": sorted(files), "due_at": inquiry.due_at.isoformat()}
        span = {"since": inquiry.since.isoformat(), "until": inquiry.until.isoformat()}
        moving = Moving(office, conn, caller, at, sight)
        await told(moving, inquiry, TAKE, "", detail | span | {"number": number}, typed)
        about = ("inquiry", inquiry.id)
        notices = await notifying.tell(conn, at, _deciders(owner), "inquiry_taken", about, number=number)
        view = await view_of(conn, caller, sight, at)
    await notifying.ring_for(office, notices)
    return view


async def listed(
    office: Office, caller: Caller, which: Which | None, after: str | None, limit: int
) -> tuple[list[InquirySummary], str | None]:
    """Inquiries that the caller may know, newest first; ``overdue`` are those that still wait for their reply."""
    at = office.clock.now()
    found: list[Sight] = []
    async with office.store.read() as conn:
        eyes = await Eyes.of(conn, caller.operator, at)
        looked = 0
        while looked < SCANNED:
            rows = await inquiries.newest(conn, after, 100, eyes.only)
            looked += len(rows)
            for sight in await sights(conn, eyes, [row for row in rows if _fits(row, which, at)]):
                found.append(sight)
                if len(found) == limit:
                    return await summaries(conn, caller, found, at), sight.inquiry.id
            if len(rows) < 100:
                return await summaries(conn, caller, found, at), None
            after = rows[-1].id
        return await summaries(conn, caller, found, at), after


async def read(office: Office, caller: Caller, inquiry_id: str) -> InquiryView:
    """An inquiry that the caller may know. Raises ``NotFound``."""
    at = office.clock.now()
    async with office.store.read() as conn:
        return await view_of(conn, caller, await sight_of(conn, caller, inquiry_id, at), at)


async def identify(
    office: Office,
    caller: Caller,
    inquiry_id: str,
    version: int,
    document: IdentityDocument,
    relation: RelationProof | None,
) -> InquiryView:
    """Notes which kind of document was shown, and how kin or a guardian proved it; no number is kept.

    Raises ``NotFound``, ``IllegalInquiry``, ``Stale``, or ``Invalid``.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        moving = await begun(office, conn, caller, inquiry_id, version, at)
        if moving.sight.inquiry.asker is AskerKind.PERSON:
            relation = None
        elif relation is None:
            raise Invalid("kin and guardians show what proves it", field="relation")
        detail = {"document": document.value} | ({} if relation is None else {"relation": relation.value})
        return await moved(moving, InquiryMove.IDENTIFY, detail=detail)


async def consent(
    office: Office, caller: Caller, inquiry_id: str, version: int, *, yes: bool, reason: str
) -> InquiryView:
    """The managing unit consents or says no. Raises ``NotFound``, ``Forbidden``, ``IllegalInquiry`` or ``Stale``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        moving = await begun(office, conn, caller, inquiry_id, version, at)
        view = await moved(moving, InquiryMove.CONSENT if yes else InquiryMove.DECLINE, reason)
        taker, kind = moving.sight.inquiry.taken_by, "inquiry_consented" if yes else "inquiry_declined"
        about = ("inquiry", inquiry_id)
        notices = await notifying.tell(conn, at, [to_operator(taker)], kind, about, number=view.number)
    await notifying.ring_for(office, notices)
    return view


async def appoint(
    office: Office, caller: Caller, inquiry_id: str, version: int, when: datetime, place: str
) -> InquiryView:
    """Says when and where it will be shown. Raises ``NotFound``, ``IllegalInquiry``, ``Stale`` or ``Invalid``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        moving = await begun(office, conn, caller, inquiry_id, version, at)
        if not at <= when <= at + timedelta(days=90):
            raise Invalid("an appointment lies in the future, within ninety days", field="when")
        if not place.strip():
            raise Invalid("say where it will be shown", field="place")
        detail = {"when": when.isoformat()}
        changes = {"appointed_at": when, "appointed_place": place.strip()}
        return await moved(moving, InquiryMove.APPOINT, place.strip(), detail=detail, changes=changes)


async def answer(office: Office, caller: Caller, inquiry_id: str, version: int, text: str) -> InquiryView:
    """Gives the reply after the look. Raises ``NotFound``, ``IllegalInquiry`` or ``Stale``."""
    return await _ended(office, caller, inquiry_id, version, InquiryMove.ANSWER, text)


async def refuse(office: Office, caller: Caller, inquiry_id: str, version: int, reason: str) -> InquiryView:
    """Refuses with the reason, which is the reply. Raises ``NotFound``, ``IllegalInquiry`` or ``Stale``."""
    return await _ended(office, caller, inquiry_id, version, InquiryMove.REFUSE, reason)


async def withdraw(office: Office, caller: Caller, inquiry_id: str, version: int, reason: str) -> InquiryView:
    """Notes that whoever asked takes it back. Raises ``NotFound``, ``IllegalInquiry`` or ``Stale``."""
    return await _ended(office, caller, inquiry_id, version, InquiryMove.WITHDRAW, reason)


async def erase(office: Office, caller: Caller, inquiry_id: str, reason: str) -> InquiryView:
    """Erases what was typed into an inquiry that has ended, also from beside the audit, whose chain still proves the
    rest: that somebody asked, who dealt with it, what was shown, and when it was answered.

    Raises ``NotFound``, ``Forbidden``, ``Conflict``, ``Invalid`` or ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        sight = await sight_of(conn, caller, inquiry_id, at)
        inquiry = sight.inquiry
        if Capacity.UNIT not in sight.capacities:
            raise Forbidden("the managing unit of the cameras erases what was typed")
        if inquiry.state not in ENDED:
            raise Conflict("an inquiry that goes on still needs its words")
        if inquiry.erased_at is not None:
            raise Conflict("its words were erased before")
        await second_factor.require(office, caller, conn)
        if len(reason.strip()) < WHY_LEAST:
            raise Invalid("say on which ground the words are erased", field="reason")
        for text_id in await inquiries.texts_of(conn, inquiry_id):
            erased = await audit_texts.erase(conn, text_id, at, caller.operator.id)
            if erased is not None:
                about: dict[str, Any] = dict(zip(("chain", "seq", "field"), erased, strict=True))
                await office.note(conn, at, caller.operator.id, "erase_text", "audit_text", text_id, **about)
        await inquiries.forget_words(conn, inquiry_id)
        empty = dict.fromkeys(("name", "contact", "place", "why", "reply", "appointed_place"), "")
        after = replace(inquiry, **empty, erased_at=at, version=inquiry.version + 1)  # type: ignore[arg-type]
        await inquiries.save(conn, after)
        moving = Moving(office, conn, caller, at, sight)
        await told(moving, after, ERASE, reason.strip(), {}, {"reason": reason.strip()})
        return await view_of(conn, caller, await sight_of(conn, caller, inquiry_id, at), at)


async def begun(
    office: Office, conn: AsyncConnection, caller: Caller, inquiry_id: str, version: int, at: datetime
) -> Moving:
    """The inquiry that is to be moved, as it was read. Raises ``NotFound`` or ``Stale``."""
    sight = await sight_of(conn, caller, inquiry_id, at)
    if sight.inquiry.version != version:
        raise Stale
    return Moving(office, conn, caller, at, sight)


async def moved(
    moving: Moving,
    move: InquiryMove,
    why: str = "",
    *,
    detail: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> InquiryView:
    """The inquiry after the move, written down. Raises ``Forbidden``, ``IllegalInquiry`` or ``Stale``."""
    inquiry, caller = moving.sight.inquiry, moving.caller
    took_it = caller.operator.id == inquiry.taken_by
    try:
        to = step(inquiry.state, move, moving.sight.capacities, took_it=took_it, why=why)
    except NotForYou as problem:
        raise Forbidden(str(problem)) from None
    ended: dict[str, Any] = {"ended_at": moving.at} if to in ENDED else {}
    if to in (InquiryState.ANSWERED, InquiryState.REFUSED):
        ended["reply"] = why.strip()
    after = replace(inquiry, state=to, version=inquiry.version + 1, **ended, **(changes or {}))
    await inquiries.save(moving.conn, after)
    await told(moving, after, move.value, why.strip(), dict(detail or {}), {"why": why.strip()})
    sight = await sight_of(moving.conn, caller, inquiry.id, moving.at)
    return await view_of(moving.conn, caller, sight, moving.at)


async def told(
    moving: Moving, inquiry: Inquiry, move: str, why: str, detail: dict[str, Any], typed: Mapping[str, str]
) -> None:
    """Appends to the inquiry's history and to the audit; what was typed goes beside the chain."""
    office, conn, operator = moving.office, moving.conn, moving.caller.operator
    line = InquiryStep(
        inquiry_id=inquiry.id,
        seq=inquiry.version,
        at=moving.at,
        operator_id=operator.id,
        organisation_id=operator.organisation_id,
        move=move,
        to_state=inquiry.state.value,
        why=why,
        detail=detail,
    )
    await inquiries.add_step(conn, line)
    about: dict[str, Any] = detail | {"state": inquiry.state.value}
    await office.note(conn, moving.at, operator.id, f"{move}_inquiry", "inquiry", inquiry.id, typed=typed, **about)


async def _ended(
    office: Office, caller: Caller, inquiry_id: str, version: int, move: InquiryMove, words: str
) -> InquiryView:
    at = office.clock.now()
    async with office.store.begin() as conn:
        moving = await begun(office, conn, caller, inquiry_id, version, at)
        return await moved(moving, move, words)


async def _owner(
    conn: AsyncConnection, caller: Caller, wish: InquiryWish, files: dict[str, CameraFile], at: datetime
) -> str:
    """The one managing unit of the cameras, with which the caller has to do. Raises ``NotFound`` or ``Invalid``."""
    eyes = await Eyes.of(conn, caller.operator, at)
    for camera_id in wish.cameras:
        file = files.get(camera_id)
        if file is None or Capacity.DESK not in eyes.capacities(file.camera.owner_id, [file]):
            raise NotFound("camera")
    owners = {file.camera.owner_id for file in files.values()}
    if len(owners) > 1:
        raise Invalid("the cameras belong to several managing units: take in one inquiry for each", field="cameras")
    return owners.pop()


def _check(wish: InquiryWish, at: datetime) -> None:
    needed = (("name", wish.name, 1), ("contact", wish.contact, 1), ("place", wish.place, 1))
    for field, text, least in (*needed, ("why", wish.why, WHY_LEAST)):
        if len(text.strip()) < least:
            raise Invalid(f"an inquiry needs its {field}", field=field)
    if not timedelta(0) < wish.until - wish.since <= LONGEST_SPAN:
        raise Invalid(f"the span lasts at most {LONGEST_SPAN.total_seconds() / 3600:g} hours", field="until")
    if wish.until > at:
        raise Invalid("the span has not passed yet", field="until")
    if not 1 <= len(wish.cameras) <= MOST_CAMERAS:
        raise Invalid(f"name 1 to {MOST_CAMERAS} cameras", field="cameras")


def _deciders(owner: str) -> list[Recipient]:
    """Those of the unit who may manage cameras at all: nobody else is told."""
    return [to_organisation(owner, role) for role in sorted(STAFF) if Action.MANAGE in ROLE_ACTIONS[role]]


def _fits(inquiry: Inquiry, which: Which | None, at: datetime) -> bool:
    match which:
        case None:
            return True
        case "open":
            return inquiry.state not in ENDED
        case "overdue":
            return inquiry.state not in ENDED and inquiry.overdue(at)
        case "ended":
            return inquiry.state in ENDED


def _number(at: datetime) -> str:
    """Random, so that no number tells how many citizens asked."""
    return f"CX{at.astimezone(SHANGHAI):%Y%m%d}-{secrets.randbelow(10**6):06d}"
