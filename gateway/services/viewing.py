"""Viewing: a look at a camera is permitted, recorded before its first byte, asked again, and ended when it must be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Hold
from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.conditions import Condition
from gateway.domain.grants import Grant, permits
from gateway.domain.messages import Topic
from gateway.domain.operators import Operator
from gateway.domain.purposes import CODES, SHIFT_PURPOSE
from gateway.ports import Unavailable
from gateway.services.errors import Forbidden, Invalid, Locked, NotFound, NotSignedIn, SecondFactorNeeded
from gateway.services.leasing import Lease, ViewingTally, Wish
from gateway.services.office import Caller, Office
from gateway.storage import cameras, epochs, grants, sessions, view_records
from gateway.storage.sessions import Session
from gateway.storage.view_records import Closing, ViewRecord

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""How often the permission epoch is read: revocation holds with the doorbell down."""
HEARTBEAT = timedelta(seconds=15)
"""How often running records are written to, which also proves that they can be."""
PATIENCE_SECONDS = 5.0
"""How long a check or a write may take: a database that hangs must not keep pictures running."""
UNPROVEN = timedelta(seconds=45)
"""After so long without a successful write or check every running view ends."""
HINDRANCES = {
    Condition.MASKED_ONLY: "this camera may be shown only with its privacy masks, and it has none",
    Condition.SUB_ONLY: "your grant gives the sub stream of this camera, not the main one",
}
"""Why a picture is not shown although a grant gives it."""
MAX_LEASES = 2000
MAX_CLOSINGS = 10_000


class Viewing:
    """Opens, watches over and ends views. ``run`` must run while any view does."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._leases: dict[str, Lease] = {}
        self._closings: dict[str, Closing] = {}
        self._stir = asyncio.Event()
        now = office.clock.now()
        self._checked_at = self._written_at = now
        self.tally = ViewingTally()

    @property
    def running(self) -> tuple[Lease, ...]:
        """Views that run now on this gateway."""
        return tuple(self._leases.values())

    @property
    def waiting_closings(self) -> int:
        """Ended views whose record is not yet closed."""
        return len(self._closings)

    @asynccontextmanager
    async def open(self, caller: Caller, wish: Wish) -> AsyncIterator[Lease]:
        """A view for the length of the block; its record is committed before the block begins.

        Raises ``NotFound``, ``Forbidden`` or ``Invalid``, and ``Unavailable`` if the record cannot be written.
        """
        lease = await self._begin(caller, wish)
        result = "failed"
        try:
            yield lease
            result = lease.code or "done"
        except asyncio.CancelledError:
            result = lease.code or "cut"
            raise
        finally:
            self._leases.pop(lease.view_id, None)
            lease.over.set()
            self.tally.ended[result] = self.tally.ended.get(result, 0) + 1
            self._note_end(lease, result)

    async def _begin(self, caller: Caller, wish: Wish) -> Lease:
        if caller.hold is Hold.SECOND_FACTOR:
            raise SecondFactorNeeded(enrolled=False)
        if len(self._leases) >= MAX_LEASES:
            raise Unavailable("this gateway serves as many views as it can")
        try:
            lease = await self._recorded(caller, wish)
        except (SQLAlchemyError, OSError) as problem:
            self.tally.failures += 1
            log.error("a view record could not be written", problem=str(problem))
            raise Unavailable("the view record cannot be written, so no picture is shown") from problem
        except (NotFound, Forbidden, Invalid, NotSignedIn, Locked):
            self.tally.refused += 1
            raise
        self.tally.opened += 1
        self._leases[lease.view_id] = lease
        return lease

    async def _recorded(self, caller: Caller, wish: Wish) -> Lease:
        """Asks permission and writes the record in one transaction; the epoch is read first, so nothing is missed."""
        async with self._office.store.begin() as conn:
            epoch = await epochs.get(conn, epochs.PERMISSION)
            at = self._office.clock.now()
            purpose = wish.purpose or caller.purpose or SHIFT_PURPOSE
            live = await sessions.live_by_id(conn, caller.session_id, at)
            if live is None:
                raise NotSignedIn
            session, operator = live
            if caller.hold is Hold.LOCKED:
                await self._refuse_new(conn, session, wish, at)
            camera = await cameras.get(conn, wish.camera_id)
            # Read before it is known whether there is such a camera: the time of an answer tells nothing.
            given = await grants.for_operator(conn, operator, at)
            if camera is None:
                raise NotFound("camera")
            decision = permits(operator, wish.action, camera.facts, given, at, purpose)
            self.tally.checks += 1
            if decision.grant_id is None or not decision.allowed:
                if permits(operator, Action.DIRECTORY, camera.facts, given, at).allowed:
                    raise Forbidden("you may not do this with this camera for this purpose")
                raise NotFound("camera")
            if not camera.served:
                raise Forbidden("this camera is not in service")
            if purpose not in CODES:
                raise Invalid("this is not one of the purposes", field="purpose")
            hindrance = wish.hindered_by(decision.conditions)
            if hindrance is not None:
                raise Forbidden(HINDRANCES[hindrance], condition=hindrance.value)
            record = self._record(caller, wish, camera, purpose, decision.grant_id, at)
            await view_records.insert(conn, record)
        until = _earlier(_earlier(decision.until, session.expires_at), operator.valid_until)
        return Lease(record.id, caller, camera, wish, purpose, epoch, until, decision.conditions)

    async def _refuse_new(self, conn: AsyncConnection, session: Session, wish: Wish, at: datetime) -> None:
        """Returns if the locked session was showing this very camera when it was locked: a wall that lost a picture
        gets it back. Raises ``Locked`` for anything new.
        """
        since = session.locked_since(at, self._office.rules.idle)
        if since is None or wish.action is not Action.VIEW_LIVE:
            raise Locked
        if not await view_records.ran_at(conn, session.id, wish.camera_id, wish.action.value, since):
            raise Locked

    def _record(
        self, caller: Caller, wish: Wish, camera: Camera, purpose: str, grant_id: str, at: datetime
    ) -> ViewRecord:
        return ViewRecord(
            id=self._office.new_id(),
            operator_id=caller.operator.id,
            organisation_id=caller.operator.organisation_id,
            session_id=caller.session_id,
            camera_id=camera.id,
            action=wish.action.value,
            stream="" if wish.stream is None else wish.stream.value,
            transport=wish.transport,
            purpose=purpose,
            reason=wish.reason[:1000],
            ticket_id=wish.ticket_id,
            grant_id=grant_id,
            remote=caller.remote[:64],
            gateway_id=self._office.gateway_id,
            started_at=at,
        )

    def _note_end(self, lease: Lease, result: str) -> None:
        if len(self._closings) >= MAX_CLOSINGS:
            self.tally.unclosed_dropped += 1
            return
        self._closings[lease.view_id] = Closing(lease.view_id, self._office.clock.now(), lease.bytes, result)
        self._stir.set()

    async def run(self) -> None:
        """Re-checks running views on every ring and every second, and writes their records, until cancelled."""
        async with self._office.store.begin() as conn:
            await view_records.close_left_open(conn, self._office.gateway_id, self._office.clock.now())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen())
                group.create_task(self._tick())
                while True:
                    await self._stir.wait()
                    self._stir.clear()
                    await self._look_after()
        finally:
            for lease in self.running:
                lease.end("unavailable", "the gateway is stopping")
            await self._write(force=True)

    async def _listen(self) -> None:
        async with self._office.bus.subscribe() as messages:
            async for message in messages:
                if message.topic in (Topic.PERMISSIONS, Topic.GRANTS):
                    self._stir.set()

    async def _tick(self) -> None:
        while True:
            await self._office.clock.sleep(POLL_SECONDS)
            self._stir.set()

    async def _look_after(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._check()
        except (SQLAlchemyError, OSError) as problem:
            self.tally.failures += 1
            log.error("running views could not be checked", problem=str(problem))
        await self._write()
        now = self._office.clock.now()
        if now - min(self._checked_at, self._written_at) > UNPROVEN:
            for lease in self.running:
                lease.end("unavailable", "view records cannot be written any more")

    async def _check(self) -> None:
        """Asks again for every view whose permission may have changed since it was last asked."""
        if not self._leases:
            self._checked_at = self._office.clock.now()
            return
        async with self._office.store.read() as conn:
            epoch = await epochs.get(conn, epochs.PERMISSION)
            now = self._office.clock.now()
            due: dict[str, list[Lease]] = {}
            for lease in self.running:
                if lease.epoch != epoch or (lease.until is not None and lease.until <= now):
                    due.setdefault(lease.caller.session_id, []).append(lease)
            for session_id, leases in due.items():
                live = await sessions.live_by_id(conn, session_id, now)
                if live is None:
                    _end_all(leases, "signed_out", "you were signed out")
                    continue
                session, operator = live
                given = await grants.for_operator(conn, operator, now)
                files = await cameras.many(conn, [lease.camera.id for lease in leases])
                for lease in leases:
                    self._ask_again(lease, operator, files, given, now, epoch)
                    lease.until = _earlier(_earlier(lease.until, session.expires_at), operator.valid_until)
        self._checked_at = now

    def _ask_again(
        self,
        lease: Lease,
        operator: Operator,
        files: dict[str, Camera],
        given: Sequence[Grant],
        now: datetime,
        epoch: int,
    ) -> None:
        self.tally.checks += 1
        camera = files.get(lease.camera.id)
        if camera is None:
            lease.end("not_found", "the camera was removed")
            return
        if not camera.served:
            lease.end("out_of_service", "the camera was taken out of service")
            return
        decision = permits(operator, lease.wish.action, camera.facts, given, now, lease.purpose)
        bound = decision.conditions - lease.conditions
        if decision.allowed and not bound:
            lease.until, lease.epoch = decision.until, epoch
        elif decision.allowed:
            # the viewer was not told of these, so it cannot keep them: it may open anew
            lease.end("revoked", "the picture may be shown only under other conditions now: open it again")
        elif lease.until is not None and lease.until <= now:
            lease.end("expired", "the time for which you were permitted to watch is over")
        else:
            lease.end("revoked", "the permission to watch was taken back")

    async def _write(self, force: bool = False) -> None:
        """Closes the records of ended views and, now and then, writes to those of running ones."""
        now = self._office.clock.now()
        beat = force or (bool(self._leases) and now - self._written_at >= HEARTBEAT)
        closings = list(self._closings.values())
        if not closings and not beat:
            if not self._leases:
                self._written_at = now
            return
        running = [(lease.view_id, lease.bytes) for lease in self.running] if beat else []
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._office.store.begin() as conn:
                await view_records.close(conn, closings)
                await view_records.progress(conn, running)
        except (SQLAlchemyError, OSError) as problem:
            self.tally.failures += 1
            log.error("view records could not be written", problem=str(problem))
            return
        self._written_at = now
        for closing in closings:
            self._closings.pop(closing.id, None)


def _end_all(leases: Iterable[Lease], code: str, message: str) -> None:
    for lease in leases:
        lease.end(code, message)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
