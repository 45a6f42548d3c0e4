"""Live pictures over a WebSocket: fragments of MP4 for Media Source Extensions, and single pictures as JPEG."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Query, Request, Response, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from gateway.domain.actions import Action
from gateway.domain.packets import StreamKind
from gateway.media.channel import Ended, Viewer
from gateway.media.hub import Hub
from gateway.media.sps import Unplayable
from gateway.media.units import Chapter
from gateway.ports import Unavailable
from gateway.services.errors import Failed, Forbidden, Locked, NotFound, NotSignedIn
from gateway.services.leasing import Lease, Wish
from gateway.services.marks import viewer_words
from gateway.services.viewing import Viewing
from gateway.web.rules import Needs, rule
from gateway.web.signed import signed_in

GONE = (WebSocketDisconnect, OSError, RuntimeError)
"""What sending to a peer that has left raises, by how it left."""
_CUT_SECONDS = 0.5
"""How long a fragment on its way may still take after the view was ended."""
_GOODBYE_SECONDS = 1.0


class Stills(Protocol):
    """Who makes single pictures: the workers."""

    async def still(self, camera_id: str, width: int | None, words: str = "") -> bytes:
        """A JPEG with the words across it. Raises ``Unavailable``."""
        ...


Purpose = Annotated[str | None, Query(max_length=32)]
Reason = Annotated[str, Query(max_length=1000)]
TicketId = Annotated[str | None, Query(max_length=36, description="the ticket that this look is for")]


def router(viewing: Viewing, hub: Hub, stills: Stills, now: Callable[[], datetime]) -> APIRouter:
    """The routes of live view and snapshot."""
    routes = APIRouter()

    @routes.websocket("/cameras/{camera_id}/live", dependencies=[rule(Needs(Action.VIEW_LIVE))])
    async def live(
        websocket: WebSocket,
        camera_id: str,
        stream: str = "sub",
        purpose: str | None = None,
        reason: str = "",
        ticket: str | None = None,
        wall: bool = False,
    ) -> None:
        """Fragments of the stream until either side ends it."""
        await websocket.accept()
        try:
            kind = _stream_kind(stream)
            wish = Wish(camera_id, Action.VIEW_LIVE, "ws-fmp4", kind, purpose, reason, ticket, wall)
            caller = await signed_in(websocket)
            async with viewing.open(caller, wish) as lease, hub.view(lease.shown, lease.words) as viewer:
                ended = await _show(websocket, lease, viewer)
        except (Failed, Unavailable) as problem:
            ended = ending_of(problem)
        await _say_goodbye(websocket, ended)

    @routes.get("/cameras/{camera_id}/snapshot", dependencies=[rule(Needs(Action.SNAPSHOT))])
    async def snapshot(
        request: Request,
        camera_id: str,
        purpose: Purpose = None,
        reason: Reason = "",
        ticket: TicketId = None,
        width: Annotated[int | None, Query(ge=64, le=3840)] = None,
    ) -> Response:
        """The newest picture as JPEG, with the viewer's account, unit and the time across it."""
        wish = Wish(camera_id, Action.SNAPSHOT, "jpeg", None, purpose, reason, ticket)
        caller = await signed_in(request)
        async with viewing.open(caller, wish) as lease:
            picture = await stills.still(camera_id, width, viewer_words(caller.operator, now()))
            if lease.over.is_set():
                raise NotFound("camera")
            lease.bytes = len(picture)
        return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})

    return routes


def _stream_kind(word: str) -> StreamKind:
    try:
        return StreamKind(word)
    except ValueError:
        raise Forbidden("a stream is main or sub") from None


def ending_of(problem: Failed | Unavailable) -> Ended:
    """A refusal in the words of the live protocol."""
    if isinstance(problem, Unavailable):
        return Ended("unavailable", str(problem))
    if isinstance(problem, NotSignedIn):
        return Ended("signed_out", problem.message)
    if isinstance(problem, Locked):
        return Ended("locked", problem.message)
    return Ended("not_found" if isinstance(problem, NotFound) else "refused", problem.message)


async def _show(websocket: WebSocket, lease: Lease, viewer: Viewer) -> Ended:
    """Sends until the lease, the stream or the peer ends; returns why."""
    lease.on_end.append(viewer.end)
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(_send(websocket.send, lease, viewer))
        hearing = group.create_task(_hear(websocket))
        ending = group.create_task(lease.over.wait())
        await asyncio.wait((sending, hearing, ending), return_when=asyncio.FIRST_COMPLETED)
        ended = Ended("gone", "the viewer left")
        if lease.over.is_set():
            await asyncio.wait((sending,), timeout=_CUT_SECONDS)
            ended = Ended(lease.code, lease.message)
        elif sending.done():
            ended = sending.result()
        for task in (sending, hearing, ending):
            task.cancel()
    return ended


Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def _send(send: Send, lease: Lease, viewer: Viewer) -> Ended:
    """One message for every unit; returns why the stream ended."""
    chapter: Chapter | None = None
    try:
        while True:
            unit = await viewer.next()
            if unit.chapter is not chapter:
                chapter = unit.chapter
                await send({"type": "websocket.send", "text": _start(lease, chapter)})
                await send({"type": "websocket.send", "bytes": chapter.initialisation})
            fragment = unit.fragment
            lease.bytes += len(fragment)
            await send({"type": "websocket.send", "bytes": fragment})
    except Ended as ended:
        return ended
    except Unplayable as problem:
        return Ended("unplayable", f"{problem}: try the other stream of this camera")
    except GONE:
        return Ended("gone", "the viewer left")


def _start(lease: Lease, chapter: Chapter) -> str:
    shape = chapter.shape
    return json.dumps(
        {
            "type": "start",
            "mime": chapter.mime,
            "generation": chapter.number,
            "view_id": lease.view_id,
            "conditions": sorted(lease.conditions),
            "marked": lease.marked,
            "width": shape.width,
            "height": shape.height,
        }
    )


async def _hear(websocket: WebSocket) -> None:
    """Returns when the peer has gone. What it says (``playing``) needs no answer."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _say_goodbye(websocket: WebSocket, ended: Ended) -> None:
    if ended.code == "gone" or websocket.client_state is not WebSocketState.CONNECTED:
        return
    with contextlib.suppress(*GONE, TimeoutError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await websocket.send_text(json.dumps({"type": "end", "code": ended.code, "message": ended.message}))
            await websocket.close(1000)
