"""How a device wants to be signed in to: FFmpeg answers digests with MD5 alone, and says only that it failed."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress

SECONDS = 3.0
MAX_ANSWER_BYTES = 16_384
ANSWERED = frozenset({"", "md5", "md5-sess"})
NEWER_DIGEST = (
    "the device wants a newer digest than MD5 for RTSP, such as SHA-256, which cannot be answered yet: choose MD5 there"
)

_DIGEST = re.compile(rb"(?im)^www-authenticate:[ \t]*digest[ \t]([^\r\n]*)")
_ALGORITHM = re.compile(rb"(?i)\balgorithm[ \t]*=[ \t]*\"?([\w-]+)")


def wants_newer_digest(host: str, port: int, url: str) -> bool:
    """Whether the device asks for a digest that FFmpeg cannot answer. Sends no password; blocks for some seconds."""
    return unanswerable(_described(host, port, url))


def unanswerable(answer: bytes) -> bool:
    """Whether the challenge that FFmpeg takes up, of several the last digest, is one of a newer kind."""
    challenges = _DIGEST.findall(answer.partition(b"\r\n\r\n")[0])
    if not challenges:
        return False
    algorithms = _ALGORITHM.findall(challenges[-1]) or [b""]
    return algorithms[-1].decode("latin-1").lower() not in ANSWERED


def _described(host: str, port: int, url: str) -> bytes:
    """What a device says to somebody who asks for a stream without signing in; b"" if it says nothing."""
    heard, until = b"", time.monotonic() + SECONDS
    with suppress(OSError), socket.create_connection((host, port), timeout=SECONDS) as sock:
        sock.sendall(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n".encode())
        while b"\r\n\r\n" not in heard and len(heard) < MAX_ANSWER_BYTES and (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            more = sock.recv(4096)
            if not more:
                break
            heard += more
    return heard
