"""What gateways ask of a worker, answered; and what it tells them by itself: states, figures."""

from __future__ import annotations

import asyncio
import resource
import threading
import time
from collections.abc import Sequence

import structlog

from gateway.domain.packets import Packet, StreamKind
from gateway.domain.scans import Scan
from gateway.fleet import wire
from gateway.fleet.wire_marks import ENOUGH_CLIPS, MAX_CLIPS, MarkWish
from gateway.fleet.wire_scans import Scanned
from gateway.fleet.wire_trials import Offered, Tried
from gateway.ports import Clock, Credential, DeviceAddress, Json, Unavailable
from gateway.worker import budget, stills
from gateway.worker.breaker import Gates
from gateway.worker.camera import Camera
from gateway.worker.cameras import Cameras
from gateway.worker.decoder import keyframe_picture
from gateway.worker.evidence import EvidenceMaker
from gateway.worker.handoff import Handoff
from gateway.worker.marking import marked
from gateway.worker.outbox import Outbox
from gateway.worker.rendition import Renditions
from gateway.worker.sampler import Sampler
from gateway.worker.scanning import scan
from gateway.worker.server import Door
from gateway.worker.stream import Stream, Subscriber
from gateway.worker.trying import Trials

log = structlog.get_logger(__name__)

METRICS_SECONDS = 2.0
FIGURES_EVERY = 5
"""Metrics rounds between two tellings of every camera's figures."""
PARALLEL_STILLS = 2
LATELY_SECONDS = 30.0
"""A camera of which no picture was looked at for so long is not watched, whatever rung it is on."""


class WorkerDesk:
    """Answers gateways. Furnished once, at composition, with the parts it asks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed: set[str] = set()
        self._some = asyncio.Event()
        self._stills = asyncio.Semaphore(PARALLEL_STILLS)
        self._scans = asyncio.Lock()
        self._clips = asyncio.Lock()
        self._marking = 0

    def furnish(
        self,
        cameras: Cameras,
        sampler: Sampler,
        door: Door,
        outbox: Outbox,
        evidence: EvidenceMaker,
        handoff: Handoff,
        gates: Gates,
        renditions: Renditions,
    ) -> None:
        """Gives the desk the parts it asks; they need the desk to be made."""
        self._cameras, self._sampler, self._door = cameras, sampler, door
        self._outbox, self._evidence, self._handoff, self._gates = outbox, evidence, handoff, gates
        self._trials = Trials(gates, handoff)
        self._renditions = renditions

    def assign(self, assignment: wire.Assignment) -> None:
        """Replaces the set of cameras."""
        self._cameras.assign(assignment)

    def camera(self, camera_id: str) -> Camera:
        """The camera of that id. Raises ``Unavailable``."""
        return self._cameras.get(camera_id)

    def watched(self, camera_id: str) -> Stream | None:
        """The stream a camera is watched on, None if it is not here."""
        try:
            return self._cameras.get(camera_id).watched
        except Unavailable:
            return None

    async def still(self, camera_id: str, width: int | None, words: str = "") -> bytes:
        """A JPEG of the newest keyframe, of the main stream if that is pulled, with the words across it.

        Raises ``Unavailable``.
        """
        camera = self._cameras.get(camera_id)
        main = camera.stream(StreamKind.MAIN)
        key = (main.ring.keyframe() if main is not None else None) or camera.watched.ring.keyframe()
        if key is None:
            raise Unavailable(camera.watched.reason or "the camera has not sent a picture yet")
        async with self._stills:
            return await asyncio.to_thread(_picture, key, width, words)

    async def rendition(self, camera_id: str, kind: StreamKind, words: str, reader: Subscriber) -> None:
        """Hands the camera's stream to the reader with the words burned in, until cancelled. Raises ``Unavailable``."""
        camera = self._cameras.get(camera_id)
        await self._renditions.run(words, lambda one: camera.attach(kind, one), reader)

    async def mark(self, data: bytes, wish: MarkWish) -> bytes:
        """A still or clip as the wish has it; clips one at a time. Raises ``Refused`` or ``Unavailable``.

        Those count that a gateway waits for no longer, too: they are marked before any that comes now.
        """
        if wish.media_type == "image/jpeg":
            async with self._stills:
                return await asyncio.to_thread(marked, data, wish)
        if self._marking >= MAX_CLIPS:
            raise Unavailable(ENOUGH_CLIPS)
        self._marking += 1
        try:
            async with self._clips:
                return await asyncio.to_thread(marked, data, wish)
        finally:
            self._marking -= 1

    async def scan(self, wish: Scan) -> Scanned:
        """What devices are on the network; one scan at a time."""
        async with self._scans:
            return await scan(wish)

    async def look(self, address: DeviceAddress, credential: Credential | None) -> Tried:
        """What a stream is that is not assigned. Raises ``Unavailable`` or ``Refused``."""
        return await self._trials.look(address, credential)

    async def ask(self, host: str, port: int, credential: Credential | None) -> Offered:
        """What an ONVIF device offers. Raises ``Unavailable`` or ``Refused``."""
        return await self._trials.ask(host, port, credential)

    async def acknowledged(self, event_id: str, serial: int) -> None:
        """A gateway has that report for good."""
        await self._outbox.acknowledged(event_id, serial)

    async def evidence_acknowledged(self, event_id: str, kind: str) -> None:
        """A gateway has that evidence for good."""
        await self._outbox.evidence_acknowledged(event_id, kind)

    def changed(self, camera_id: str) -> None:
        """A camera's state is, or may be, another."""
        self._changed.add(camera_id)
        self._some.set()

    def greeting(self) -> Sequence[Json]:
        """What a gateway is told first: every camera's state."""
        return [self._status(self._cameras.all())]

    def _status(self, cameras: Sequence[Camera]) -> Json:
        return {"type": "status", "cameras": [wire.status_to_json(camera.status()) for camera in cameras]}

    async def run(self) -> None:
        """Tells changes at once and figures now and then, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell_changes())
            rounds = 0
            while True:
                await self._clock.sleep(METRICS_SECONDS)
                self._door.tell({"type": "metrics", **self.figures()})
                rounds += 1
                if rounds % FIGURES_EVERY == 0:
                    self._door.tell(self._status(self._cameras.all()))

    async def _tell_changes(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            changed, self._changed = self._changed, set()
            self._door.tell(
                self._status([camera for camera in self._cameras.all() if camera.assigned.camera_id in changed])
            )
            # What changes within a moment is told together: a recorder comes back with all its channels.
            await self._clock.sleep(0.05)

    def figures(self) -> dict[str, float]:
        """The worker's counters and gauges, one flat table; times are seconds, sizes bytes."""
        cameras, eyes = self._cameras.all(), self._sampler.eyes()
        looking = [eye for eye in eyes if eye.watcher.looks]
        reports, pieces = self._outbox.depth
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "cameras": len(cameras),
            "cameras_online": sum(camera.watched.state == "online" for camera in cameras),
            "streams_readers": sum(camera.watched.readers for camera in cameras),
            "packets_received": sum(camera.watched.received for camera in cameras),
            "preroll_bytes": sum(camera.watched.ring.size for camera in cameras),
            "handoff_depth": self._handoff.depth,
            "handoff_dropped": self._handoff.dropped,
            "decode_budget_cores": self._sampler.budget_cores,
            "decode_used_cores": self._sampler.load.cores,
            "decode_cpu_seconds": self._sampler.load.seconds,
            "decode_braked": self._sampler.load.braked,
            "decode_depth": sum(eye.depth for eye in eyes),
            "decode_dropped": sum(eye.dropped for eye in eyes),
            "decode_errors": sum(eye.errors for eye in eyes),
            "decode_lag_seconds": max((eye.lag for eye in looking), default=0.0),
            "pictures_decoded": sum(eye.decoded for eye in eyes),
            "pictures_looked_at": sum(eye.looked for eye in eyes),
            "pictures_shed": sum(eye.shed for eye in eyes),
            "cameras_looked_at": sum(time.monotonic() - eye.looked_at < LATELY_SECONDS for eye in looking),
            "detector_failures": sum(eye.failures for eye in eyes),
            "shed_full": sum(eye.rung == budget.FULL for eye in looking),
            "shed_reduced": sum(eye.rung in (budget.THINNED, budget.HALVED) for eye in looking),
            "shed_keyframes": sum(eye.rung == budget.KEYFRAMES for eye in looking),
            "events_waiting": reports,
            "events_sent": self._outbox.sent,
            "events_dropped": self._outbox.dropped,
            "events_unspooled": self._outbox.unspooled,
            "evidence_waiting": pieces,
            "evidence_made": self._evidence.made,
            "evidence_missing": self._evidence.missing,
            "gateways": len(self._door.peers),
            "gateway_unsent_bytes": max((peer.unsent for peer in self._door.peers), default=0),
            "packets_skipped": self._door.skipped,
            "renditions": self._renditions.running,
            "renditions_refused": self._renditions.refused,
            "renditions_skipped": self._renditions.skipped,
            "accounts_refused": self._gates.closed,
            "threads": threading.active_count(),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
        }


def _picture(key: Packet, width: int | None, words: str) -> bytes:
    picture = keyframe_picture(key)
    if picture is None:
        raise Unavailable("the camera's picture cannot be decoded")
    return stills.jpeg(picture, width, words)
