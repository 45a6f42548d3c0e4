"""Replays the recorded RTSP answers of a device, and sends pictures made for the test over the same connection."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av

from gateway.media import rtp

DEVICES = Path(__file__).parents[1] / "fixtures/devices/rtsp"
STEP = 9000
SSRC = 0x4CACC3D1


@dataclass
class Script:
    """What the device answers, by the names of its recordings, and whom it lets in. ``pace`` is seconds a picture."""

    describe: str = "hikvision_describe"
    setup: str = "hikvision_setup"
    play: str = "hikvision_play"
    units: Sequence[bytes] = ()
    account: tuple[str, str] | None = None
    challenge: str = 'WWW-Authenticate: Basic realm="replay"'
    without: str = ""
    """A pattern that is left out of the session description."""
    pace: float = 0.01
    requests: list[str] = field(default_factory=list)
    stamps: Sequence[int] = ()
    """Where each picture belongs in time, in ticks; one after the other if it is empty."""
    stalls: bool = False
    """Whether after the last picture reports go on (RTCP), as of a device whose encoder hangs, instead of an end."""
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Ends the reports of one that stalls, and its connection."""


def pictures(count: int = 30, size: tuple[int, int] = (320, 240), **options: str) -> list[bytes]:
    """Access units of H.264 in the order of decoding, a keyframe with its sets every tenth."""
    return [bytes(packet) for packet in encoded(count, size, **options)]


def brighter(index: int) -> int:
    """The usual brightness of a picture: every one is a little brighter than the one before it."""
    return (index * 8) % 256


def encoded(
    count: int, size: tuple[int, int], brightness: Callable[[int], int] = brighter, **options: str
) -> list[av.Packet]:
    """The same as packets that know when they are shown."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.time_base = Fraction(1, 10)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10", **options}
    packets: list[av.Packet] = []
    for index in range(count):
        frame = av.VideoFrame(*size, "yuv420p")
        for number, plane in enumerate(frame.planes):
            plane.update(bytes([brightness(index) if number == 0 else 128]) * plane.buffer_size)
        frame.pts = index
        packets += context.encode(frame)
    return [*packets, *context.encode(None)]


def _recorded(name: str, sequence: str, without: str) -> bytes:
    text = (DEVICES / f"{name}.txt").read_text("latin-1").replace("\r\n", "\n")
    head, _, body = text.partition("\n\n")
    body = body.strip("\n")
    if without:
        body = re.sub(without, "", body)
    lines = [line for line in head.split("\n") if not line.lower().startswith(("cseq:", "content-length:"))]
    sent = (body.replace("\n", "\r\n") + "\r\n").encode("latin-1") if body else b""
    lines.append(f"CSeq: {sequence}")
    if sent:
        lines.append(f"Content-Length: {len(sent)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + sent


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class _Client:
    """One connection to the device."""

    def __init__(self, sock: socket.socket, script: Script, over: threading.Event) -> None:
        self._sock, self._script, self._over = sock, script, over
        self._writing = threading.Lock()

    def talk(self) -> None:
        pending = b""
        while not self._over.is_set():
            chunk = self._sock.recv(65536)
            if not chunk:
                return
            pending += chunk
            while pending:
                if pending[:1] == b"$" and len(pending) >= 4:
                    # what the client reports of its reception is not looked at
                    pending = pending[4 + struct.unpack(">H", pending[2:4])[0] :]
                    continue
                request, found, rest = pending.partition(b"\r\n\r\n")
                if not found:
                    break
                pending = rest
                self._answer(request.decode("latin-1"))

    def _answer(self, request: str) -> None:
        self._script.requests.append(request)
        method = request.split(" ")[0]
        sequence = re.search(r"(?i)cseq: *(\d+)", request)
        number = sequence[1] if sequence else "0"
        script = self._script
        if method == "OPTIONS":
            self._send(f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n")
        elif not self._may(request, method):
            self._send(f"RTSP/1.0 401 Unauthorized\r\nCSeq: {number}\r\n{script.challenge}\r\n\r\n")
        elif method == "DESCRIBE":
            self._send(_recorded(script.describe, number, script.without))
        elif method == "SETUP":
            self._send(_recorded(script.setup, number, ""))
        elif method == "PLAY":
            self._send(_recorded(script.play, number, ""))
            threading.Thread(target=self._play, daemon=True).start()
        else:
            self._send(f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n\r\n")

    def _may(self, request: str, method: str) -> bool:
        if self._script.account is None:
            return True
        user, password = self._script.account
        given = re.search(r"(?im)^authorization: *(\w+) (.*)$", request)
        if given is None:
            return False
        if given[1] == "Basic":
            return base64.b64decode(given[2]).decode() == f"{user}:{password}"
        parts = dict(re.findall(r'(\w+)="?([^",\r]*)', given[2]))
        secret = _md5(f"{user}:{parts['realm']}:{password}")
        return parts["response"] == _md5(f"{secret}:{parts['nonce']}:{_md5(method + ':' + parts['uri'])}")

    def _play(self) -> None:
        sequence = 0
        script = self._script
        for index, unit in enumerate(script.units):
            stamp = script.stamps[index] if script.stamps else index * STEP
            payloads = _payloads(unit)
            for place, payload in enumerate(payloads):
                marker = 0x80 if place == len(payloads) - 1 else 0
                head = struct.pack(">BBHII", 0x80, marker | 96, sequence & 0xFFFF, stamp & 0xFFFFFFFF, SSRC)
                self._send(struct.pack(">cBH", b"$", 0, len(head) + len(payload)) + head + payload)
                sequence += 1
            if self._over.wait(script.pace):
                return
        report = struct.pack(">BBHIQIII", 0x80, 200, 6, SSRC, 0, 0, 0, 0)
        while script.stalls and not self._over.is_set() and not script.hung_up.wait(0.05):
            self._send(struct.pack(">cBH", b"$", 1, len(report)) + report)
        self._sock.shutdown(socket.SHUT_RDWR)

    def _send(self, data: str | bytes) -> None:
        try:
            with self._writing:
                self._sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        except OSError:
            self._over.set()


def _payloads(unit: bytes) -> list[bytes]:
    made: list[bytes] = []
    for begin, end in rtp.nal.spans(unit):
        made += rtp._single(unit, begin, end)
    return made


@contextmanager
def replaying(script: Script) -> Iterator[int]:
    """The device on a free port of 127.0.0.1."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not over.is_set():
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                continue
            sock.settimeout(30)
            with sock:
                try:
                    _Client(sock, script, threading.Event()).talk()
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:  # also when the test fails or expects an error: a thread that goes on would slow all that follow
            over.set()
            thread.join()
