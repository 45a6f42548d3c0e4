"""A bare RTSP client for tests: says exactly what it is told and shows exactly what comes back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.samples.digest import md5

PATIENCE = 60.0


@dataclass(frozen=True)
class Reply:
    status: int
    head: str
    body: bytes

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}: (.*?)\r?$", self.head, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, password: str) -> None:
        self.reader = reader
        self.writer = writer
        self._password = password
        self._cseq = 0
        self._challenge: tuple[str, str] | None = None

    async def ask(self, method: str, url: str, **headers: str) -> Reply:
        """One request; with credentials once a 401 has come."""
        self._cseq += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._cseq}"]
        if self._challenge is not None:
            realm, nonce = self._challenge
            ha1, ha2 = md5(f"viewer:{realm}:{self._password}"), md5(f"{method}:{url}")
            response = md5(f"{ha1}:{nonce}:{ha2}")
            lines.append(
                f'Authorization: Digest username="viewer", realm="{realm}", nonce="{nonce}", uri="{url}", '
                f'response="{response}"'
            )
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        reply = await asyncio.wait_for(self.reply(), PATIENCE)
        if reply.status == 401:
            found = re.search(r'realm="([^"]*)", nonce="([^"]*)"', reply.head)
            assert found
            self._challenge = (found[1], found[2])
        return reply

    async def reply(self) -> Reply:
        """The next answer; packets in between are skipped."""
        while True:
            first = await self.reader.readexactly(1)
            if first == b"$":
                head = await self.reader.readexactly(3)
                await self.reader.readexactly(int.from_bytes(head[1:], "big"))
                continue
            text = (first + await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"Content-Length: (\d+)", text)
            body = await self.reader.readexactly(int(length[1])) if length else b""
            return Reply(int(text.split(" ")[1]), text, body)

    async def packet(self) -> tuple[int, bytes]:
        """The next interleaved packet and its channel."""
        head = await asyncio.wait_for(self.reader.readexactly(4), PATIENCE)
        assert head[:1] == b"$", head
        return head[1], await self.reader.readexactly(int.from_bytes(head[2:], "big"))

    async def rest_of_packet(self) -> tuple[int, bytes]:
        """A packet whose first byte has been read: its channel and what it holds."""
        head = await asyncio.wait_for(self.reader.readexactly(3), PATIENCE)
        return head[0], await self.reader.readexactly(int.from_bytes(head[1:], "big"))

    async def packets_for_ever(self) -> None:
        """Reads packets until the connection breaks."""
        while True:
            await self.packet()

    async def describe(self, url: str) -> Reply:
        """DESCRIBE with credentials."""
        if self._challenge is None:
            refused = await self.ask("DESCRIBE", url)
            assert refused.status == 401
        return await self.ask("DESCRIBE", url)

    async def set_up(self, url: str, transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> Reply:
        return await self.ask("SETUP", f"{url}/trackID=0", Transport=transport)

    async def play(self, url: str) -> str:
        """Everything up to PLAY; the session's name."""
        assert (await self.describe(url)).status == 200
        session = (await self.set_up(url)).header("Session").split(";")[0]
        assert (await self.ask("PLAY", url, Session=session)).status == 200
        return session


@asynccontextmanager
async def connected(host: str, port: int, password: str, limit: int = 1 << 20) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(host, port, limit=limit)
    try:
        yield Client(reader, writer, password)
    finally:
        writer.close()
