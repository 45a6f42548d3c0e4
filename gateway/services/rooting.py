"""Rooting: how every chain of the audit ends is signed once a day, and whenever the audit manager wants it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit import GENESIS
from gateway.domain.audit_roots import Root, SignedRoot, day_of, document
from gateway.services.errors import NotFound
from gateway.services.office import SYSTEM, Caller, Office
from gateway.storage import audit_roots
from gateway.storage.paging import Page
from gateway.storage.signing import open_signer

log = structlog.get_logger(__name__)


async def close_the_day(office: Office, at: datetime) -> None:
    """A sweep: once a day in Shanghai is over it gets its root. Days on which nothing ran get none."""
    day = day_of(at) - timedelta(days=1)
    async with office.store.read() as conn:
        if await audit_roots.closed(conn, day) or not await audit_roots.ends(conn):
            return
    try:
        async with office.store.begin() as conn:
            await audit_roots.take_turn(conn)
            if await audit_roots.closed(conn, day):
                return
            signed = await _made(office, conn, at, day, SYSTEM)
    except IntegrityError:
        return  # another gateway was faster
    log.info("the audit's root of the day was signed", day=day.isoformat(), digest=signed.digest.hex())


async def sign_now(office: Office, caller: Caller) -> SignedRoot:
    """A root over the chains as they are now; the route admits only the audit manager."""
    async with office.store.begin() as conn:
        await audit_roots.take_turn(conn)
        return await _made(office, conn, office.clock.now(), None, caller.operator.id)


async def listed(office: Office, after: str | None, limit: int) -> Page[SignedRoot]:
    """Roots, newest first."""
    async with office.store.read() as conn:
        return await audit_roots.page(conn, after=after, limit=limit)


async def read(office: Office, number: int) -> SignedRoot:
    """The root with that number. Raises ``NotFound``."""
    async with office.store.read() as conn:
        found = await audit_roots.get(conn, number)
    if found is None:
        raise NotFound("root")
    return found


async def _made(office: Office, conn: AsyncConnection, at: datetime, day: date | None, by: str) -> SignedRoot:
    signer = open_signer(office.data)
    before = await audit_roots.last(conn)
    root = Root(
        number=1 if before is None else before.root.number + 1,
        day=day,
        at=at,
        chains=await audit_roots.ends(conn),
        previous=GENESIS if before is None else before.digest,
        key=signer.public,
        algorithm=office.hashing,
    )
    written = document(root)
    signed = SignedRoot(written, signer.sign(written))
    await audit_roots.insert(conn, signed)
    digest = signed.digest.hex()
    await office.note(conn, at, by, "sign_root", "audit_root", str(root.number), digest=digest, daily=day is not None)
    return signed
