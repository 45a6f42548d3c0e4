"""Playing sessions: RTP over the RTSP connection or over UDP, headers patched into shared packets."""

from __future__ import annotations

import asyncio
import os
import secrets
import struct
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.samples.device import SampleCamera
from gateway.samples.faults import Fault
from gateway.samples.tape import FPS, TICKS_PER_FRAME, Unit

MAX_BACKLOG = 1 << 20
"""Bytes a reader may be behind before it is dropped."""

REPORT_EVERY = 5 * FPS
"""Ticks between two RTCP sender reports."""

WRONG_BY_SECONDS = 90

_FIELDS = struct.Struct(">HII")
_REPORT = struct.Struct(">BBHIIIIII")
_NTP_EPOCH = 2_208_988_800


@dataclass(slots=True)
class Tally:
    """What the sample cameras did, for tests and the log."""

    pictures: int = 0
    bytes: int = 0
    slow_readers: int = 0


class RtpPlayer(ABC):
    """What both transports share: sequence, time stamps, sender reports, bursts when the camera is slow."""

    def __init__(self, camera: SampleCamera, kind: str, tally: Tally) -> None:
        self.camera = camera
        self.kind = kind
        self.ssrc = secrets.randbits(32)
        self.sequence = secrets.randbits(15)
        self.time_base = secrets.randbits(31)
        self.packets = 0
        self.octets = 0
        self.tally = tally
        self._held: list[tuple[int, Unit]] = []
        self._next_report = 0

    def time_stamp(self, tick: int) -> int:
        """The RTP time of that tick; it runs on over the tape's end."""
        return (self.time_base + tick * TICKS_PER_FRAME + self.camera.time_shift) & 0xFFFFFFFF

    def show(self, tick: int, unit: Unit) -> None:
        """Sends the picture, or holds it for the next burst."""
        if Fault.SLOW in self.camera.faults:
            self._held.append((tick, unit))
            if tick % FPS == 0:
                self._release()
            return
        if self._held:
            self._release()
        self._send(tick, unit)

    def _release(self) -> None:
        held, self._held = self._held, []
        for tick, unit in held:
            self._send(tick, unit)

    def _send(self, tick: int, unit: Unit) -> None:
        data = bytearray(unit.data)
        stamp = self.time_stamp(tick)
        sequence, ssrc, pack = self.sequence, self.ssrc, _FIELDS.pack_into
        for start in unit.starts:
            pack(data, start, sequence, stamp, ssrc)
            sequence = (sequence + 1) & 0xFFFF
        self.sequence = sequence
        if Fault.GARBAGE in self.camera.faults:
            _spoil(data, unit)
        if tick >= self._next_report:
            self._next_report = tick + REPORT_EVERY
            self.write_report(self._report(stamp))
        self.packets += len(unit.starts)
        self.octets += len(data) - 16 * len(unit.starts)
        self.tally.pictures += 1
        self.tally.bytes += len(data)
        self.write(data, unit)

    def _report(self, stamp: int) -> bytes:
        """A compound RTCP packet: sender report and CNAME (RFC 3550, 6.4.1 and 6.5)."""
        now = time.time() + (WRONG_BY_SECONDS if Fault.WRONG_CLOCK in self.camera.faults else 0)
        seconds = int(now)
        fraction = int((now - seconds) * (1 << 32))
        ntp = (seconds + _NTP_EPOCH) & 0xFFFFFFFF
        report = _REPORT.pack(
            0x80, 200, 6, self.ssrc, ntp, fraction, stamp, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF
        )
        name = b"\x01\x06sample"
        body = self.ssrc.to_bytes(4, "big") + name + b"\0" * (4 - len(name) % 4)
        return report + struct.pack(">BBH", 0x81, 202, len(body) // 4) + body

    @abstractmethod
    def write(self, data: bytearray, unit: Unit) -> None:
        """Puts one picture's packets on the wire."""

    @abstractmethod
    def write_report(self, report: bytes) -> None:
        """Puts a sender report on the wire."""

    @abstractmethod
    def end(self) -> None:
        """Closes the session at once."""


def _spoil(data: bytearray, unit: Unit) -> None:
    """Random bytes in place of every payload."""
    ends = [*(start - 6 for start in unit.starts[1:]), len(data)]
    for start, end in zip(unit.starts, ends, strict=True):
        data[start + 10 : end] = os.urandom(end - start - 10)


class InterleavedPlayer(RtpPlayer):
    """RTP inside the RTSP connection (RFC 2326, 10.12)."""

    def __init__(
        self, camera: SampleCamera, kind: str, tally: Tally, transport: asyncio.Transport, channels: tuple[int, int]
    ) -> None:
        super().__init__(camera, kind, tally)
        self._transport = transport
        self._channels = channels

    def write(self, data: bytearray, unit: Unit) -> None:
        """One write for the whole picture; a reader too far behind is dropped."""
        if self._transport.get_write_buffer_size() > MAX_BACKLOG:
            self.tally.slow_readers += 1
            self.end()
            return
        if channel := self._channels[0]:
            for start in unit.starts:
                data[start - 5] = channel
        self._transport.write(data)

    def write_report(self, report: bytes) -> None:
        """A report on the second channel."""
        self._transport.write(struct.pack(">BBH", 0x24, self._channels[1], len(report)) + report)

    def end(self) -> None:
        """Aborts the connection."""
        self._transport.abort()


class Ports(Protocol):
    """The two UDP ports of a session, for RTP and RTCP."""

    def send(self, which: int, data: bytes | memoryview) -> None:
        """Sends one datagram from the first (0) or second (1) port; it may get lost."""
        ...

    def close(self) -> None:
        """Closes both."""
        ...


class DatagramPlayer(RtpPlayer):
    """RTP over UDP, unicast."""

    def __init__(
        self,
        camera: SampleCamera,
        kind: str,
        tally: Tally,
        ports: Ports,
        on_end: Callable[[], None],
    ) -> None:
        super().__init__(camera, kind, tally)
        self._ports = ports
        self._on_end = on_end

    def write(self, data: bytearray, unit: Unit) -> None:
        """One datagram per packet."""
        whole = memoryview(data)
        ends = [*(start - 6 for start in unit.starts[1:]), len(data)]
        for start, end in zip(unit.starts, ends, strict=True):
            self._ports.send(0, whole[start - 2 : end])

    def write_report(self, report: bytes) -> None:
        """A report from the second port."""
        self._ports.send(1, report)

    def close(self) -> None:
        """Closes both ports."""
        self._ports.close()

    def end(self) -> None:
        """Closes the session and the connection that controls it."""
        self.close()
        self._on_end()
