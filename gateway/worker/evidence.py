"""What is kept of an event: a still with its box, and a clip from 5 s before to 10 s after it opened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from gateway.domain.events import Event, Phase
from gateway.domain.observations import ObservationKind
from gateway.domain.packets import Packet
from gateway.fleet.wire import StreamDescription
from gateway.ports import Clock, Unavailable
from gateway.worker import clips, stills
from gateway.worker.decoder import keyframe_picture
from gateway.worker.eye import Finding
from gateway.worker.outbox import Outbox
from gateway.worker.stream import Stream

log = structlog.get_logger(__name__)

BEFORE_SECONDS = 5.0
AFTER_SECONDS = 10.0
MAX_CLIP_BYTES = 12 * 1024 * 1024
MAX_CLIPS = 32
"""Clips that may be recorded at once: a burst of events must not hold the memory of all cameras."""


class _Recording:
    """Reads a stream into a list, up to a limit of bytes."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.stopped = False
        self._size = 0

    def described(self, description: StreamDescription) -> None:
        """What is recorded carries its parameter sets in its keyframes."""

    def packet(self, packet: Packet) -> None:
        """Keeps the packet while there is room."""
        if self._size < MAX_CLIP_BYTES:
            self.packets.append(packet)
            self._size += len(packet.data)

    def ended(self, reason: str) -> None:
        """What has been recorded so far is the clip."""


class EvidenceMaker:
    """Makes the evidence of events as they open. ``stream_of`` finds the stream a camera is watched on."""

    def __init__(self, outbox: Outbox, clock: Clock, stream_of: Callable[[str], Stream | None]) -> None:
        self._outbox, self._clock, self._stream_of = outbox, clock, stream_of
        self._recording = 0
        self.made = 0
        self.missing = 0

    async def make(self, finding: Finding) -> None:
        """Makes and keeps still and clip of an event that has just opened; takes as long as the clip runs on."""
        event = finding.event
        if event.phase is not Phase.OPEN:
            return
        stream = self._stream_of(event.camera_id)
        # First of all: what is not taken from the pre-roll now will be gone when disk and pictures are seen to.
        recording = self._record(event, stream)
        try:
            await self._outbox.expect(event.id, ("still", "clip"))
            await self._tried(event, "still", self._keep_still(finding, stream))
            await self._tried(event, "clip", self._keep_clip(event, stream, recording))
        finally:
            self._stop(stream, recording)

    def _record(self, event: Event, stream: Stream | None) -> _Recording | None:
        """A recording that has the seconds before the event and goes on, None if there can be none."""
        if stream is None or self._recording >= MAX_CLIPS:
            return None
        self._recording += 1
        lost = event.kind is ObservationKind.SIGNAL_LOSS and stream.last_at > 0
        recording = _Recording()
        for packet in stream.ring.since((stream.last_at if lost else event.picture_at) - BEFORE_SECONDS):
            recording.packet(packet)
        stream.attach(recording, from_now=True)
        return recording

    def _stop(self, stream: Stream | None, recording: _Recording | None) -> None:
        if stream is not None and recording is not None and not recording.stopped:
            recording.stopped = True
            self._recording -= 1
            stream.detach(recording)

    async def _tried(self, event: Event, kind: str, making: Coroutine[Any, Any, None]) -> None:
        """Whatever goes wrong with one piece of evidence costs that piece, and its place says why."""
        try:
            await making
        except Exception:
            log.exception("evidence could not be made", camera=event.camera_id, kind=kind)
            await self._miss(event.id, kind, "the worker failed to make it")

    async def _keep_still(self, finding: Finding, stream: Stream | None) -> None:
        event = finding.event
        data = finding.still
        if data is None and stream is not None and (key := stream.ring.keyframe()) is not None:
            data = await asyncio.to_thread(_last_picture, key, event)
        if data is None:
            await self._miss(event.id, "still", "there was no picture to make it from")
            return
        await self._outbox.keep(event.id, "still", data)
        self.made += 1

    async def _keep_clip(self, event: Event, stream: Stream | None, recording: _Recording | None) -> None:
        if recording is None:
            reason = "the camera has left this worker" if stream is None else "too many clips were being recorded"
            await self._miss(event.id, "clip", reason)
            return
        late = self._clock.now().timestamp() - event.picture_at
        await self._clock.sleep(min(max(AFTER_SECONDS - late, 0.0), AFTER_SECONDS))
        self._stop(stream, recording)
        try:
            data = await asyncio.to_thread(clips.mp4, recording.packets)
        except Unavailable as error:
            await self._miss(event.id, "clip", str(error))
            return
        await self._outbox.keep(event.id, "clip", data)
        self.made += 1

    async def _miss(self, event_id: str, kind: str, reason: str) -> None:
        self.missing += 1
        await self._outbox.keep_missing(event_id, kind, reason)


def _last_picture(key: Packet, event: Event) -> bytes | None:
    picture = keyframe_picture(key)
    return None if picture is None else stills.still(picture, event)
