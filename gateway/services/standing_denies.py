"""Standing denies: nobody takes a camera out of a deny's reach by editing its file, or by adding its device anew.

A deny speaks of cameras by what their files say: id, kind, place, owner, maintainer. Who keeps the file is often the
one who is denied. So what a deny rests on is changed by those alone who could end the deny.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import CameraFacts, reaches
from gateway.services.coverage import covers
from gateway.services.errors import Forbidden
from gateway.services.office import Caller
from gateway.services.pointing import EVERYTHING
from gateway.storage import cameras, grants

RESTS = "a deny rests on this camera as it is filed: only who may share every camera may change that"
DEVICE = "a deny rests on the device at this address: only who may share every camera may add it or point to it"


async def check_change(
    conn: AsyncConnection, caller: Caller, before: CameraFacts, after: CameraFacts, at: datetime, *, moves: bool = False
) -> None:
    """Raises ``Forbidden`` if a deny that reaches the camera would not any more, for who may not share every camera.

    With ``moves`` the file gets another address, and any deny forbids it: the old one would be free to be added anew.
    """
    if before == after and not moves:
        return
    denies = [deny for deny in await grants.denies(conn, at) if reaches(deny, before)]
    if any(moves or not reaches(deny, after) for deny in denies) and not await _may_deny(conn, caller, at):
        raise Forbidden(RESTS)


async def check_device(conn: AsyncConnection, caller: Caller, host: str, facts: CameraFacts, at: datetime) -> None:
    """Raises ``Forbidden`` if a camera at that address is denied by what would not reach this one.

    A host is a device: paths and ports lead to the same pictures in more than one way.
    """
    denies = await grants.denies(conn, at)
    if not denies:
        return
    there = [one for one, where in (await cameras.hosts(conn)).items() if _same(where, host) and one != facts.id]
    for other in (await cameras.many(conn, there)).values():
        lost = any(reaches(deny, other.facts) and not reaches(deny, facts) for deny in denies)
        if lost and not await _may_deny(conn, caller, at):
            raise Forbidden(DEVICE, field="host")


def _same(one: str, other: str) -> bool:
    return one.casefold().rstrip(".") == other.casefold().rstrip(".")


async def _may_deny(conn: AsyncConnection, caller: Caller, at: datetime) -> bool:
    held = await grants.for_operator(conn, caller.operator, at)
    return covers(held, caller.operator, Action.SHARE, EVERYTHING, at)
