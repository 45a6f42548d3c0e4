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
from gateway.domain.grants import Grant
from gateway.domain.messages import Topic
from gateway.domain.operators import Operator
from gateway.domain.view_proofs import together
from gateway.ports import Unavailable
from gateway.services.emergency_masks import decide
from gateway.services.errors import Failed, Forbidden, Invalid, Locked, NotFound, NotSignedIn, SecondFactorNeeded
from gateway.services.gathering import Gathering
from gateway.services.leasing import Lease, ViewingTally, Wish
from gateway.services.office import SYSTEM, Caller, Office
from gateway.services.permitting import Judge, Permitted, earlier, grounded
from gateway.services.walls import Walls
from gateway.storage import cameras, epochs, grants, oversight, sessions, view_records
from gateway.storage.view_records import Closing, ViewRecord

MARKED = "marked"
"""What a view record names as the stream where the viewer's name was burned into it."""

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""How often the permission epoch is read: revocation holds with the doorbell down."""
HEARTBEAT = timedelta(seconds=15)
"""How often running records are written to, which also proves that they can be."""
PATIENCE_SECONDS = 5.0
"""How long a check or a write may take: a database that hangs must not keep pictures running."""
UNPROVEN = timedelta(seconds=45)
"""After so long without a successful write or check every running view ends."""
MAX_LEASES = 2000
MAX_CLOSINGS = 10_000


Asked = tuple[Caller, Wish]


class Viewing:
    """Opens, watches over and ends views. ``run`` must run while any view does."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._leases: dict[str, Lease] = {}
        self._closings: dict[str, Closing] = {}
        self._stir = asyncio.Event()
        self._walls = Walls(office.new_id)
        self._gathering: Gathering[Asked, Lease] = Gathering(self._record_all)
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
        lease = await self._begin(caller, grounded(caller, wish))
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
            lease = await self._gathering.add((caller, wish))
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

    async def _record_all(self, asked: Sequence[Asked]) -> list[Lease | Exception]:
        """Asks permission for each and writes all records and their line of the audit in one transaction.

        The epoch is read first, so nothing is missed; sessions and grants are read once, however many views they open.
        """
        async with self._office.store.begin() as conn:
            epoch = await epochs.get(conn, epochs.PERMISSION)
            at = self._office.clock.now()
            judge = Judge(conn, at, self._office.rules.idle)
            # Read before it is known whether there are such cameras: the time of an answer tells nothing.
            files = await cameras.many(conn, [wish.camera_id for _, wish in asked])
            found: list[Lease | Exception] = []
            records: list[ViewRecord] = []
            for caller, wish in asked:
                try:
                    said = await judge.permitted(caller, wish, files.get(wish.camera_id))
                except Failed as refusal:
                    found.append(refusal)
                    continue
                record = self._record(caller, wish, said, at)
                records.append(record)
                until, bound, marked = said.until, said.conditions, said.marked
                found.append(Lease(record.id, caller, said.camera, wish, said.purpose, epoch, until, bound, marked))
            self.tally.checks += len(asked)
            if records:
                begun = view_records.sealed(records)
                count = len(records)
                line = await self._office.note(
                    conn, at, SYSTEM, "begin_views", "views", "", count=count, digest=begun.digest
                )
                await view_records.begin(conn, begun, line)
                await oversight.note_uses(conn, [record.grant_id for record in records], at)
            if refused := sum(isinstance(one, Forbidden | NotFound) for one in found):
                await self._office.note(conn, at, SYSTEM, "refuse_views", "views", "", count=refused)
        return found

    def _record(self, caller: Caller, wish: Wish, said: Permitted, at: datetime) -> ViewRecord:
        return ViewRecord(
            id=self._office.new_id(),
            operator_id=caller.operator.id,
            organisation_id=caller.operator.organisation_id,
            session_id=caller.session_id,
            camera_id=said.camera.id,
            action=wish.action.value,
            stream=MARKED if said.marked else "" if wish.stream is None else wish.stream.value,
            transport=wish.transport,
            purpose=said.purpose,
            reason=wish.reason[:1000],
            ticket_id=wish.ticket_id,
            grant_id=said.grant_id,
            remote=caller.remote[:64],
            gateway_id=self._office.gateway_id,
            started_at=at,
            wall_id=self._walls.of(caller, wish, said.purpose, at) if wish.wall and not wish.reason else None,
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
            now = self._office.clock.now()
            await self._close(conn, await view_records.left_open(conn, self._office.gateway_id, now), now)
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
                    await self._ask_again(conn, lease, operator, files, given, now, epoch)
                    lease.until = earlier(lease.until, session.expires_at)
        self._checked_at = now

    async def _ask_again(
        self,
        conn: AsyncConnection,
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
        if not camera.served and lease.wish.action is not Action.SEE_EVENTS:
            lease.end("out_of_service", "the camera was taken out of service")
            return
        decision = await decide(conn, operator, lease.wish.action, camera.facts, given, now, lease.purpose)
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
                await self._close(conn, closings, now)
                await view_records.progress(conn, running)
        except (SQLAlchemyError, OSError) as problem:
            self.tally.failures += 1
            log.error("view records could not be written", problem=str(problem))
            return
        self._written_at = now
        for closing in closings:
            self._closings.pop(closing.id, None)

    async def _close(self, conn: AsyncConnection, closings: Sequence[Closing], now: datetime) -> None:
        """Ends records, and says so in one line of the audit."""
        due = await view_records.still_open(conn, closings)
        if not due:
            return
        digest = together(view_records.ended_proof(closing) for closing in due)
        line = await self._office.note(conn, now, SYSTEM, "end_views", "views", "", count=len(due), digest=digest)
        await view_records.close(conn, due, line)


def _end_all(leases: Iterable[Lease], code: str, message: str) -> None:
    for lease in leases:
        lease.end(code, message)
