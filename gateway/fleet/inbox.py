"""What a worker reports, waiting to be handled: bounded, so that a slow database never stops pictures.

Events and evidence that do not fit are dropped and counted: the worker keeps them on disk and sends them again.
A camera's status replaces the one that was still waiting.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import structlog

from gateway.domain.events import Event
from gateway.fleet.framing import WireError
from gateway.fleet.wire import StatusReport, evidence_kind, sha256_text, text, uuid_text
from gateway.ports import Json

log = structlog.get_logger(__name__)

MAX_EVENTS = 1000
MAX_EVIDENCE = 8
SORTS = ("worker_events", "worker_evidence")
"""What is bounded and counted, by the names of its figures."""


class Reports(Protocol):
    """Who hears what workers report. An exception means "not taken": events and evidence come again."""

    async def status(self, worker_id: str, cameras: Sequence[StatusReport]) -> None:
        """States of cameras that changed; everything right after the link came up."""
        ...

    async def event(self, worker_id: str, serial: int, event: Event) -> None:
        """One phase of an event; comes again until ``WorkerLink.acknowledge`` names it."""
        ...

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
        """A still or clip (already checked against its hash), or why there is none; comes again until acknowledged."""
        ...

    def metrics(self, worker_id: str, figures: dict[str, float]) -> None:
        """The worker's counters and gauges, every 2 s. Must not block."""
        ...


class Inbox:
    """Reports of one worker on their way to whoever handles them, in order of arrival within each sort."""

    def __init__(self, worker_id: str, reports: Reports) -> None:
        self._worker_id = worker_id
        self._reports = reports
        self._statuses: dict[str, StatusReport] = {}
        self._events: deque[tuple[int, Event]] = deque()
        self._evidence: deque[tuple[Json, bytes | None]] = deque()
        self._some = asyncio.Event()
        self.dropped = dict.fromkeys(SORTS, 0)

    @property
    def depth(self) -> dict[str, int]:
        """How many of each sort wait."""
        return dict(zip(SORTS, (len(self._events), len(self._evidence)), strict=True))

    def status(self, reports: Sequence[StatusReport]) -> None:
        """Keeps the newest status of each camera."""
        self._statuses.update((report.camera_id, report) for report in reports)
        self._some.set()

    def event(self, serial: int, event: Event) -> None:
        """Keeps an event, unless too many wait."""
        if len(self._events) >= MAX_EVENTS:
            self.dropped["worker_events"] += 1
            return
        self._events.append((serial, event))
        self._some.set()

    def evidence(self, header: Json, data: bytes | None) -> None:
        """Keeps a piece of evidence or the word that there is none. Raises ``WireError`` for a malformed one."""
        uuid_text(header, "event")
        evidence_kind(header)
        if data is None:
            text(header, "reason")
        else:
            sha256_text(header, "sha256")
            text(header, "media_type", 128)
        if len(self._evidence) >= MAX_EVIDENCE:
            self.dropped["worker_evidence"] += 1
            return
        self._evidence.append((header, data))
        self._some.set()

    async def run(self) -> None:
        """Hands reports over, one at a time, until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._statuses or self._events or self._evidence:
                try:
                    await self._hand_over_one()
                except Exception:
                    log.exception("a worker's report was not taken", worker=self._worker_id)

    async def _hand_over_one(self) -> None:
        if self._statuses:
            statuses, self._statuses = self._statuses, {}
            await self._reports.status(self._worker_id, tuple(statuses.values()))
        elif self._events:
            serial, event = self._events.popleft()
            await self._reports.event(self._worker_id, serial, event)
        else:
            await self._hand_over_evidence(*self._evidence.popleft())

    async def _hand_over_evidence(self, header: Json, data: bytes | None) -> None:
        event_id, kind = header["event"], header["kind"]
        if data is None:
            await self._reports.evidence(self._worker_id, event_id, kind, None, None, None, header["reason"])
            return
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        if digest != header["sha256"]:
            raise WireError(f"the {kind} of event {event_id} does not match its hash")
        await self._reports.evidence(self._worker_id, event_id, kind, data, digest, header["media_type"], None)
