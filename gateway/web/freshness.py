"""Freshness: what a session may see is kept by no cache, unless a route says otherwise."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"cache-control"
PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
"""Of a file that is handed to this session alone, and taken for nothing else than it is said to be."""


class Uncached:
    """ASGI middleware: answers that say nothing about caching must not be cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if all(name.lower() != HEADER for name, _ in headers):
                    message["headers"] = [*headers, (HEADER, b"no-store")]
            await send(message)

        await self._app(scope, receive, marked)
