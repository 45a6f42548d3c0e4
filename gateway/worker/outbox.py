"""Reports on their way to a gateway: first to disk, then sent, sent again until acknowledged, then forgotten."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

import structlog

from gateway import disk
from gateway.domain.events import Event, Phase
from gateway.fleet.wire_events import event_to_json
from gateway.ports import Clock, Json
from gateway.worker.spool import MEDIA_TYPES, Spool, SpooledEvent, SpooledEvidence

log = structlog.get_logger(__name__)

T = TypeVar("T")

RESEND_SECONDS = 5.0
EVIDENCE_RESEND_SECONDS = 20.0
MAX_EVIDENCE_ON_THE_WAY = 4
MAX_UNACKNOWLEDGED = 20_000
"""Reports that may wait for the disk and for a gateway; more are dropped and counted."""
MAX_ON_THE_WAY = 500
"""Reports sent and not acknowledged yet: the gateway's inbox takes no more than that at once."""


class Post(Protocol):
    """The way to one gateway."""

    def control(self, message: Json) -> None:
        """Sends a control message."""
        ...

    def blob(self, header: Json, data: bytes) -> None:
        """Sends a file."""
        ...


@dataclass(slots=True)
class _Waiting:
    """An unacknowledged report and when it was last sent (0: not yet), by the loop's clock."""

    item: SpooledEvent
    sent_at: float = 0.0


@dataclass(slots=True)
class _WaitingEvidence:
    item: SpooledEvidence
    sent_at: float = 0.0


class Outbox:
    """Everything no gateway has acknowledged yet. Used on the loop; the disk has a thread of its own."""

    def __init__(self, spool: Spool, clock: Clock, post: Callable[[], Post | None]) -> None:
        self._spool, self._clock, self._post = spool, clock, post
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._new: list[Event] = []
        self._some = asyncio.Event()
        self._events: dict[tuple[str, int], _Waiting] = {}
        self._evidence: dict[tuple[str, str], _WaitingEvidence] = {}
        self._unacknowledged: Counter[str] = Counter()
        self._last_post: Post | None = None
        self._last_serial = 0
        self.dropped = 0
        self.unspooled = 0
        self.sent = 0

    @property
    def depth(self) -> tuple[int, int]:
        """How many reports and how many pieces of evidence are unacknowledged."""
        return len(self._events) + len(self._new), len(self._evidence)

    def report(self, event: Event) -> None:
        """Takes a report of an event; it is sent once it is on disk."""
        if len(self._new) + len(self._events) >= MAX_UNACKNOWLEDGED:
            self.dropped += 1
            return
        self._new.append(event)
        self._some.set()

    async def expect(self, event_id: str, kinds: Iterable[str]) -> None:
        """Notes on disk that evidence of these kinds is due. A disk that fails here fails again when it is kept."""
        await self._reports_first()
        for kind in kinds:
            try:
                await self._on_disk(self._spool.expect, event_id, kind)
            except OSError:
                return

    async def keep(self, event_id: str, kind: str, data: bytes) -> None:
        """Keeps and sends a piece of evidence; if the disk will not take it, the word that it is missing."""
        await self._reports_first()
        try:
            item = await self._on_disk(self._spool.keep, event_id, kind, data)
        except OSError as error:
            log.warning("evidence cannot be kept", event_id=event_id, kind=kind, reason=error.strerror or str(error))
            reason = disk.FULL if disk.is_full(error) else f"it could not be written: {error.strerror or error}"
            await self.keep_missing(event_id, kind, reason)
            return
        self._evidence[event_id, kind] = _WaitingEvidence(item)
        self._some.set()

    async def keep_missing(self, event_id: str, kind: str, reason: str) -> None:
        """Keeps and sends the reason why there is no such evidence, from memory if not even that fits on the disk."""
        try:
            item = await self._on_disk(self._spool.keep_missing, event_id, kind, reason)
        except OSError:
            item = SpooledEvidence(event_id, kind, self._spool.nowhere, reason)
        self._evidence[event_id, kind] = _WaitingEvidence(item)
        self._some.set()

    async def acknowledged(self, event_id: str, serial: int) -> None:
        """A gateway has this report for good."""
        if self._events.pop((event_id, serial), None) is not None:
            self._unacknowledged[event_id] -= 1
            if self._unacknowledged[event_id] <= 0:
                del self._unacknowledged[event_id]
            await self._on_disk(self._spool.remove, serial, event_id)
            self._some.set()

    async def evidence_acknowledged(self, event_id: str, kind: str) -> None:
        """A gateway has this evidence, or the word that there is none, for good."""
        waiting = self._evidence.pop((event_id, kind), None)
        if waiting is not None:
            await self._on_disk(self._spool.remove_evidence, waiting.item)
            self._some.set()

    async def run(self) -> None:
        """Recovers what an earlier process left, then keeps and sends until cancelled."""
        try:
            await self._recover()
            while True:
                self._some.clear()
                if self._new:
                    await self._spool_new()
                await self._send_due()
                try:
                    async with asyncio.timeout(1.0):
                        await self._some.wait()
                except TimeoutError:
                    continue
        finally:
            self._disk.shutdown(wait=True)

    async def _reports_first(self) -> None:
        """Puts waiting reports on disk before their evidence: what is left of a process that dies in between is never
        evidence of an event nobody will hear of.
        """
        if self._new:
            await self._spool_new()

    async def _on_disk(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, function, *arguments)

    async def _recover(self) -> None:
        for item in await self._on_disk(lambda: list(self._spool.events())):
            self._await(item)
            self._last_serial = max(self._last_serial, item.serial)
        for evidence in await self._on_disk(self._spool.evidence):
            self._evidence[evidence.event_id, evidence.kind] = _WaitingEvidence(evidence)
        for event in await self._on_disk(self._spool.left_open):
            self.report(event.cut_short("the worker was restarted"))

    def _await(self, item: SpooledEvent) -> None:
        self._events[item.event.id, item.serial] = _Waiting(item)
        self._unacknowledged[item.event.id] += 1

    def _serial(self) -> int:
        """Microseconds since 1970, never the same twice: it grows across restarts without being kept anywhere."""
        self._last_serial = max(self._last_serial + 1, int(self._clock.now().timestamp() * 1e6))
        return self._last_serial

    async def _spool_new(self) -> None:
        events, self._new = self._new, []
        items = [SpooledEvent(self._serial(), event) for event in events]
        try:
            await self._on_disk(self._keep, items)
        except OSError as error:
            # A full disk must not silence a camera: what cannot be kept is at least sent.
            self.unspooled += len(items)
            log.warning("events cannot be kept on disk", count=len(items), reason=error.strerror or str(error))
        for item in items:
            self._await(item)

    def _keep(self, items: list[SpooledEvent]) -> None:
        self._spool.add(items)
        for item in items:
            if item.event.phase is Phase.CLOSE:
                self._spool.mark_closed(item.event.id)
            else:
                self._spool.mark_open(item.event)

    async def _send_due(self) -> None:
        post = self._post()
        if post is None:
            return
        now = asyncio.get_running_loop().time()
        if post is not self._last_post:
            # Another gateway: what the one before was sent, this one was not.
            self._last_post = post
            for report in self._events.values():
                report.sent_at = 0.0
            for piece in self._evidence.values():
                piece.sent_at = 0.0
        for report in list(islice(self._events.values(), MAX_ON_THE_WAY)):
            if not report.sent_at or now - report.sent_at >= RESEND_SECONDS:
                report.sent_at = now
                self.sent += 1
                item = report.item
                post.control({"type": "event", "serial": item.serial, "event": event_to_json(item.event)})
        await self._send_evidence(post, now)

    async def _send_evidence(self, post: Post, now: float) -> None:
        """Sends evidence of events that the gateway has, a few pieces at a time; what is not taken goes to the end."""
        under_way = 0
        for key, piece in list(self._evidence.items()):
            if under_way >= MAX_EVIDENCE_ON_THE_WAY:
                return
            if piece.item.event_id in self._unacknowledged:
                continue
            overdue = bool(piece.sent_at) and now - piece.sent_at >= EVIDENCE_RESEND_SECONDS
            if overdue and self._evidence.pop(key, None) is not None:
                self._evidence[key] = piece
                piece.sent_at = 0.0
                self._some.set()
                continue
            under_way += 1
            if not piece.sent_at:
                piece.sent_at = now
                await self._send_piece(post, piece.item)

    async def _send_piece(self, post: Post, item: SpooledEvidence) -> None:
        header: Json = {"event": item.event_id, "kind": item.kind}
        if item.missing is not None:
            post.control({"type": "evidence_missing", **header, "reason": item.missing})
            return
        try:
            data = await self._on_disk(item.path.read_bytes)
        except OSError:
            await self.keep_missing(item.event_id, item.kind, "its file was lost before it could be sent")
            return
        digest = await self._on_disk(lambda: hashlib.sha256(data).hexdigest())
        post.blob({"type": "evidence", **header, "sha256": digest, "media_type": MEDIA_TYPES[item.kind]}, data)
