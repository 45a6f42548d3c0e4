"""Watching: workers' reports become rows, candidates, maintenance tickets and evidence; then they are acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.events import Event
from gateway.domain.messages import Topic
from gateway.fleet.wire import StatusReport
from gateway.ports import Unavailable
from gateway.services import tickets
from gateway.services.evidence import EvidenceRoom, NotYet
from gateway.services.office import Office
from gateway.storage import candidates, events, status
from gateway.storage.accepting import STALE, Accepted, accept
from gateway.storage.status import CameraStatus

log = structlog.get_logger(__name__)

MAX_WAITING = 5000
BATCH = 100
GATHER_SECONDS = 0.01
STATUS_SECONDS = 0.2
RETRY_SECONDS = 0.5
LOST_SECONDS = 8.0
SWEEP_SECONDS = 60.0


class Link(Protocol):
    """The way back to one worker."""

    async def acknowledge(self, items: Sequence[tuple[str, int]]) -> None:
        """Says that these event reports are stored."""
        ...

    async def acknowledge_evidence(self, event_id: str, kind: str) -> None:
        """Says that this evidence is stored."""
        ...


class Fleet(Protocol):
    """The workers of this gateway."""

    @property
    def links(self) -> Mapping[str, Link]:
        """Links by worker."""
        ...

    def alive(self) -> list[str]:
        """Workers that have spoken of late."""
        ...


@dataclass(slots=True)
class WatchingTally:
    """Counts since the start, and what waits now."""

    events: int = 0
    batches: int = 0
    candidates: int = 0
    dropped: int = 0
    refused: int = 0
    failures: int = 0
    lag_seconds: float = 0.0
    """From the picture to the row, of the newest event."""
    lag_sum: float = 0.0
    figures: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Report:
    worker_id: str
    serial: int
    event: Event


class Watching:
    """Takes in reports of all workers. ``run`` writes them down and answers."""

    def __init__(self, office: Office, room: EvidenceRoom) -> None:
        self._office = office
        self._room = room
        self._waiting: deque[_Report] = deque()
        self._statuses: dict[str, CameraStatus] = {}
        self._some = asyncio.Event()
        self._some_status = asyncio.Event()
        self._fleet: Fleet | None = None
        self._unknown: deque[str] = deque(maxlen=1000)
        self.tally = WatchingTally()

    @property
    def depth(self) -> int:
        """Events that wait to be written."""
        return len(self._waiting)

    @property
    def status_depth(self) -> int:
        """Camera states that wait to be written."""
        return len(self._statuses)

    async def status(self, worker_id: str, cameras: Sequence[StatusReport]) -> None:
        """Keeps the newest state of each camera for the next write."""
        now = self._office.clock.now()
        for report in cameras:
            self._statuses[report.camera_id] = CameraStatus(
                camera_id=report.camera_id,
                state=report.state,
                since=now,
                updated_at=now,
                reason=report.reason[:256],
                worker_id=worker_id,
                codec=report.codec,
                width=report.width or None,
                height=report.height or None,
                fps=report.fps,
                kbps=report.kbps,
                shed=report.shed,
                clock_offset=report.clock_offset,
            )
        self._some_status.set()

    async def event(self, worker_id: str, serial: int, event: Event) -> None:
        """Queues a report. Raises ``Unavailable`` if too many wait: the worker sends it again."""
        if len(self._waiting) >= MAX_WAITING:
            self.tally.dropped += 1
            raise Unavailable("too many events wait to be written")
        self._waiting.append(_Report(worker_id, serial, event))
        self._some.set()

    async def evidence(
        self,
        worker_id: str,
        event_id: str,
        kind: str,
        data: bytes | None,
        sha256: str | None,
        media_type: str | None,
        missing: str | None,
    ) -> None:
        """Stores evidence and acknowledges it. Raises ``NotYet`` if its event is still to come."""
        if event_id not in self._unknown:
            if any(report.event.id == event_id for report in self._waiting):
                raise NotYet(f"event {event_id} is not stored yet")
            if data is not None and sha256 is not None and media_type is not None:
                await self._room.take(event_id, kind, data, sha256, media_type)
            else:
                await self._room.miss(event_id, kind, missing or "the worker gives no reason")
            await self._ring_for(event_id)
        link = None if self._fleet is None else self._fleet.links.get(worker_id)
        if link is not None:
            await link.acknowledge_evidence(event_id, kind)

    def metrics(self, worker_id: str, figures: dict[str, float]) -> None:
        """Keeps the worker's newest figures."""
        self.tally.figures[worker_id] = figures

    async def run(self, fleet: Fleet) -> None:
        """Writes what is reported, until cancelled."""
        self._fleet = fleet
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write_events(fleet))
            group.create_task(self._write_statuses())
            group.create_task(self._look_for_the_lost(fleet))
            group.create_task(self._close_the_silent())

    async def _write_events(self, fleet: Fleet) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            await asyncio.sleep(GATHER_SECONDS)
            while self._waiting:
                batch = [self._waiting[index] for index in range(min(BATCH, len(self._waiting)))]
                if not await self._store(batch):
                    await self._office.clock.sleep(RETRY_SECONDS)
                    continue
                for _ in batch:
                    self._waiting.popleft()
                await self._acknowledge(fleet, batch)

    async def _store(self, batch: Sequence[_Report]) -> bool:
        """Commits a batch and rings; False if it is to be tried again."""
        try:
            await self._commit(batch)
        except (SQLAlchemyError, OSError) as problem:
            self.tally.failures += 1
            log.error("events could not be stored", count=len(batch), problem=str(problem))
            return False
        return True

    async def _commit(self, batch: Sequence[_Report]) -> None:
        office = self._office
        at = office.clock.now()
        done: list[Accepted] = []
        changed_tickets: list[str | None] = []
        async with office.store.begin() as conn:
            for worker_id, told in _by_worker(batch).items():
                accepted = await accept(conn, told, worker_id, at, office.new_id)
                done.append(accepted)
                faults = {new.event_id for new in accepted.candidates if new.fault}
                for event in told:
                    if event.id in faults:
                        faults.discard(event.id)
                        changed_tickets.append(await tickets.open_maintenance(conn, event, at, office.district.seat))
                for event in accepted.ended:
                    if event.fault:
                        changed_tickets.append(await tickets.note_recovery(conn, event, at))
        self._count(batch, done, at.timestamp())
        new = [candidate.id for accepted in done for candidate in accepted.candidates]
        if new:
            await office.ring(Topic.CANDIDATES, *new)
        if rung := [ticket for ticket in changed_tickets if ticket is not None]:
            await office.ring(Topic.TICKETS, *dict.fromkeys(rung))

    def _count(self, batch: Sequence[_Report], done: Sequence[Accepted], at: float) -> None:
        self.tally.events += len(batch)
        self.tally.batches += 1
        self.tally.candidates += sum(len(accepted.candidates) for accepted in done)
        self.tally.lag_seconds = max(0.0, at - batch[-1].event.last_at)
        self.tally.lag_sum += sum(max(0.0, at - report.event.last_at) for report in batch)
        for accepted in done:
            self.tally.refused += len(accepted.unknown)
            self._unknown.extend(accepted.unknown)

    async def _acknowledge(self, fleet: Fleet, batch: Sequence[_Report]) -> None:
        items: dict[str, list[tuple[str, int]]] = {}
        for report in batch:
            items.setdefault(report.worker_id, []).append((report.event.id, report.serial))
        for worker_id, pairs in items.items():
            link = fleet.links.get(worker_id)
            if link is None:
                continue
            try:
                await link.acknowledge(pairs)
            except Unavailable:
                log.info("a worker left before its events were acknowledged", worker=worker_id)

    async def _ring_for(self, event_id: str) -> None:
        async with self._office.store.read() as conn:
            candidate = await candidates.of_event(conn, event_id)
        if candidate is not None:
            await self._office.ring(Topic.CANDIDATES, candidate.id)

    async def _write_statuses(self) -> None:
        while True:
            await self._some_status.wait()
            self._some_status.clear()
            await self._office.clock.sleep(STATUS_SECONDS)
            batch, self._statuses = self._statuses, {}
            try:
                async with self._office.store.begin() as conn:
                    changed = await status.put_all(conn, list(batch.values()))
            except (SQLAlchemyError, OSError) as problem:
                self.tally.failures += 1
                log.error("camera states could not be stored", problem=str(problem))
                self._statuses = batch | self._statuses
                await self._office.clock.sleep(RETRY_SECONDS)
                self._some_status.set()
                continue
            if changed:
                await self._office.ring(Topic.CAMERAS, *changed)

    async def _look_for_the_lost(self, fleet: Fleet) -> None:
        """Says of a silent worker's cameras that nobody knows of them, unless another worker has taken them over."""
        seen: dict[str, float] = {}
        while True:
            await self._office.clock.sleep(2.0)
            now = asyncio.get_running_loop().time()
            seen |= dict.fromkeys(fleet.alive(), now)
            for worker_id in [worker for worker, at in seen.items() if now - at > LOST_SECONDS]:
                try:
                    async with self._office.store.begin() as conn:
                        at = self._office.clock.now()
                        changed = await status.lost(conn, worker_id, at, "its worker does not answer")
                except (SQLAlchemyError, OSError) as problem:
                    log.error("lost cameras could not be marked", problem=str(problem))
                    continue
                del seen[worker_id]
                if changed:
                    await self._office.ring(Topic.CAMERAS, *changed)

    async def _close_the_silent(self) -> None:
        """Closes events that nobody watches any more. It waits first: workers may have much to tell after a pause."""
        while True:
            await self._office.clock.sleep(SWEEP_SECONDS)
            try:
                async with self._office.store.begin() as conn:
                    closed = await events.close_silent(conn, self._office.clock.now() - STALE)
            except (SQLAlchemyError, OSError) as problem:
                log.error("silent events could not be closed", problem=str(problem))
                continue
            if closed:
                log.info("events that nobody watches any more were closed", count=closed)


def _by_worker(batch: Sequence[_Report]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for report in batch:
        found.setdefault(report.worker_id, []).append(report.event)
    return found
