"""One camera as the decoding thread sees it: packets that wait, its decoder, its watcher, and what all that costs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from av.video.frame import VideoFrame

from gateway.domain.events import Event, Phase
from gateway.domain.packets import Packet
from gateway.ports import Frame
from gateway.worker import budget, stills
from gateway.worker.decoder import Decoder, last_picture, luma
from gateway.worker.punctuality import Punctuality
from gateway.worker.watching import Watcher

log = structlog.get_logger(__name__)

MAX_WAITING = 100
BEHIND = 25
"""More waiting packets than this, and the decoder jumps to the newest keyframe among them."""
USUAL_COST = 0.001
"""Seconds of CPU for decoding and for looking at a picture, while nothing is measured yet."""
SMOOTHING = 0.05
LONG_GROUP = 30
"""Pictures in a group from which on it is decoded with all filters: without them each picture errs a little further
(measured: 39 dB at the end of 20 pictures of traffic, 36 dB and one pixel in a hundred off at the end of 50)."""
MAX_GROUP_KEPT = 400
STALLED_SECONDS = 3.0
"""A camera that sent nothing for so long was away itself; shorter pauses between looks are of our making."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An event's report, with its still where a picture opened it."""

    event: Event
    still: bytes | None = None


class Eye:
    """Queue, decoder, watcher and costs of one camera. ``offer`` is called on the loop, the rest by the decoder."""

    def __init__(self, camera_id: str, watcher: Watcher, alive_at: Callable[[], float | None]) -> None:
        self.camera_id = camera_id
        self.watcher = watcher
        self.rung = budget.FULL
        self.decoded = 0
        self.looked = 0
        self.looked_at = float("-inf")
        self.shed = 0
        self.dropped = 0
        self.failures = 0
        self.lag = 0.0
        self._alive_at = alive_at
        self._waiting: deque[Packet] = deque()
        self._decoder = Decoder()
        self._position = 0
        self._group = 20.0
        self._skips_to_key = False
        self._refused_until_key = False
        self._decode_cost = self._look_cost = USUAL_COST
        self._rate = 10.0
        self._counted = (0, time.monotonic())
        self._received = 0
        self._arrived_at: float | None = None
        self._stalled = False
        self._punctuality = Punctuality()
        self._late = 0.0
        self._since_keyframe: list[Packet] = []

    @property
    def errors(self) -> int:
        """Packets that could not be decoded."""
        return self._decoder.errors

    @property
    def depth(self) -> int:
        """How many packets wait."""
        return len(self._waiting)

    def offer(self, packet: Packet) -> None:
        """Queues a packet; a full queue takes nothing more until the next keyframe."""
        if not self.watcher.looks:
            return
        if len(self._waiting) >= MAX_WAITING or (self._refused_until_key and not packet.keyframe):
            self._refused_until_key = True
            self.dropped += 1
            return
        self._refused_until_key = False
        self._waiting.append(packet)

    def cost(self) -> budget.Cost:
        """What this camera costs, as measured."""
        received, at = self._counted
        now = time.monotonic()
        if now - at >= 1.0:
            self._rate += 0.3 * ((self._received - received) / (now - at) - self._rate)
            self._counted = (self._received, now)
        return budget.Cost(self._rate, self._group, self._decode_cost, self._look_cost)

    def work(self, braking: bool) -> list[Finding]:
        """Decodes and looks at all that waits; keyframes only while ``braking``."""
        if len(self._waiting) > BEHIND:
            self._jump()
        findings: list[Finding] = []
        while self._waiting:
            packet = self._waiting.popleft()
            if self._passes(packet, braking):
                findings += self._take(packet)
        return findings

    def tick(self, at: float) -> list[Finding]:
        """Lets a second pass for the watcher."""
        return self._guarded(lambda: self.watcher.tick(at, self._alive_at()), None)

    def finish(self, at: float) -> list[Finding]:
        """Closes what is open; the eye is not used again."""
        return self._guarded(lambda: self.watcher.finish(at), None)

    def _jump(self) -> None:
        """Newest wins: drops what waits before the newest keyframe."""
        keys = [index for index, packet in enumerate(self._waiting) if packet.keyframe]
        for _ in range(keys[-1] if keys else 0):
            self._note_arrival(self._waiting.popleft())
            self._received += 1
            self.dropped += 1

    def _note_arrival(self, packet: Packet) -> None:
        at = packet.arrived_at
        self._late = self._punctuality.late(packet.dts, at, packet.generation)
        self._stalled |= self._arrived_at is not None and not 0 <= at - self._arrived_at < STALLED_SECONDS
        self._arrived_at = at

    def _passes(self, packet: Packet, braking: bool) -> bool:
        """Counts the packet and says whether it is decoded; a picture left out takes the rest of its group along."""
        self._received += 1
        self._note_arrival(packet)
        if packet.keyframe:
            if self._position:
                self._group += 0.3 * (self._position + 1 - self._group)
            self._position, self._skips_to_key = 0, False
        else:
            self._position += 1
            rung = budget.KEYFRAMES if braking else self.rung
            if not budget.wants_decoding(rung, self._position, self._group):
                self._skips_to_key = True
        self.shed += self._skips_to_key
        return not self._skips_to_key

    def _take(self, packet: Packet) -> list[Finding]:
        if packet.keyframe:
            self._since_keyframe.clear()
            self._decoder.exact = self._group > LONG_GROUP
        if not self._decoder.exact and len(self._since_keyframe) < MAX_GROUP_KEPT:
            self._since_keyframe.append(packet)
        began = time.thread_time()
        frames = self._decoder.decode(packet)
        decoded = time.thread_time()
        self._decode_cost += SMOOTHING * (decoded - began - self._decode_cost)
        self.decoded += len(frames)
        if not frames:
            return []
        self.lag += 0.1 * (time.time() - packet.arrived_at + self._late - self.lag)
        if not budget.wants_looking(self.rung, self._position):
            self.shed += 1
            return []
        picture = frames[-1]
        findings = self._look(picture, packet)
        self._look_cost += SMOOTHING * (time.thread_time() - decoded - self._look_cost)
        self.looked += 1
        self.looked_at = time.monotonic()
        return findings

    def _look(self, picture: VideoFrame, packet: Packet) -> list[Finding]:
        frame = Frame(luma(picture), packet.arrived_at, packet.keyframe, self._late)
        flowing, self._stalled = not self._stalled, False
        return self._guarded(lambda: self.watcher.look(frame, flowing=flowing), picture)

    def _guarded(self, watch: Callable[[], list[Event]], picture: VideoFrame | None) -> list[Finding]:
        """A detector that fails costs this camera its findings in this picture, no other camera anything."""
        try:
            return [Finding(event, self._still(event, picture)) for event in watch()]
        except Exception:
            self.failures += 1
            if self.failures == 1:
                log.exception("a detector failed", camera=self.camera_id)
            return []

    def _still(self, event: Event, picture: VideoFrame | None) -> bytes | None:
        """The picture that opened the event, as the camera meant it."""
        if picture is None or event.phase is not Phase.OPEN:
            return None
        exact = None if self._decoder.exact else last_picture(self._since_keyframe)
        return stills.still(exact or picture, event)
