"""What time does to requests: undecided ones lapse, access begins, is about to end and ends; all of it by sweeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.notices import to_operator
from gateway.domain.request_states import PartMove, PartState, Side, step
from gateway.domain.requests import AccessRequest, RequestPart, Standing, standing
from gateway.services import notifying
from gateway.services.office import SYSTEM, Office
from gateway.storage import grants, request_lines, requests
from gateway.storage.request_lines import RequestLine

REMINDERS = (("24h", timedelta(hours=24)), ("1h", timedelta(hours=1)))
"""How long before its end holder and owner are reminded of an access; not if it is shorter than that."""

TAKEN_BACK = "revoke_one"
"""The line of a request that says that one of several cameras was taken back; which one is its text."""

LOOK_BACK = timedelta(days=1)
"""How far back a sweep looks for what began or closed: gateways may have stood still for a while."""


async def lapse(office: Office, at: datetime) -> None:
    """A sweep: parts that nobody decided in time lapse, and askers hear of requests that nobody answered.

    A blind request that nobody answered and one for a place without a camera are told in the same words at one time.
    """
    async with office.store.read() as conn:
        late = await requests.overdue(conn, at)
        closed = await requests.closed(conn, at - LOOK_BACK, at)
    for part in late:
        await _move(office, part, PartMove.LAPSE, at)
    if not closed:
        return
    told: list[str] = []
    async with office.store.begin() as conn:
        parts = await requests.parts_of(conn, [request.id for request in closed])
        for request in closed:
            if standing(request, tuple(parts.get(request.id, ())), at) is Standing.NO_ANSWER:
                told += await _tell_asker(conn, request, "request_no_answer", at)
    await notifying.ring_for(office, told)


async def begin(office: Office, at: datetime) -> None:
    """A sweep: the asker hears that an access which was to begin later has begun."""
    async with office.store.read() as conn:
        began = await requests.started(conn, at - LOOK_BACK, at)
    if not began:
        return
    async with office.store.begin() as conn:
        found = await requests.many(conn, [part.request_id for part in began])
        told: list[str] = []
        for part in began:
            told += await _tell_asker(conn, found[part.request_id], "access_started", at, part, cameras=len(part.given))
    await notifying.ring_for(office, told)


async def remind(office: Office, at: datetime) -> None:
    """A sweep: holder and owner hear some time before an access ends."""
    async with office.store.read() as conn:
        due = [(key, ahead, await requests.ending(conn, at, at + ahead)) for key, ahead in REMINDERS]
    if not any(soon for _, _, soon in due):
        return
    told: list[str] = []
    async with office.store.begin() as conn:
        for key, ahead, soon in due:
            found = await requests.many(conn, [part.request_id for part in soon])
            for part in soon:
                told += await _remind(conn, found[part.request_id], part, key, ahead, at)
    await notifying.ring_for(office, told)


async def end(office: Office, at: datetime) -> None:
    """A sweep: what was given is over. The grants have ended by themselves; here the request says so."""
    async with office.store.read() as conn:
        over = await requests.ended(conn, at)
    for part in over:
        await _move(office, part, PartMove.END, at)


async def after_revocation(
    office: Office, conn: AsyncConnection, who: str, grant_id: str, at: datetime
) -> tuple[str, ...]:
    """Tells the asker whose request gave the grant; a part of which nothing is left is revoked. Ids of the notices."""
    part = await requests.with_grant(conn, grant_id)
    request = None if part is None else await requests.get(conn, part.request_id)
    if part is None or request is None:
        return ()
    left = [one for one in part.given.values() if not await _is_revoked(conn, one)]
    if not left and (part.state is PartState.APPROVED or part.state is PartState.NARROWED):
        await _written(office, conn, part, PartMove.REVOKE, who, at)
    elif left:
        camera = next(camera for camera, grant in part.given.items() if grant == grant_id)
        line = RequestLine(office.new_id(), request.id, part.id, at, TAKEN_BACK, who, True, camera)
        await request_lines.append(conn, line)
    return await _tell_asker(conn, request, "access_revoked", at, part, key=grant_id, left=len(left))


async def _is_revoked(conn: AsyncConnection, grant_id: str) -> bool:
    record = await grants.get(conn, grant_id)
    return record is None or record.grant.revoked_at is not None


async def _move(office: Office, part: RequestPart, move: PartMove, at: datetime) -> None:
    """Moves the part if it still stands where it was, and tells whom it concerns."""
    told: tuple[str, ...] = ()
    async with office.store.begin() as conn:
        await requests.hold(conn, part.id)
        now = await requests.part(conn, part.id)
        request = await requests.get(conn, part.request_id)
        if now is None or request is None or now.version != part.version:
            return
        await _written(office, conn, now, move, SYSTEM, at)
        if move is PartMove.END:
            told = await _tell_asker(conn, request, "access_ended", at, part, cameras=len(part.given))
    await notifying.ring_for(office, told)


async def _written(
    office: Office, conn: AsyncConnection, part: RequestPart, move: PartMove, who: str, at: datetime
) -> None:
    state = step(part.state, move, Side.SYSTEM)
    await requests.save_part(conn, replace(part, state=state, version=part.version + 1))
    line = RequestLine(office.new_id(), part.request_id, part.id, at, move, who, move is PartMove.REVOKE, "")
    await request_lines.append(conn, line)
    await office.note(conn, at, who, f"{move}_access", "request", part.request_id, part=part.id, owner=part.owner_id)


async def _remind(
    conn: AsyncConnection, request: AccessRequest, part: RequestPart, key: str, ahead: timedelta, at: datetime
) -> tuple[str, ...]:
    assert part.terms is not None
    if part.terms.not_after - max(part.terms.not_before, part.decided_at or part.terms.not_before) <= ahead:
        return ()
    people = [to_operator(request.asker_id)]
    if part.decided_by is not None:
        people.append(to_operator(part.decided_by))
    about, until = ("request", request.id), part.terms.not_after.isoformat()
    return await notifying.tell(
        conn, at, people, "access_ending", about, key=f"{part.id}/{key}", cameras=len(part.given), until=until
    )


async def _tell_asker(
    conn: AsyncConnection,
    request: AccessRequest,
    kind: str,
    at: datetime,
    part: RequestPart | None = None,
    *,
    key: str = "",
    **detail: int,
) -> tuple[str, ...]:
    key = key or ("" if part is None else part.id)
    return await notifying.tell(
        conn, at, [to_operator(request.asker_id)], kind, ("request", request.id), key=key, **detail
    )
