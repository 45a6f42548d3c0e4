"""Deciding: an owner approves, narrows or refuses its part of a request; the holder gives it back early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import TargetKind
from gateway.domain.hours import Hours
from gateway.domain.messages import Topic
from gateway.domain.notices import to_operator
from gateway.domain.operators import Role
from gateway.domain.request_states import IllegalStep, PartMove, PartState, Side, step
from gateway.domain.requests import AccessRequest, RequestPart, Terms, is_narrower
from gateway.services import notifying, onward_giving, second_factor, sharing
from gateway.services.deciding_rights import Right, rights_of
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.services.reasons import check_reason
from gateway.services.request_views import RequestView, Seen, asks, listed, seen, view_of, views_of
from gateway.storage import grants, request_lines, requests
from gateway.storage.request_lines import RequestLine
from gateway.storage.versioned import Stale


@dataclass(frozen=True, slots=True)
class Answer:
    """What an owner gives of what was asked; None leaves it as it was asked."""

    version: int
    cameras: frozenset[str] | None = None
    actions: frozenset[Action] | None = None
    purposes: frozenset[str] | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    hours: Hours | None = None
    conditions: frozenset[Condition] | None = None
    reason: str = ""


async def approve(office: Office, caller: Caller, part_id: str, answer: Answer) -> RequestView:
    """Gives the part, or less of it. Raises ``NotFound``, ``Forbidden``, ``Conflict``, ``Invalid`` or ``Stale``, and
    ``SecondFactorNeeded`` for more than a single camera.

    Nobody gives more than was asked, nor more than they hold themselves.
    """
    at = office.clock.now()
    check_reason(answer.reason, needed=False)
    async with office.store.begin() as conn:
        found, part, right = await _decided(conn, caller, part_id, answer.version, at)
        request = found.request
        terms = _terms(request, answer, at)
        wanted = frozenset(part.cameras) if answer.cameras is None else answer.cameras
        if not wanted or not wanted <= frozenset(part.cameras):
            raise Invalid("choose cameras that were asked for", field="cameras")
        if len(wanted) > 1:
            await second_factor.require(office, caller, conn)  # as for a grant on more than a camera
        less = is_narrower(replace(part, decided_at=at), request.terms, wanted, terms)
        move = PartMove.NARROW if less else PartMove.APPROVE
        given = await _give(office, conn, caller, right, request, sorted(wanted), terms, answer.reason, at)
        after = replace(
            part,
            state=_step(part, move, answer.reason),
            given=given,
            terms=terms,
            reason=answer.reason.strip(),
            decided_at=at,
            decided_by=caller.operator.id,
            decided_for=right.for_id,
            version=part.version + 1,
        )
        told = await _settle(office, conn, caller, right, request, after, move, at)
        view = await view_of(conn, caller, request.id, at)
    ids = tuple(given.values())
    await office.ring(Topic.PERMISSIONS, *ids)
    await office.ring(Topic.GRANTS, *ids)
    await notifying.ring_for(office, told)
    return view


async def refuse(office: Office, caller: Caller, part_id: str, version: int, reason: str) -> RequestView:
    """Refuses the part. Raises ``NotFound``, ``Forbidden``, ``Conflict``, ``Invalid`` or ``Stale``.

    The asker of a blind request is not told: it would confirm that there is a camera.
    """
    at = office.clock.now()
    check_reason(reason, needed=True)
    async with office.store.begin() as conn:
        found, part, right = await _decided(conn, caller, part_id, version, at)
        after = replace(
            part,
            state=_step(part, PartMove.REFUSE, reason),
            reason=reason.strip(),
            decided_at=at,
            decided_by=caller.operator.id,
            decided_for=right.for_id,
            version=part.version + 1,
        )
        told = await _settle(office, conn, caller, right, found.request, after, PartMove.REFUSE, at)
        view = await view_of(conn, caller, found.request.id, at)
    await notifying.ring_for(office, told)
    return view


async def give_back(office: Office, caller: Caller, part_id: str, reason: str) -> RequestView:
    """The holder ends what they hold before its time. Raises ``NotFound`` or ``Conflict``."""
    at = office.clock.now()
    check_reason(reason, needed=False)
    async with office.store.begin() as conn:
        await requests.hold(conn, part_id)
        part = await requests.part(conn, part_id)
        request = None if part is None else await requests.get(conn, part.request_id)
        if part is None or request is None or not asks(caller, request) or (request.scope.blind and not part.given):
            raise NotFound("part")
        who, ids = caller.operator.id, tuple(part.given.values())
        state = _move(part, PartMove.RETURN, Side.ASKER, reason)
        why = reason.strip() or "归还 / given back"
        for grant_id in ids:
            if await grants.revoke(conn, grant_id, at, who, why):
                await office.note(conn, at, who, "return_grant", "grant", grant_id, typed={"reason": reason.strip()})
        onward, heard = await onward_giving.end(office, conn, who, ids, at)
        await requests.save_part(conn, replace(part, state=state, version=part.version + 1))
        line = RequestLine(office.new_id(), request.id, part.id, at, PartMove.RETURN, who, False, reason.strip())
        await request_lines.append(conn, line)
        await office.note(conn, at, who, "return_access", "request", request.id, part=part.id, owner=part.owner_id)
        people = () if part.decided_by is None else (to_operator(part.decided_by),)
        told = await notifying.tell(conn, at, people, "access_returned", ("request", request.id), key=part.id)
        view = await view_of(conn, caller, request.id, at)
    await office.ring(Topic.PERMISSIONS, *ids, *onward)
    await office.ring(Topic.GRANTS, *ids, *onward)
    await notifying.ring_for(office, (*told, *heard))
    return view


async def mine(office: Office, caller: Caller, after: str | None, limit: int) -> tuple[list[RequestView], str | None]:
    """What the caller and colleagues asked for, newest first; for the audit manager what anybody did."""
    at = office.clock.now()
    home = None if Role.AUDIT_MANAGER in caller.operator.roles else caller.operator.organisation_id
    async with office.store.read() as conn:
        page = await requests.of_organisation(conn, home, after=after, limit=limit)
        found = [item for item in page.items if home is None or asks(caller, item)]
        return await listed(conn, caller, found, at), page.next


async def inbox(
    office: Office, caller: Caller, *, waiting: bool | None, after: str | None, limit: int
) -> tuple[list[RequestView], str | None]:
    """The parts about which the caller may decide, newest first, each as a request cut to that part."""
    at = office.clock.now()
    async with office.store.read() as conn:
        rights = await rights_of(conn, caller, at)
        page = await requests.inbox(conn, rights.owners, waiting=waiting, after=after, limit=limit)
        found = await requests.many(conn, [part.request_id for part in page.items])
        cut = [
            Seen(found[part.request_id], False, False, (part,), rights)
            for part in page.items
            if rights.over(found[part.request_id], part.owner_id) is not None
        ]
        return await views_of(conn, caller, cut, at, {}), page.next


async def one(office: Office, caller: Caller, request_id: str) -> RequestView:
    """The request with its trail. Raises ``NotFound``."""
    async with office.store.read() as conn:
        return await view_of(conn, caller, request_id, office.clock.now())


async def _decided(
    conn: AsyncConnection, caller: Caller, part_id: str, version: int, at: datetime
) -> tuple[Seen, RequestPart, Right]:
    await requests.hold(conn, part_id)
    part = await requests.part(conn, part_id)
    if part is None:
        raise NotFound("part")
    try:
        found = await seen(conn, caller, part.request_id, at)
    except NotFound:
        raise NotFound("part") from None
    if part.id not in {item.id for item in found.parts} or (found.asking and part.owner_id not in found.rights.owners):
        raise NotFound("part")
    right = found.rights.over(found.request, part.owner_id)
    if right is None:
        raise Forbidden("nobody decides what they or their organisation asked for")
    if part.version != version:
        raise Stale
    if part.state is not PartState.WAITING or found.request.decide_by <= at:
        raise Conflict("this part of the request was decided, taken back, or its time is over")
    return found, part, right


def _terms(request: AccessRequest, answer: Answer, at: datetime) -> Terms:
    asked = request.terms
    terms = Terms(
        actions=asked.actions if answer.actions is None else answer.actions,
        purposes=asked.purposes if answer.purposes is None else answer.purposes,
        not_before=max(at, asked.not_before, answer.not_before or asked.not_before),
        not_after=answer.not_after or asked.not_after,
        hours=answer.hours or asked.hours,
        conditions=asked.conditions | (answer.conditions or frozenset()),
    )
    if not terms.actions or not terms.purposes or not terms.within(asked):
        raise Invalid("an owner gives no more than was asked for")
    if terms.not_after <= terms.not_before:
        raise Invalid("the access would end before it begins", field="not_after")
    return terms


async def _give(
    office: Office,
    conn: AsyncConnection,
    caller: Caller,
    right: Right,
    request: AccessRequest,
    wanted: Sequence[str],
    terms: Terms,
    reason: str,
    at: datetime,
) -> dict[str, str]:
    """A grant for each camera, by the rules of sharing and the right of whoever decides; by camera."""
    giver = replace(caller, operator=right.holder)
    given: dict[str, str] = {}
    for camera_id in wanted:
        wish = sharing.Wish(
            grantee_kind=request.grantee_kind,
            grantee_id=request.grantee_id,
            target_kind=TargetKind.CAMERA,
            target_id=camera_id,
            actions=terms.actions,
            reason=reason.strip() or request.reason,
            purposes=terms.purposes,
            not_before=terms.not_before,
            not_after=terms.not_after,
            hours=terms.hours,
            conditions=terms.conditions,
        )
        grant = await sharing.given(office, conn, giver, wish, at, by=caller.operator.id)
        given[camera_id] = grant.id
    return given


async def _settle(
    office: Office,
    conn: AsyncConnection,
    caller: Caller,
    right: Right,
    request: AccessRequest,
    after: RequestPart,
    move: PartMove,
    at: datetime,
) -> tuple[str, ...]:
    """Writes the decided part, its line, the audit, and tells the asker what they may know."""
    await requests.save_part(conn, after)
    who = caller.operator.id
    line = RequestLine(office.new_id(), request.id, after.id, at, move, who, True, after.reason, right.for_id)
    await request_lines.append(conn, line)
    await office.note(
        conn,
        at,
        who,
        f"{move}_access",
        "request",
        request.id,
        part=after.id,
        owner=after.owner_id,
        stands_in_for=right.for_id,
        grants=sorted(after.given.values()),
        typed={"reason": after.reason},
    )
    if request.scope.blind and move is PartMove.REFUSE:
        return ()
    about = ("request", request.id)
    kind = {PartMove.APPROVE: "request_approved", PartMove.NARROW: "request_narrowed"}.get(move, "request_refused")
    count = len(after.given) or len(after.cameras)
    return await notifying.tell(conn, at, [to_operator(request.asker_id)], kind, about, key=after.id, cameras=count)


def _step(part: RequestPart, move: PartMove, why: str) -> PartState:
    return _move(part, move, Side.OWNER, why)


def _move(part: RequestPart, move: PartMove, side: Side, why: str) -> PartState:
    try:
        return step(part.state, move, side, why)
    except IllegalStep as problem:
        raise Conflict(str(problem)) from None
