"""Evidence: stills and clips of events, each look recorded before its first byte."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response

from gateway.domain.actions import Action
from gateway.services.errors import NotFound
from gateway.services.evidence import MEDIA_TYPES, EvidenceRoom
from gateway.services.leasing import Wish
from gateway.services.marked_copies import MarkedCopies
from gateway.services.viewing import Viewing
from gateway.web.live import Purpose, Reason, TicketId
from gateway.web.rules import Needs, rule
from gateway.web.signed import signed_in

PRIVATE = {"Cache-Control": "private, no-store"}


def router(viewing: Viewing, room: EvidenceRoom, copies: MarkedCopies) -> APIRouter:
    """The routes of evidence. It is marked by a worker as it is handed out; without a worker there is none."""
    routes = APIRouter()

    @routes.get("/evidence/{event_id}/{kind}", dependencies=[rule(Needs(Action.SEE_EVENTS))])
    async def evidence(
        request: Request,
        event_id: str,
        kind: Literal["still", "clip"],
        purpose: Purpose = None,
        reason: Reason = "",
        ticket: TicketId = None,
    ) -> Response:
        """The file with the viewer's account, unit and the time across every picture of it.

        A clip is burned anew for its viewer, which takes from a second to a quarter of a minute; the same viewer gets
        the same copy again for a minute. 404 also for events of cameras that the caller may not know.
        """
        caller = await signed_in(request)
        # An event that is not there goes the way of one that the caller may not know, to the same end.
        camera_id = await room.camera_of(event_id)
        wish = Wish(camera_id or "", Action.SEE_EVENTS, f"evidence-{kind}", None, purpose, reason, ticket)
        try:
            async with viewing.open(caller, wish) as lease:
                path = await room.find(event_id, kind)
                if path is None:
                    raise NotFound("evidence")
                lease.bytes = path.stat().st_size
                take = copies.still if kind == "still" else copies.clip
                file = await take(caller.operator, path)
                lease.bytes = len(file)
                if lease.over.is_set():
                    raise NotFound("evidence")
                return Response(file, media_type=MEDIA_TYPES[path.suffix], headers=PRIVATE)
        except NotFound:
            raise NotFound("evidence") from None

    return routes
