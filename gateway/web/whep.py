"""WHEP (draft-ietf-wish-whep): one POST with an offer, one answer, a session that lasts until either side ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.packets import StreamKind
from gateway.media.channel import Ended
from gateway.media.hub import Hub
from gateway.media.webrtc import Peer, SharedTrack, Unfit, Unreadable, first_unit, new_name, open_peer
from gateway.ports import Unavailable
from gateway.services.errors import Failed, Invalid, NotPlayable
from gateway.services.leasing import Lease, Wish
from gateway.services.office import Caller
from gateway.services.viewing import Viewing
from gateway.web.live import Purpose, Reason, TicketId
from gateway.web.rules import Needs, SignedIn, rule
from gateway.web.signed import signed_in

MAX_SESSIONS = 64
"""WebRTC costs ten times what a WebSocket does; walls use WebSockets."""
CONNECT_SECONDS = 20.0
_SDP = "application/sdp"


CONDITIONS_HEADER = "View-Conditions"
MARKED_HEADER = "View-Marked"
"""Says that the viewer's account, unit and the time are burned into the picture."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a session answers its offer with, and the conditions its picture is shown under."""

    sdp: str
    conditions: frozenset[Condition]
    marked: bool


@dataclass(slots=True, eq=False)
class _Session:
    """A running session: who opened it, and how to end it."""

    operator_id: str
    over: asyncio.Event


class Rooms:
    """The WebRTC sessions of this gateway. Made by ``open_rooms``, whose block owns them."""

    def __init__(self, viewing: Viewing, hub: Hub, group: asyncio.TaskGroup) -> None:
        self._viewing = viewing
        self._hub = hub
        self._group = group
        self._sessions: dict[str, _Session] = {}
        self.refused = 0

    @property
    def count(self) -> int:
        """Sessions that run now."""
        return len(self._sessions)

    async def open(self, caller: Caller, wish: Wish, offer: str) -> tuple[str, Answer]:
        """A new session's name and answer. Raises what ``Viewing.open`` does, ``Unfit`` or ``Ended``."""
        if len(self._sessions) >= MAX_SESSIONS:
            self.refused += 1
            raise Unavailable("this gateway carries as many WebRTC sessions as it can: watch over WebSocket")
        name = new_name()
        session = self._sessions[name] = _Session(caller.operator.id, asyncio.Event())
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._group.create_task(self._carry(name, session, caller, wish, offer, answered), name=f"whep {name[:6]}")
        try:
            return name, await answered
        except asyncio.CancelledError:
            session.over.set()
            raise

    def close(self, caller: Caller, name: str) -> None:
        """Ends the caller's session. One that is over, or somebody else's, is left as it is and not told apart.

        A browser closes its connection and says so in the same breath: which of the two arrives first is chance.
        """
        session = self._sessions.get(name)
        if session is not None and session.operator_id == caller.operator.id:
            session.over.set()

    async def _carry(
        self, name: str, session: _Session, caller: Caller, wish: Wish, offer: str, answered: asyncio.Future[Answer]
    ) -> None:
        try:
            async with self._viewing.open(caller, wish) as lease, self._hub.view(lease.shown, lease.words) as viewer:
                lease.on_end.append(viewer.end)
                lease.on_end.append(lambda code, message: session.over.set())
                first = await first_unit(viewer)
                track = SharedTrack(viewer, first, lambda sent: _count(lease, sent), lambda ended: session.over.set())
                async with open_peer(offer, track) as peer:
                    if not answered.done():
                        answered.set_result(Answer(peer.answer, lease.conditions, lease.marked))
                    await _until_over(session, peer)
        except (Failed, Unavailable, Unfit, Ended) as problem:
            if not answered.done():
                answered.set_exception(problem)
        finally:
            self._sessions.pop(name, None)
            answered.cancel()


def _count(lease: Lease, sent: int) -> None:
    lease.bytes += sent


async def _until_over(session: _Session, peer: Peer) -> None:
    """Until the session is ended, the peer has left, or it never came."""
    async with asyncio.TaskGroup() as group:
        waits = [group.create_task(session.over.wait()), group.create_task(peer.gone())]
        await asyncio.wait(waits, timeout=CONNECT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if peer.connected:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()


@asynccontextmanager
async def open_rooms(viewing: Viewing, hub: Hub) -> AsyncIterator[Rooms]:
    """Rooms whose sessions end with the block."""
    async with asyncio.TaskGroup() as group:
        rooms = Rooms(viewing, hub, group)
        yield rooms
        for session in list(rooms._sessions.values()):
            session.over.set()


def router(rooms: Rooms) -> APIRouter:
    """The routes of WHEP."""
    routes = APIRouter()

    @routes.post("/cameras/{camera_id}/whep", dependencies=[rule(Needs(Action.VIEW_LIVE))], status_code=201)
    async def whep(
        request: Request,
        camera_id: str,
        stream: StreamKind = StreamKind.SUB,
        purpose: Purpose = None,
        reason: Reason = "",
        ticket: TicketId = None,
    ) -> Response:
        """Answers the offer in the body; the session's address is in Location, what must be kept to is in
        View-Conditions (for example ``watermark``).
        """
        if request.headers.get("content-type", "").split(";")[0].strip() != _SDP:
            raise Invalid(f"send the offer as {_SDP}", field="content-type")
        offer = (await request.body()).decode("utf-8", errors="replace")
        wish = Wish(camera_id, Action.VIEW_LIVE, "whep", stream, purpose, reason, ticket)
        try:
            name, answer = await rooms.open(await signed_in(request), wish, offer)
        except Unreadable as problem:
            raise Invalid(str(problem)) from None
        except Unfit as problem:
            raise NotPlayable(str(problem)) from None
        except Ended as ended:
            raise Unavailable(ended.message) from None
        headers = {"Location": f"/api/v1/whep/{name}"}
        if answer.conditions:
            headers[CONDITIONS_HEADER] = ", ".join(sorted(answer.conditions))
        if answer.marked:
            headers[MARKED_HEADER] = "true"
        return Response(answer.sdp, 201, headers, _SDP)

    @routes.delete("/whep/{name}", dependencies=[rule(SignedIn())], status_code=204)
    async def leave(request: Request, name: str) -> Response:
        """Ends the session."""
        rooms.close(await signed_in(request), name)
        return Response(status_code=204)

    return routes
