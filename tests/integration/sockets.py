"""A WebSocket client that talks to the application in this process, on the test's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI


class Socket:
    """One connection. ``said`` is everything that came, as text."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said: list[str] = []

    async def receive(self, seconds: float = 180) -> dict[str, Any]:
        """The next ASGI message from the application. The limit ends a hanging test; it does not judge speed."""
        message = await asyncio.wait_for(self.outgoing.get(), seconds)
        self.said.append(repr(message))
        return message

    async def until_closed(self) -> str:
        """Everything that comes until the application closes."""
        while (await self.receive())["type"] != "websocket.close":
            pass
        return "\n".join(self.said)

    async def until_said(self, word: str) -> str:
        """Everything that comes until a message holds the word."""
        while word not in "\n".join(self.said):
            await self.receive()
        return "\n".join(self.said)

    async def until_quiet(self, seconds: float = 0.15) -> str:
        """Everything that comes until nothing does for a while, or the application closes."""
        while True:
            try:
                message = await self.receive(seconds)
            except TimeoutError:
                return "\n".join(self.said)
            if message["type"] == "websocket.close":
                return "\n".join(self.said)


@asynccontextmanager
async def connected(
    app: FastAPI, address: str, cookies: str = "", origin: str | None = None, token: str = ""
) -> AsyncIterator[Socket]:
    """A WebSocket on that path and query; closed at the end of the block."""
    socket, parts = Socket(), urlsplit(address)
    headers = [(b"host", b"gateway.test")]
    headers += [(b"cookie", cookies.encode())] if cookies else []
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    headers += [(b"origin", origin.encode())] if origin else []
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("gateway.test", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {},
    }
    socket.incoming.put_nowait({"type": "websocket.connect"})
    async with asyncio.TaskGroup() as group:
        running = group.create_task(app(scope, socket.incoming.get, socket.outgoing.put))
        try:
            yield socket
        finally:
            socket.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await asyncio.wait([running], timeout=30)
            running.cancel()
