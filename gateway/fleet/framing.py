"""Frames of the worker link: cutting a byte stream into frames, and the three payloads they carry.

A frame is a big-endian u32 length of what follows, one byte of kind, and the payload. The other end may be a worker
that hostile video has taken over, so nothing here trusts a length or a shape: everything wrong is a ``WireError``.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway.domain.packets import Packet
from gateway.ports import Json

PROTOCOL = 3
MAX_FRAME = 16 * 1024 * 1024
"""Bytes of kind and payload together; a longer frame ends the link."""

CONTROL, PACKET, BLOB = 1, 2, 3
KEY_FLAG = 1

_HEAD = struct.Struct("!IB")
_PACKET = struct.Struct("!IBqidH")
_SHORT = struct.Struct("!H")


class WireError(Exception):
    """The other end of the link said something that is not in the protocol."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as cut from the byte stream: its kind and its payload."""

    kind: int
    payload: bytes


class Splitter:
    """Cuts bytes into frames. Holds at most one unfinished frame of ``MAX_FRAME`` bytes."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Frames completed by these bytes, in order. Raises ``WireError`` for an empty, too long or unknown frame."""
        pending = self._pending
        pending += chunk
        position, end = 0, len(pending)
        try:
            while end - position >= _HEAD.size:
                length, kind = _HEAD.unpack_from(pending, position)
                if not 1 <= length <= MAX_FRAME:
                    raise WireError(f"a frame of {length} bytes is outside 1..{MAX_FRAME}")
                if kind not in (CONTROL, PACKET, BLOB):
                    raise WireError(f"frame kind {kind} is not known")
                stop = position + 4 + length
                if stop > end:
                    break
                frame = Frame(kind, bytes(memoryview(pending)[position + _HEAD.size : stop]))
                position = stop
                yield frame
        finally:
            del pending[:position]


def _frame(kind: int, *parts: bytes) -> bytes:
    length = 1 + sum(map(len, parts))
    if length > MAX_FRAME:
        raise WireError(f"a frame of {length} bytes is outside 1..{MAX_FRAME}")
    return b"".join((_HEAD.pack(length, kind), *parts))


def _json_bytes(message: Json) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def control_frame(message: Json) -> bytes:
    """The bytes of a control message; its "type" says which."""
    return _frame(CONTROL, _json_bytes(message))


def packet_frame(number: int, packet: Packet) -> bytes:
    """The bytes of one packet of the numbered stream. The codec travels in the stream's description, not here."""
    return packet_head(number, packet) + packet.data


def packet_head(number: int, packet: Packet) -> bytes:
    """What goes in front of ``packet.data``; apart, so that a large picture need not be copied to be sent."""
    length = 1 + _PACKET.size + len(packet.data)
    if length > MAX_FRAME:
        raise WireError(f"a frame of {length} bytes is outside 1..{MAX_FRAME}")
    flags = KEY_FLAG if packet.keyframe else 0
    fields = _PACKET.pack(number, flags, packet.dts, packet.offset, packet.arrived_at, packet.generation & 0xFFFF)
    return _HEAD.pack(length, PACKET) + fields


def blob_frame(header: Json, data: bytes) -> bytes:
    """The bytes of a control message that carries a file."""
    head = _json_bytes(header)
    if len(head) > 0xFFFF:
        raise WireError(f"a blob header of {len(head)} bytes is too long")
    return _frame(BLOB, _SHORT.pack(len(head)), head, data)


def _refuse_constant(name: str) -> NoReturn:
    raise WireError(f"{name} is not a number of the protocol")


def _object(text: bytes) -> Json:
    try:
        value: Any = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WireError("a control message is not JSON") from error
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise WireError('a control message is not an object with a "type"')
    return value


def read_control(payload: bytes) -> Json:
    """The control message in a frame's payload. Raises ``WireError``."""
    return _object(payload)


def read_packet(payload: bytes, codec: str = "h264") -> tuple[int, Packet]:
    """The stream number and the packet in a frame's payload; the codec is the stream's. Raises ``WireError``."""
    if len(payload) < _PACKET.size:
        raise WireError("a packet is shorter than its header")
    number, flags, dts, offset, arrived_at, generation = _PACKET.unpack_from(payload)
    if arrived_at != arrived_at or arrived_at in (float("inf"), float("-inf")):
        raise WireError("a packet's time is not a number")
    data = payload[_PACKET.size :]
    return number, Packet(dts, bool(flags & KEY_FLAG), data, arrived_at, generation, codec, offset)


def stream_number(payload: bytes) -> int:
    """Which stream a packet frame belongs to, without reading the rest. Raises ``WireError``."""
    if len(payload) < _PACKET.size:
        raise WireError("a packet is shorter than its header")
    number: int = struct.unpack_from("!I", payload)[0]
    return number


def read_blob(payload: bytes) -> tuple[Json, bytes]:
    """The header and the file in a frame's payload. Raises ``WireError``."""
    if len(payload) < _SHORT.size:
        raise WireError("a blob is shorter than its header")
    (length,) = _SHORT.unpack_from(payload)
    if len(payload) < _SHORT.size + length:
        raise WireError("a blob is shorter than its header")
    return _object(payload[_SHORT.size : _SHORT.size + length]), payload[_SHORT.size + length :]
