"""Requesting: asking for access to cameras of others, adding a word, asking for longer, taking the request back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain import purposes
from gateway.domain.actions import Action
from gateway.domain.cameras import CameraKind
from gateway.domain.conditions import Condition
from gateway.domain.grants import GranteeKind, permits
from gateway.domain.hours import Hours
from gateway.domain.notices import to_operator
from gateway.domain.request_states import GIVEN, PartMove, PartState, Side, step
from gateway.domain.requests import (
    ASKABLE,
    LONGEST,
    WIDEST_M,
    AccessRequest,
    RequestPart,
    RequestScope,
    ScopeKind,
    Terms,
    decide_by,
)
from gateway.services import notifying, tickets
from gateway.services.deciding_rights import deciders
from gateway.services.errors import Conflict, Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.services.request_views import RequestView, asks, seen, view_of
from gateway.services.routing import route
from gateway.storage import cameras, grants, organisations, places, request_lines, requests
from gateway.storage.request_lines import RequestLine

TEXT_MAX = 500
LETTER_MAX = 128
MOST_CAMERAS = 100
MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for. ``for_me`` asks for the asker alone, otherwise for their organisation."""

    scope: RequestScope
    actions: frozenset[Action]
    purposes: frozenset[str]
    not_after: datetime
    reason: str
    not_before: datetime | None = None
    hours: Hours | None = None
    conditions: frozenset[Condition] = frozenset()
    letter: str = ""
    ticket_id: str | None = None
    for_me: bool = False


async def ask(office: Office, caller: Caller, wish: Ask) -> RequestView:
    """Asks for access. Raises ``Invalid``, or ``NotFound`` for a camera or ticket that the caller may not know.

    A request for a place, a township, an area, an owner or a kind is answered alike whether or not anybody has a camera
    there; who has is found out afterwards.
    """
    at = office.clock.now()
    _check(caller, wish, at)
    async with office.store.begin() as conn:
        await _check_scope(conn, caller, wish.scope, at)
        if wish.ticket_id is not None:
            await tickets.seen(conn, caller, wish.ticket_id, at)
        request = _request(office, caller, wish, at)
        await _insert(office, conn, caller, request)
        told = () if request.scope.blind else await route(conn, request, at)
        view = await view_of(conn, caller, request.id, at)
    await notifying.ring_for(office, told)
    return view


async def extend(office: Office, caller: Caller, part_id: str, not_after: datetime, reason: str) -> RequestView:
    """Asks the same owner for the same access for longer. Raises ``NotFound``, ``Conflict`` or ``Invalid``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        old, part = await _asked_part(conn, caller, part_id)
        if part.state not in GIVEN or part.terms is None or part.terms.not_after <= at:
            raise Conflict("only what still holds can be extended")
        if not_after <= part.terms.not_after:
            raise Invalid("an extension ends later than before", field="not_after")
        _check_span(part.terms.not_after, not_after)
        scope = RequestScope(ScopeKind.CAMERAS, tuple(sorted(part.given)))
        request = AccessRequest(
            id=office.new_id(),
            asker_id=caller.operator.id,
            organisation_id=old.organisation_id,
            grantee_kind=old.grantee_kind,
            grantee_id=old.grantee_id,
            scope=scope,
            terms=replace(part.terms, not_before=part.terms.not_after, not_after=not_after),
            reason=_text(reason.strip() or old.reason, "reason"),
            created_at=at,
            decide_by=part.terms.not_after,
            letter=old.letter,
            ticket_id=old.ticket_id,
            extends=part.id,
        )
        await _insert(office, conn, caller, request)
        told = await route(conn, request, at)
        view = await view_of(conn, caller, request.id, at)
    await notifying.ring_for(office, told)
    return view


async def withdraw(office: Office, caller: Caller, request_id: str, reason: str) -> RequestView:
    """Takes back what is not decided yet. Raises ``NotFound`` or ``Conflict``."""
    at = office.clock.now()
    _text(reason, "reason", needed=False)
    async with office.store.begin() as conn:
        request = await requests.get(conn, request_id)
        if request is None or not asks(caller, request):
            raise NotFound("request")
        waiting = [p for p in (await requests.parts_of(conn, [request.id]))[request.id] if p.state is PartState.WAITING]
        if request.decide_by <= at or not await requests.withdraw(conn, request.id, at):
            raise Conflict("this request is over")
        told: list[str] = []
        for part in waiting:
            await requests.hold(conn, part.id)
            state = step(part.state, PartMove.WITHDRAW, Side.ASKER)
            await requests.save_part(conn, replace(part, state=state, decided_at=at, version=part.version + 1))
            people = [to_operator(one) for one in await deciders(conn, part.owner_id, at)]
            told += await notifying.tell(conn, at, people, "request_withdrawn", ("request", request.id))
        line = _line(office, caller, request.id, "withdraw", reason)
        await request_lines.append(conn, line)
        who, typed = caller.operator.id, {"reason": reason.strip()}
        await office.note(conn, at, who, "withdraw_request", "request", request.id, typed=typed)
        view = await view_of(conn, caller, request.id, at)
    await notifying.ring_for(office, told)
    return view


async def comment(office: Office, caller: Caller, request_id: str, text: str, part_id: str | None) -> RequestView:
    """Adds a word for everybody concerned, or about one part. Raises ``NotFound`` or ``Invalid``.

    What an owner says is always about its part; the asker of a blind request reads it once something was given.
    """
    at = office.clock.now()
    text = _text(text, "text")
    async with office.store.begin() as conn:
        found = await seen(conn, caller, request_id, at)
        mine = {part.id: part for part in found.parts}
        if not found.asking:
            part_id = part_id or next(iter(mine), None)
        if part_id is not None and part_id not in mine:
            raise NotFound("part")
        if not found.asking and (part_id is None or not found.deciding(mine[part_id])):
            raise NotFound("part")
        line = replace(_line(office, caller, request_id, "comment", text), part_id=part_id, from_owner=not found.asking)
        await request_lines.append(conn, line)
        who = caller.operator.id
        await office.note(conn, at, who, "comment_request", "request", request_id, typed={"text": text})
        return await view_of(conn, caller, request_id, at)


async def _insert(office: Office, conn: AsyncConnection, caller: Caller, request: AccessRequest) -> None:
    await requests.insert(conn, request)
    await request_lines.append(conn, _line(office, caller, request.id, "ask", request.reason))
    terms = request.terms
    await office.note(
        conn,
        request.created_at,
        caller.operator.id,
        "ask_access",
        "request",
        request.id,
        scope=request.scope.kind.value,
        cameras=list(request.scope.ids),
        actions=sorted(terms.actions),
        purposes=sorted(terms.purposes),
        until=terms.not_after.isoformat(),
        extends=request.extends,
        ticket=request.ticket_id,
        typed={"reason": request.reason, "letter": request.letter},
    )


async def _asked_part(conn: AsyncConnection, caller: Caller, part_id: str) -> tuple[AccessRequest, RequestPart]:
    part = await requests.part(conn, part_id)
    request = None if part is None else await requests.get(conn, part.request_id)
    if part is None or request is None or not asks(caller, request) or (request.scope.blind and not part.given):
        raise NotFound("part")
    return request, part


def _request(office: Office, caller: Caller, wish: Ask, at: datetime) -> AccessRequest:
    operator = caller.operator
    terms = Terms(
        wish.actions, wish.purposes, max(at, wish.not_before or at), wish.not_after, wish.hours, wish.conditions
    )
    return AccessRequest(
        id=office.new_id(),
        asker_id=operator.id,
        organisation_id=operator.organisation_id,
        grantee_kind=GranteeKind.OPERATOR if wish.for_me else GranteeKind.ORGANISATION,
        grantee_id=operator.id if wish.for_me else operator.organisation_id,
        scope=wish.scope,
        terms=terms,
        reason=wish.reason.strip(),
        created_at=at,
        decide_by=decide_by(at, terms),
        letter=wish.letter.strip(),
        ticket_id=wish.ticket_id,
    )


def _line(office: Office, caller: Caller, request_id: str, kind: str, text: str) -> RequestLine:
    who = caller.operator.id
    return RequestLine(office.new_id(), request_id, None, office.clock.now(), kind, who, False, text.strip())


def _check(caller: Caller, wish: Ask, at: datetime) -> None:
    _text(wish.reason, "reason")
    if len(wish.letter) > LETTER_MAX:
        raise Invalid(f"a letter's number has at most {LETTER_MAX} characters", field="letter")
    if not wish.actions or not wish.actions <= ASKABLE:
        raise Invalid("this cannot be asked for", field="actions", known=sorted(ASKABLE))
    beyond = sorted(wish.actions - caller.operator.ceiling)
    if beyond:
        raise Invalid(f"your role does not include {', '.join(beyond)}", field="actions")
    if not wish.purposes or not wish.purposes <= purposes.CODES:
        raise Invalid("say for which of the known purposes", field="purposes", known=sorted(purposes.CODES))
    begins = max(at, wish.not_before or at)
    if wish.not_after <= begins:
        raise Invalid("the access would end before it begins", field="not_after")
    _check_span(begins, wish.not_after)


def _check_span(begins: datetime, ends: datetime) -> None:
    if ends - begins > LONGEST:
        raise Invalid(f"access is asked for at most {LONGEST.days} days", field="not_after")


def _text(text: str, field: str, *, needed: bool = True) -> str:
    if needed and not text.strip():
        raise Invalid("a reason is needed" if field == "reason" else "say something", field=field)
    if len(text) > TEXT_MAX:
        raise Invalid(f"at most {TEXT_MAX} characters", field=field)
    return text.strip()


async def _check_scope(conn: AsyncConnection, caller: Caller, scope: RequestScope, at: datetime) -> None:
    match scope.kind:
        case ScopeKind.CAMERAS:
            await _check_cameras(conn, caller, scope.ids, at)
        case ScopeKind.PLACE:
            if scope.centre is None or not 0 < scope.radius_m <= WIDEST_M:
                raise Invalid(f"a place is a point and a radius of at most {WIDEST_M:.0f} m", field="radius_m")
        case ScopeKind.AREA:
            if not 3 <= len(scope.outline) <= MOST_POINTS:
                raise Invalid(f"an area's outline has 3 to {MOST_POINTS} points", field="outline")
        case ScopeKind.TOWNSHIP:
            _check_one(scope, {item.code for item in await places.every_township(conn)})
        case ScopeKind.OWNER:
            known = {item.id for item in await organisations.every(conn)}
            _check_one(scope, known - {caller.operator.organisation_id})
        case ScopeKind.KIND:
            _check_one(scope, set(CameraKind))


def _check_one(scope: RequestScope, known: set[str] | set[CameraKind]) -> None:
    if len(scope.ids) != 1 or scope.ids[0] not in known:
        raise Invalid(f"name one {scope.kind} that there is", field="ids")


async def _check_cameras(conn: AsyncConnection, caller: Caller, ids: Sequence[str], at: datetime) -> None:
    if not 1 <= len(ids) <= MOST_CAMERAS:
        raise Invalid(f"name 1 to {MOST_CAMERAS} cameras", field="ids")
    held = await grants.for_operator(conn, caller.operator, at)
    found = await cameras.many(conn, ids)
    for camera_id in ids:
        camera = found.get(camera_id)
        if camera is None or not permits(caller.operator, Action.DIRECTORY, camera.facts, held, at).allowed:
            raise NotFound("camera")
        if camera.owner_id == caller.operator.organisation_id:
            raise Invalid("your organisation owns one of these cameras: nobody has to be asked", field="ids")
