"""Requests for access in the database, with their parts and the cameras and grants of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.request_states import GIVEN, PartState
from gateway.domain.requests import AccessRequest, RequestPart
from gateway.storage.paging import Page, bounded, cursor, cut, position
from gateway.storage.request_rows import part_from, request_from, request_row, terms_row
from gateway.storage.tables import access_requests, request_cameras, request_parts
from gateway.storage.upserting import chunks
from gateway.storage.versioned import overwrite

ORDER = "requests"
INBOX = "request-parts"
_GIVEN = sorted(state.value for state in GIVEN)


async def insert(connection: AsyncConnection, item: AccessRequest) -> None:
    """Adds a request, without parts."""
    await connection.execute(access_requests.insert().values(request_row(item)))


async def get(connection: AsyncConnection, request_id: str) -> AccessRequest | None:
    """The request with that id; asks nobody's permission."""
    statement = select(access_requests).where(access_requests.c.id == request_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else request_from(row)


async def many(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, AccessRequest]:
    """The requests with those ids, by id."""
    found: dict[str, AccessRequest] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        statement = select(access_requests).where(access_requests.c.id.in_(chunk))
        found |= {row["id"]: request_from(row) for row in (await connection.execute(statement)).mappings()}
    return found


async def of_organisation(
    connection: AsyncConnection, organisation_id: str | None, *, after: str | None = None, limit: int = 50
) -> Page[AccessRequest]:
    """One page of what an organisation's people asked for, or anybody's with None, newest first."""
    limit = bounded(limit)
    statement = select(access_requests).order_by(access_requests.c.id.desc()).limit(limit + 1)
    if organisation_id is not None:
        statement = statement.where(access_requests.c.organisation_id == organisation_id)
    if after is not None:
        (last,) = position(after, ORDER, str)
        statement = statement.where(access_requests.c.id < last)
    items = [request_from(row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor(ORDER, last.id))


async def unrouted(connection: AsyncConnection, limit: int = 100) -> list[AccessRequest]:
    """Requests that were not yet routed to owners, oldest first."""
    statement = select(access_requests).where(access_requests.c.routed_at.is_(None))
    rows = (await connection.execute(statement.order_by(access_requests.c.id).limit(limit))).mappings()
    return [request_from(row) for row in rows]


async def closed(connection: AsyncConnection, since: datetime, until: datetime) -> list[AccessRequest]:
    """Requests whose time to decide ended in that span (the first moment not included, the last one included)."""
    statement = select(access_requests).where(access_requests.c.decide_by > since, access_requests.c.decide_by <= until)
    return [request_from(row) for row in (await connection.execute(statement)).mappings()]


async def note_routed(connection: AsyncConnection, request_id: str, at: datetime) -> bool:
    """Notes that the request has its parts; False if somebody else was faster."""
    statement = update(access_requests).where(access_requests.c.id == request_id, access_requests.c.routed_at.is_(None))
    return (await connection.execute(statement.values(routed_at=at))).rowcount == 1


async def withdraw(connection: AsyncConnection, request_id: str, at: datetime) -> bool:
    """Notes that the asker took the request back; False if it was taken back before."""
    statement = (
        update(access_requests)
        .where(access_requests.c.id == request_id, access_requests.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at, version=access_requests.c.version + 1)
    )
    return (await connection.execute(statement)).rowcount == 1


async def insert_part(connection: AsyncConnection, part: RequestPart, decide_by: datetime) -> None:
    """Adds an owner's part with its cameras."""
    values = {
        "id": part.id,
        "request_id": part.request_id,
        "owner_id": part.owner_id,
        "state": part.state.value,
        "decide_by": decide_by,
        "reason": part.reason,
        **terms_row(part.terms),
    }
    await connection.execute(request_parts.insert().values(values))
    rows = [{"part_id": part.id, "camera_id": camera} for camera in part.cameras]
    await connection.execute(request_cameras.insert(), rows)


async def save_part(connection: AsyncConnection, part: RequestPart) -> None:
    """Writes a moved part and the grants it gave. Raises ``Stale`` if somebody else moved it meanwhile."""
    values = {
        "state": part.state.value,
        "reason": part.reason,
        "decided_at": part.decided_at,
        "decided_by": part.decided_by,
        "decided_for": part.decided_for,
        "version": part.version,
        **terms_row(part.terms),
    }
    await overwrite(connection, request_parts, part.id, part.version - 1, values)
    for camera, grant in part.given.items():
        here = (request_cameras.c.part_id == part.id, request_cameras.c.camera_id == camera)
        await connection.execute(update(request_cameras).where(*here).values(grant_id=grant))


async def hold(connection: AsyncConnection, part_id: str) -> None:
    """Keeps others from moving the part until the transaction is over; taken before anything else is written.

    Two who decide at once would otherwise wait for each other: one holds the audit chain, the other the part.
    """
    await connection.execute(select(request_parts.c.id).where(request_parts.c.id == part_id).with_for_update())


async def hold_with_grant(connection: AsyncConnection, grant_id: str) -> None:
    """The same for the part that gave a grant, if one did."""
    part_id = await connection.scalar(select(request_cameras.c.part_id).where(request_cameras.c.grant_id == grant_id))
    if part_id is not None:
        await hold(connection, part_id)


async def part(connection: AsyncConnection, part_id: str) -> RequestPart | None:
    """The part with that id; asks nobody's permission."""
    found = await _parts(connection, request_parts.c.id == part_id)
    return found[0] if found else None


async def parts_of(connection: AsyncConnection, request_ids: Collection[str]) -> dict[str, list[RequestPart]]:
    """The parts of those requests, by request, in the order of owners."""
    found: dict[str, list[RequestPart]] = defaultdict(list)
    for chunk in chunks(request_ids):
        for item in await _parts(connection, request_parts.c.request_id.in_(chunk)):
            found[item.request_id].append(item)
    return found


async def inbox(
    connection: AsyncConnection,
    owners: Collection[str] | None,
    *,
    waiting: bool | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[RequestPart]:
    """One page of the parts of some owners (None: all), newest first; ``waiting`` keeps the undecided or the others."""
    limit = bounded(limit)
    ways: list[ColumnElement[bool]] = []
    if owners is not None:
        ways.append(request_parts.c.owner_id.in_(sorted(owners)))
    if waiting is not None:
        is_waiting = request_parts.c.state == PartState.WAITING.value
        ways.append(is_waiting if waiting else ~is_waiting)
    if after is not None:
        (last,) = position(after, INBOX, str)
        ways.append(request_parts.c.id < last)
    statement = select(request_parts.c.id).where(*ways).order_by(request_parts.c.id.desc()).limit(limit + 1)
    ids = list((await connection.scalars(statement)).all())
    items = await _parts(connection, request_parts.c.id.in_(ids[:limit]))
    items.sort(key=lambda item: item.id, reverse=True)
    return Page(items, cursor(INBOX, ids[limit - 1]) if len(ids) > limit else None)


async def overdue(connection: AsyncConnection, at: datetime) -> list[RequestPart]:
    """Parts that nobody decided in time."""
    late = (request_parts.c.state == PartState.WAITING.value, request_parts.c.decide_by <= at)
    return await _parts(connection, *late)


async def started(connection: AsyncConnection, after: datetime, until: datetime) -> list[RequestPart]:
    """Given parts that began in that span, and were decided before."""
    began = (request_parts.c.not_before > after, request_parts.c.not_before <= until)
    early = request_parts.c.decided_at < request_parts.c.not_before
    return await _parts(connection, request_parts.c.state.in_(_GIVEN), early, *began)


async def ending(connection: AsyncConnection, after: datetime, until: datetime) -> list[RequestPart]:
    """Given parts whose time ends in that span (the first moment not included, the last one included)."""
    soon = (request_parts.c.not_after > after, request_parts.c.not_after <= until)
    return await _parts(connection, request_parts.c.state.in_(_GIVEN), *soon)


async def ended(connection: AsyncConnection, at: datetime) -> list[RequestPart]:
    """Given parts whose time is over."""
    return await _parts(connection, request_parts.c.state.in_(_GIVEN), request_parts.c.not_after <= at)


async def with_grant(connection: AsyncConnection, grant_id: str) -> RequestPart | None:
    """The part that gave the grant, None if it came from no request."""
    part_id = await connection.scalar(
        select(request_cameras.c.part_id).where(request_cameras.c.grant_id == grant_id).limit(1)
    )
    return None if part_id is None else await part(connection, part_id)


async def _parts(connection: AsyncConnection, *ways: ColumnElement[bool]) -> list[RequestPart]:
    statement = select(request_parts).where(*ways).order_by(request_parts.c.owner_id, request_parts.c.id)
    rows = (await connection.execute(statement)).mappings().all()
    cameras: dict[str, dict[str, str | None]] = defaultdict(dict)
    for chunk in chunks(row["id"] for row in rows):
        inside = (
            select(request_cameras).where(request_cameras.c.part_id.in_(chunk)).order_by(request_cameras.c.camera_id)
        )
        for row in (await connection.execute(inside)).mappings():
            cameras[row["part_id"]][row["camera_id"]] = row["grant_id"]
    return [part_from(row, cameras[row["id"]]) for row in rows]
