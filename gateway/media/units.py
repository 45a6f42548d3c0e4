"""Units: one access unit of a channel with everything made from it, made at most once and shared by all viewers."""

from __future__ import annotations

from functools import cached_property

from gateway.domain.packets import CLOCK_RATE, Packet
from gateway.media import fmp4, nal, rtp
from gateway.media.sps import Shape, shape

_LONGEST = CLOCK_RATE
_SHORTEST = CLOCK_RATE // 10
"""Chromium waits for a keyframe when decode times jump by more than twice the last sample's duration, while one that is
too long harms nobody: so it is never below what bridges one lost picture at 10 pictures a second."""


class Chapter:
    """A stretch of a channel with one set of parameter sets: what a viewer must be told before its first unit."""

    def __init__(self, number: int, codec: str, sets: nal.Sets) -> None:
        self.number = number
        self.codec = codec
        self.sets = sets
        self.has_b_pictures = False
        """Known once one was to be put into payloads: who comes later is told before its answer."""

    @cached_property
    def shape(self) -> Shape:
        """Codec string and size. Raises ``Unplayable``."""
        return shape(self.codec, self.sets)

    @property
    def baseline(self) -> bool:
        """True if its profile has no B pictures (ITU-T H.264, A.2.1)."""
        return self.codec == "h264" and all(sps[1:2] == b"\x42" for sps in self.sets.get(nal.H264_SPS, []))

    @property
    def mime(self) -> str:
        """The type that Media Source Extensions ask for."""
        return f'video/mp4; codecs="{self.shape.codec}"'

    @cached_property
    def initialisation(self) -> bytes:
        """The initialisation segment. Raises ``Unplayable``."""
        return fmp4.initialisation(self.codec, self.sets, self.shape)


class Unit:
    """One access unit. ``time`` (of decoding) and ``duration`` are ticks of 90 kHz, continuous over chapters."""

    def __init__(self, packet: Packet, chapter: Chapter, number: int, time: int, duration: int) -> None:
        self.packet = packet
        self.chapter = chapter
        self.number = number
        self.time = time
        self.duration = duration

    @property
    def keyframe(self) -> bool:
        """True if decoding can begin here."""
        return self.packet.keyframe

    @property
    def size(self) -> int:
        """Bytes of the access unit."""
        return len(self.packet.data)

    @cached_property
    def fragment(self) -> bytes:
        """The unit as an MP4 fragment."""
        packet = self.packet
        return fmp4.fragment(
            packet.codec, packet.data, self.number, self.time, self.duration, packet.keyframe, packet.offset
        )

    @cached_property
    def payloads(self) -> list[bytes]:
        """The unit as RTP payloads. Raises ``Bidirectional``."""
        try:
            return rtp.payloads(self.packet.data)
        except rtp.Bidirectional:
            self.chapter.has_b_pictures = True
            raise


class Chronicle:
    """Turns packets into units: numbers them, keeps time continuous and begins a chapter when the stream changes."""

    def __init__(self) -> None:
        self._chapter: Chapter | None = None
        self._generation = -1
        self._number = 0
        self._offset = 0
        self._time = 0
        self._step = CLOCK_RATE // 25
        self._duration = CLOCK_RATE // 5

    def interrupted(self) -> None:
        """The next packet comes from a new subscription: its time stamps have nothing to do with the last one's."""
        self._generation = -1

    def unit(self, packet: Packet) -> Unit | None:
        """The packet as a unit, or None while no keyframe has come since the stream changed."""
        if packet.generation != self._generation:
            if not packet.keyframe:
                return None
            self._begin(packet)
        elif packet.keyframe and self._chapter is not None:
            sets = nal.parameter_sets(packet.codec, packet.data)
            if sets and sets != self._chapter.sets:
                self._chapter = Chapter(self._chapter.number + 1, packet.codec, sets)
        chapter = self._chapter
        if chapter is None:
            return None
        time = packet.dts + self._offset
        delta = time - self._time
        if self._number:
            self._step = delta
            self._duration = min(_LONGEST, max(_SHORTEST, delta, self._duration * 15 // 16))
        self._time = time
        self._number += 1
        return Unit(packet, chapter, self._number, time, self._duration)

    def _begin(self, packet: Packet) -> None:
        number = 0 if self._chapter is None else self._chapter.number + 1
        self._chapter = Chapter(number, packet.codec, nal.parameter_sets(packet.codec, packet.data))
        self._generation = packet.generation
        self._offset = self._time + (self._step if self._number else 0) - packet.dts
