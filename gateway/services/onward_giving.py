"""Onward giving: what somebody gave by the strength of what they had been given themselves ends with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.grants import Grant, GranteeKind
from gateway.domain.messages import Topic
from gateway.domain.notices import Recipient, to_operator, to_organisation
from gateway.services import notifying
from gateway.services.office import SYSTEM, Office
from gateway.services.request_times import after_revocation
from gateway.storage import grants, requests

WHY = "所依据的授权已结束 / the grant that it was given by is over"


async def end(
    office: Office, conn: AsyncConnection, who: str, over: Iterable[str], at: datetime
) -> tuple[list[str], list[str]]:
    """Ends what was given by the strength of these grants, and by that again, in the caller's transaction.

    Returns the ids of what ended and of the notices that tell of it, for the doorbell. It comes to an end: a grant
    leans only on older ones.
    """
    ended: list[str] = []
    told: list[str] = []
    waiting = deque(over)
    while waiting:
        source = waiting.popleft()
        for grant_id in await grants.leaning_on(conn, source, at):
            heard = await _end_one(office, conn, who, grant_id, source, at)
            if heard is not None:
                ended.append(grant_id)
                told += heard
                waiting.append(grant_id)
    return ended, told


async def sweep(office: Office, at: datetime) -> None:
    """A sweep: ends what leans on a grant that ran out, or whose holder's account is disabled or over.

    It also finds what was given onward in the very moment in which its source was revoked.
    """
    async with office.store.read() as conn:
        if not await grants.left_over(conn, at):
            return
    ended: list[str] = []
    told: list[str] = []
    async with office.store.begin() as conn:
        for grant_id, source in await grants.left_over(conn, at):
            heard = await _end_one(office, conn, SYSTEM, grant_id, source, at)
            if heard is not None:
                ended.append(grant_id)
                told += heard
        more, also = await end(office, conn, SYSTEM, list(ended), at)
    await office.ring(Topic.PERMISSIONS, *ended, *more)
    await office.ring(Topic.GRANTS, *ended, *more)
    await notifying.ring_for(office, [*told, *also])


async def _end_one(
    office: Office, conn: AsyncConnection, who: str, grant_id: str, source: str, at: datetime
) -> list[str] | None:
    """Ends the grant; ids of the notices, None if it was over before."""
    await requests.hold_with_grant(conn, grant_id)
    if not await grants.revoke(conn, grant_id, at, who, WHY):
        return None
    await office.note(conn, at, who, "revoke_grant", "grant", grant_id, source=source)
    record = await grants.get(conn, grant_id)
    assert record is not None
    told = await after_revocation(office, conn, who, grant_id, at)
    about = ("grant", grant_id)
    return [*told, *await notifying.tell(conn, at, _concerned(record.grant), "onward_ended", about)]


def _concerned(grant: Grant) -> list[Recipient]:
    """Who gave it, and whom it was given to if that is a person or an organisation."""
    people = [to_operator(grant.granted_by)]
    match grant.grantee_kind:
        case GranteeKind.OPERATOR:
            people.append(to_operator(grant.grantee_id))
        case GranteeKind.ORGANISATION:
            people.append(to_organisation(grant.grantee_id))
        case _:
            pass
    return people
