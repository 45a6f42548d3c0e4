"""One stream as the worker holds it: pulled once, kept for a while, handed to everyone who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import structlog

from adapters import bitstream
from gateway.domain.cameras import CameraState
from gateway.domain.packets import Packet, StreamKey
from gateway.fleet.wire import StreamDescription
from gateway.worker.ring import PreRoll

log = structlog.get_logger(__name__)

PREROLL_SECONDS = 8.5
"""The 5 s before an event that a clip shows, and the time its detectors may lag behind."""
LEAST_BYTES, MOST_BYTES = 4 * 1024 * 1024, 24 * 1024 * 1024
"""Bounds of the pre-roll; within them it is as large as the stream's own bit rate and groups of pictures need."""
SPARE = 1.5
LONGEST_GROUP = 20.0
SILENT_SECONDS = 4.0
"""A stream that has been online and says nothing for this long is called offline before its connection gives up."""


class Subscriber(Protocol):
    """Who reads a stream. Called on the loop; must not block."""

    def described(self, description: StreamDescription) -> None:
        """Comes before the first packet and before the first one of each further generation."""
        ...

    def packet(self, packet: Packet) -> None:
        """The next packet; the first of each generation is a keyframe."""
        ...

    def ended(self, reason: str) -> None:
        """Nothing will come any more."""
        ...


class Stream:
    """A stream, its pre-roll, its readers and its state. Everything here happens on the loop."""

    def __init__(self, key: StreamKey, changed: Callable[[], None]) -> None:
        self.key = key
        self.ring = PreRoll(PREROLL_SECONDS, LEAST_BYTES)
        self.description: StreamDescription | None = None
        self.state = CameraState.CONNECTING
        self.reason = ""
        self.fps = 0.0
        self.kbps = 0.0
        self.received = 0
        self.tap: Callable[[Packet], None] | None = None
        self.device_clock: Callable[[], float | None] = lambda: None
        """By how many seconds the device's clock is ahead of ours, as the present connection knows it."""
        self._changed = changed
        self._readers: set[Subscriber] = set()
        self._first_generation = 0
        self._generation = -1
        self.last_at = 0.0
        self._counted = (0, 0, 0.0)
        self._bytes = 0
        self._key_at = 0.0
        self._group_seconds = 0.0

    @property
    def readers(self) -> int:
        """How many read it now."""
        return len(self._readers)

    def attach(self, reader: Subscriber, *, from_now: bool = False) -> None:
        """Adds a reader, who gets the newest group of pictures at once unless it has the pre-roll already."""
        self._readers.add(reader)
        if self.description is not None and not from_now:
            group = self.ring.newest_group()
            if group and group[0].generation == self.description.generation:
                reader.described(self.description)
                for packet in group:
                    reader.packet(packet)

    def detach(self, reader: Subscriber) -> None:
        """Takes a reader away; it hears nothing more."""
        self._readers.discard(reader)

    def begin(self) -> None:
        """A new connection is about to be made: what follows has a time line of its own."""
        self._first_generation = self._generation + 1

    def take(self, packet: Packet) -> None:
        """The next packet of the present connection."""
        if self._first_generation:
            packet = replace(packet, generation=packet.generation + self._first_generation)
        if packet.generation != self._generation and not self._new_generation(packet):
            return
        self.received += 1
        self._bytes += len(packet.data)
        self.last_at = packet.arrived_at
        if packet.keyframe:
            self._group_seconds = max(packet.arrived_at - self._key_at, 0.0) if self._key_at else 0.0
            self._key_at = packet.arrived_at
        if self.state is not CameraState.ONLINE:
            self.say(CameraState.ONLINE, "")
        self.ring.append(packet)
        if self.tap is not None:
            self.tap(packet)
        for reader in tuple(self._readers):
            reader.packet(packet)

    def _new_generation(self, packet: Packet) -> bool:
        """Describes what begins with this keyframe; False if it is none."""
        if not packet.keyframe:
            return False
        sets = bitstream.parameter_sets(packet.data, packet.codec)
        width, height = bitstream.picture_size(sets, packet.codec)
        self._generation = packet.generation
        self.description = StreamDescription(
            packet.codec, width, height, packet.generation & 0xFFFF, bitstream.joined(sets)
        )
        self.ring.clear()
        for reader in tuple(self._readers):
            reader.described(self.description)
        return True

    def say(self, state: CameraState, reason: str) -> None:
        """Notes a state and tells of it if it is another. A failed retry does not count as connecting anew."""
        if state is CameraState.CONNECTING and self.state is not CameraState.UNKNOWN:
            return
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            if state is not CameraState.ONLINE:
                self.fps = self.kbps = 0.0
            self._changed()

    def tick(self, now: float) -> None:
        """Counts pictures and bits since the last tick; notices silence. Call it every second or so."""
        received, size, at = self._counted
        if at and now > at:
            self.fps = 0.7 * self.fps + 0.3 * (self.received - received) / (now - at)
            self.kbps = 0.7 * self.kbps + 0.3 * (self._bytes - size) * 8 / 1000 / (now - at)
        self._counted = (self.received, self._bytes, now)
        group = max(self._group_seconds, min(now - self._key_at, LONGEST_GROUP))
        needed = self.kbps * 1000 / 8 * (PREROLL_SECONDS + group) * SPARE
        self.ring.max_bytes = int(min(max(needed, LEAST_BYTES), MOST_BYTES))
        if self.state is CameraState.ONLINE and now - self.last_at > SILENT_SECONDS:
            self.say(CameraState.OFFLINE, f"the device has sent nothing for {SILENT_SECONDS:.0f} s")

    def end(self, reason: str) -> None:
        """Tells every reader that it is over."""
        readers, self._readers = self._readers, set()
        for reader in readers:
            reader.ended(reason)
