"""Footage tapes, packetised once for RTP (RFC 6184) and shared by every session that replays them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.domain.packets import CLOCK_RATE

FPS = 10
GOP = 20
TICKS_PER_FRAME = CLOCK_RATE // FPS
PAYLOAD_TYPE = 96
HEADER = 4 + 12
"""Bytes in front of every payload: the interleaved header (RFC 2326, 10.12) and the RTP header."""

_MAX_PAYLOAD = 1400
_SPS, _PPS, _IDR, _SLICE, _STAP_A, _FU_A = 7, 8, 5, 1, 24, 28


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture as RTP packets, each behind an interleaved header, with sequence, time and source still empty.

    ``starts`` are the places of those three fields (ten bytes: 16-bit sequence, 32-bit time stamp, 32-bit SSRC).
    """

    data: bytes
    starts: tuple[int, ...]
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Tape:
    """A loop of pictures at ten a second; its length is a whole number of groups of ``GOP`` pictures."""

    name: str
    units: tuple[Unit, ...]
    sps: bytes
    pps: bytes

    def __len__(self) -> int:
        return len(self.units)

    @property
    def sprop(self) -> str:
        """The SDP's sprop-parameter-sets (RFC 6184, 8.1)."""
        return ",".join(base64.b64encode(nal).decode() for nal in (self.sps, self.pps))

    @property
    def profile_level_id(self) -> str:
        """The SDP's profile-level-id, six hexadecimal digits."""
        return self.sps[1:4].hex()


def nal_units(stream: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B stream, without start codes."""
    at = stream.find(b"\0\0\1")
    while at >= 0:
        start = at + 3
        at = stream.find(b"\0\0\1", start)
        end = len(stream) if at < 0 else at
        if at > 0 and stream[at - 1] == 0:
            end -= 1
        yield stream[start:end]


def access_units(stream: bytes) -> Iterator[list[bytes]]:
    """Groups of NAL units that make one picture: parameter sets, then slices."""
    unit: list[bytes] = []
    has_slice = False
    for nal in nal_units(stream):
        kind = nal[0] & 0x1F
        is_slice = kind in (_SLICE, _IDR)
        begins_picture = is_slice and bool(nal[1] & 0x80)
        if has_slice and (begins_picture or not is_slice):
            yield unit
            unit, has_slice = [], False
        unit.append(nal)
        has_slice = has_slice or is_slice
    if has_slice:
        yield unit


def payloads(nals: list[bytes]) -> Iterator[bytes]:
    """RTP payloads of one picture: parameter sets aggregated, small units alone, large ones fragmented."""
    sets = [nal for nal in nals if nal[0] & 0x1F in (_SPS, _PPS)]
    if sets:
        aggregate = b"".join(len(nal).to_bytes(2, "big") + nal for nal in sets)
        yield bytes([max(nal[0] & 0x60 for nal in sets) | _STAP_A]) + aggregate
    for nal in nals:
        if nal[0] & 0x1F in (_SPS, _PPS):
            continue
        if len(nal) <= _MAX_PAYLOAD:
            yield nal
        else:
            yield from _fragments(nal)


def _fragments(nal: bytes) -> Iterator[bytes]:
    """FU-A fragments (RFC 6184, 5.8)."""
    indicator = nal[0] & 0xE0 | _FU_A
    step = _MAX_PAYLOAD - 2
    last = 1 + (len(nal) - 2) // step * step
    for start in range(1, len(nal), step):
        mark = (0x80 if start == 1 else 0) | (0x40 if start == last else 0)
        yield bytes([indicator, mark | nal[0] & 0x1F]) + nal[start : start + step]


def packetise(nals: list[bytes]) -> Unit:
    """The picture as RTP packets; the marker bit is on the last."""
    parts = list(payloads(nals))
    data = bytearray()
    starts = []
    for i, payload in enumerate(parts):
        marker = 0x80 if i == len(parts) - 1 else 0
        data += b"$\0" + (12 + len(payload)).to_bytes(2, "big") + bytes([0x80, marker | PAYLOAD_TYPE])
        starts.append(len(data))
        data += bytes(10) + payload
    return Unit(bytes(data), tuple(starts), any(nal[0] & 0x1F == _IDR for nal in nals))


def read_tape(path: Path) -> Tape:
    """The tape in that Annex B file. Raises ValueError if it is not a whole number of groups of pictures."""
    sps = pps = b""
    units = []
    for nals in access_units(path.read_bytes()):
        for nal in nals:
            if nal[0] & 0x1F == _SPS:
                sps = nal
            elif nal[0] & 0x1F == _PPS:
                pps = nal
        units.append(packetise(nals))
    if not units or len(units) % GOP or any(u.keyframe != (i % GOP == 0) for i, u in enumerate(units)):
        raise ValueError(f"{path.name} is not a whole number of groups of {GOP} pictures")
    return Tape(path.name, tuple(units), sps, pps)


class Shelf:
    """The folder of tapes: each is read when it is first asked for and then shared."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tapes: dict[str, Tape] = {}

    def tape(self, name: str, kind: str) -> Tape:
        """The main or sub stream of that tape."""
        key = f"{name}-{kind}"
        if key not in self._tapes:
            self._tapes[key] = read_tape(self._folder / f"{key}.h264")
        return self._tapes[key]

    def still(self, name: str) -> bytes:
        """The tape's snapshot, a JPEG."""
        return (self._folder / f"{name}.jpg").read_bytes()
