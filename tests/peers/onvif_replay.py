"""Replays the recorded ONVIF answers of one device over HTTP: n-th call of an operation, n-th recording."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

FAULT = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value>'
    b'<s:Subcode><s:Value xmlns:ter="http://www.onvif.org/ver10/error">ter:ActionNotSupported</s:Value></s:Subcode>'
    b'</s:Code><s:Reason><s:Text xml:lang="en">Optional Action Not Implemented</s:Text></s:Reason></s:Fault></s:Body>'
    b"</s:Envelope>"
)
STREAM = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<m:GetStreamUriResponse xmlns:m="http://www.onvif.org/ver10/media/wsdl"><m:MediaUri>'
    b'<t:Uri xmlns:t="http://www.onvif.org/ver10/schema">%s</t:Uri></m:MediaUri></m:GetStreamUriResponse></s:Body>'
    b"</s:Envelope>"
)
NONCE = "0badc0de"
CHALLENGE = f'WWW-Authenticate: Digest realm="replay", nonce="{NONCE}", qop="auth", algorithm=MD5\r\n'.encode()
_OPERATION = re.compile(rb"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)")


def _profile(request: bytes) -> str:
    """The profile for which an address is asked, "" for none."""
    found = re.search(rb"ProfileToken>([^<]*)<", request)
    return found[1].decode() if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Replay:
    """What was asked of the device. ``silent`` swallows requests, ``fault`` answers them all with a fault."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: Counter[str] = Counter()
        self.requests: list[bytes] = []
        self.port = 0
        self.silent = False
        self.status = b"200 OK"
        self.body: bytes | None = None
        self.faults: set[str] = set()
        self.streams: dict[str, str | None] = {}
        """What it names for the stream of a profile instead of what was recorded; None is a fault."""
        self.swallowed: set[str] = set()
        """Profiles for whose streams it is asked in vain."""
        self.failing: dict[str, list[bytes | None]] = {}
        """What it says first with a 503 when asked for the stream of a profile; None hangs up."""
        self.delay = 0.0
        self.writers: set[asyncio.StreamWriter] = set()
        self.digest: tuple[str, str] | None = None
        """User and password; with it the device takes HTTP digest and nothing else."""

    def _answer(self, request: bytes) -> tuple[bytes, bytes]:
        self.requests.append(request)
        found = _OPERATION.search(request)
        operation = found[1].decode() if found else ""
        self.asked[operation] += 1
        if self.body is not None:
            return self.status, self.body
        if operation in self.faults:
            return b"401 Unauthorized", FAULT
        profile = _profile(request)
        if operation == "GetStreamUri" and profile in self.streams:
            uri = self.streams[profile]
            return (b"400 Bad Request", FAULT) if uri is None else (self.status, STREAM % uri.encode())
        recordings = sorted(self._folder.glob(f"{operation}-*.xml"))
        if not recordings:
            return b"400 Bad Request", FAULT
        return self.status, recordings[(self.asked[operation] - 1) % len(recordings)].read_bytes()

    def _challenged(self, head: bytes) -> bool:
        """Whether the request lacks the right answer to the challenge (RFC 7616)."""
        if self.digest is None:
            return False
        given = dict(re.findall(r'(\w+)="?([^",\r]*)', head.decode("latin-1").partition("Digest ")[2].split("\r")[0]))
        user, password = self.digest
        secret = _md5(f"{user}:replay:{password}")
        called = _md5(f"POST:{given.get('uri', '')}")
        parts = (secret, NONCE, given.get("nc", ""), given.get("cnonce", ""), "auth", called)
        return given.get("username") != user or given.get("response") != _md5(":".join(parts))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if self.silent or _profile(body) in self.swallowed:
                    continue
                if failing := self.failing.get(_profile(body)):
                    if (said := failing.pop(0)) is None:
                        return
                    writer.write(
                        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)
                    )
                    continue
                await asyncio.sleep(self.delay)
                challenged = self._challenged(head)
                status, answer = (b"401 Unauthorized", b"") if challenged else self._answer(body)
                writer.write(
                    b"HTTP/1.1 "
                    + status
                    + b"\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
                    + (CHALLENGE if challenged else b"")
                    + b"Content-Length: "
                    + str(len(answer)).encode()
                    + b"\r\n\r\n"
                    + answer
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.writers.discard(writer)
            writer.close()


@asynccontextmanager
async def replaying(folder: Path, host: str = "127.0.0.1") -> AsyncIterator[Replay]:
    """The device's answers on a free port of that address."""
    replay = Replay(folder)
    server = await asyncio.start_server(replay.serve, host, 0)
    replay.port = server.sockets[0].getsockname()[1]
    try:
        yield replay
    finally:
        server.close()
        for writer in replay.writers:
            writer.transport.abort()
        # The transports close in the loop's next turn.
        await asyncio.sleep(0)
