"""Routing: which owners have cameras where somebody asks for them, and a part of the request for each.

A blind request is routed after its asker was answered: neither the answer nor its time tells whether there is a camera.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.geometry import EARTH_RADIUS_M, bounds, contains, distance_m
from gateway.domain.notices import to_operator
from gateway.domain.request_states import PartState
from gateway.domain.requests import AccessRequest, RequestPart, RequestScope, ScopeKind
from gateway.services import notifying
from gateway.services.deciding_rights import deciders
from gateway.services.office import Office, new_id
from gateway.storage import requests
from gateway.storage.tables import cameras
from gateway.storage.upserting import chunks

MAX_CAMERAS = 200
"""Cameras of one owner in one request; of more, those with the lowest ids."""

_METRES_PER_DEGREE = EARTH_RADIUS_M * 3.14159265 / 180


async def route_waiting(office: Office, at: datetime) -> None:
    """A sweep: gives every request that is not routed yet its parts, and tells those who may decide."""
    async with office.store.read() as conn:
        waiting = await requests.unrouted(conn)
    for request in waiting:
        async with office.store.begin() as conn:
            told = await route(conn, request, at)
        await notifying.ring_for(office, told)


async def route(conn: AsyncConnection, request: AccessRequest, at: datetime) -> tuple[str, ...]:
    """Makes the request's parts in the caller's transaction, once; returns the ids of the notices told."""
    if not await requests.note_routed(conn, request.id, at) or request.withdrawn_at is not None:
        return ()
    told: list[str] = []
    for owner_id, found in sorted((await _coverage(conn, request)).items()):
        part = RequestPart(new_id(at), request.id, owner_id, PartState.WAITING, tuple(sorted(found)[:MAX_CAMERAS]))
        await requests.insert_part(conn, part, request.decide_by)
        people = [to_operator(person) for person in await deciders(conn, owner_id, at) if person != request.asker_id]
        until = request.decide_by.isoformat()
        about = ("request", request.id)
        told += await notifying.tell(conn, at, people, "request_to_decide", about, cameras=len(found), until=until)
    return tuple(told)


async def _coverage(conn: AsyncConnection, request: AccessRequest) -> dict[str, list[str]]:
    """The cameras asked for by owner, without those of the asking organisation."""
    scope = request.scope
    if scope.kind is ScopeKind.CAMERAS:
        return await _by_owner(conn, scope.ids)
    columns = (cameras.c.id, cameras.c.owner_id, cameras.c.longitude, cameras.c.latitude)
    statement = select(*columns).where(cameras.c.enabled, cameras.c.owner_id != request.organisation_id, *_where(scope))
    found: dict[str, list[str]] = defaultdict(list)
    for row in await conn.execute(statement):
        if _inside(scope, (row.longitude, row.latitude)):
            found[row.owner_id].append(row.id)
    return found


async def _by_owner(conn: AsyncConnection, ids: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for chunk in chunks(ids):
        for row in await conn.execute(select(cameras.c.id, cameras.c.owner_id).where(cameras.c.id.in_(chunk))):
            found[row.owner_id].append(row.id)
    return found


def _where(scope: RequestScope) -> list[ColumnElement[bool]]:
    match scope.kind:
        case ScopeKind.TOWNSHIP:
            return [cameras.c.township_code == scope.ids[0]]
        case ScopeKind.OWNER:
            return [cameras.c.owner_id == scope.ids[0]]
        case ScopeKind.KIND:
            return [cameras.c.kind == scope.ids[0]]
        case ScopeKind.AREA:
            box = bounds(scope.outline)
            return [
                cameras.c.longitude.between(box.min_longitude, box.max_longitude),
                cameras.c.latitude.between(box.min_latitude, box.max_latitude),
            ]
        case _:
            assert scope.centre is not None
            height = scope.radius_m / _METRES_PER_DEGREE
            return [cameras.c.latitude.between(scope.centre[1] - height, scope.centre[1] + height)]


def _inside(scope: RequestScope, point: tuple[float, float]) -> bool:
    if scope.kind is ScopeKind.PLACE:
        assert scope.centre is not None
        return distance_m(scope.centre, point) <= scope.radius_m
    return contains(scope.outline, point) if scope.kind is ScopeKind.AREA else True
