"""Packets: what an encoded stream is made of, opaque to everyone but decoders."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CLOCK_RATE = 90_000
"""Ticks per second of every packet time stamp (RFC 6184, section 8.2.1)."""


class StreamKind(StrEnum):
    """Which of a camera's encodings a stream is."""

    MAIN = "main"
    SUB = "sub"


@dataclass(frozen=True, slots=True)
class StreamKey:
    """The name of one stream: a camera and which of its encodings."""

    camera_id: str
    kind: StreamKind

    def __str__(self) -> str:
        return f"{self.camera_id}/{self.kind}"


@dataclass(frozen=True, slots=True)
class Packet:
    """One access unit of a stream.

    ``data`` is Annex B; a keyframe always carries its parameter sets in front (SPS, PPS and for H.265 VPS).
    ``dts`` is when it is decoded, in ticks of ``CLOCK_RATE``, repaired to be strictly increasing within a
    ``generation``; ``offset`` is how much later it is shown, 0 unless pictures are sent out of order (B pictures).
    ``generation`` grows when the parameter sets or the time line change: a reader must start anew.
    ``arrived_at`` is Unix time in seconds, read when the packet left the device's connection.
    """

    dts: int
    keyframe: bool
    data: bytes
    arrived_at: float
    generation: int = 0
    codec: str = "h264"
    offset: int = 0

    @property
    def pts(self) -> int:
        """When it is shown, in ticks."""
        return self.dts + self.offset
