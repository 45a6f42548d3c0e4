"""The console's files, and the headers that keep a browser from doing anything else with them."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web.rules import Open, rule

DIST = Path(__file__).parent.parent / "console" / "dist"
NOT_BUILT = (
    "The console is not built: run 'make setup' (or 'npm run build' in gateway/console), then reload this page.\n"
)

_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


def router(dist: Path = DIST) -> APIRouter:
    """Everything that is no API: the page, its hashed files, and the page again for paths that only it knows."""
    routes = APIRouter()
    root = dist.resolve()

    @routes.api_route("/{path:path}", methods=["GET", "HEAD"], dependencies=[rule(Open())], include_in_schema=False)
    def page(path: str) -> Response:
        """A file of the console, or its page."""
        if path.startswith("api/"):
            return Response('{"error":{"code":"not_found","message":"there is no such thing","detail":{}}}', 404)
        file = Path(os.path.normpath(root / path))
        if path and file.is_relative_to(root) and file.is_file():
            hashed = path.startswith("assets/")
            lasting = "public, max-age=31536000, immutable" if hashed else "no-cache"
            return FileResponse(file, headers={"Cache-Control": lasting})
        if path.startswith("assets/"):
            return PlainTextResponse("There is no such file.\n", 404)
        index = dist / "index.html"
        if not index.is_file():
            return PlainTextResponse(NOT_BUILT, 503)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})

    return routes


class ProtectiveHeaders:
    """Adds the protective headers to every HTTP answer; WebSockets pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        await self._app(scope, receive, with_headers)
