"""Replays the recorded ONVIF answers of one device over HTTP: n-th call of an operation, n-th recording."""

from __future__ import annotations

import asyncio
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
_OPERATION = re.compile(rb"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)")


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

    def _answer(self, request: bytes) -> tuple[bytes, bytes]:
        self.requests.append(request)
        found = _OPERATION.search(request)
        operation = found[1].decode() if found else ""
        self.asked[operation] += 1
        if self.body is not None:
            return self.status, self.body
        recordings = sorted(self._folder.glob(f"{operation}-*.xml"))
        if not recordings:
            return b"400 Bad Request", FAULT
        return self.status, recordings[(self.asked[operation] - 1) % len(recordings)].read_bytes()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if self.silent:
                    continue
                status, answer = self._answer(body)
                writer.write(
                    b"HTTP/1.1 " + status + b"\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
                    b"Content-Length: " + str(len(answer)).encode() + b"\r\n\r\n" + answer
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
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
