"""Evidence: stills and clips of events, each look recorded before its first byte."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from gateway.domain.actions import Action
from gateway.services.errors import NotFound
from gateway.services.evidence import MEDIA_TYPES, EvidenceRoom
from gateway.services.leasing import Wish
from gateway.services.viewing import Viewing
from gateway.web.rules import Needs, rule
from gateway.web.signed import signed_in


def router(viewing: Viewing, room: EvidenceRoom) -> APIRouter:
    """The routes of evidence."""
    routes = APIRouter()

    @routes.get("/evidence/{event_id}/{kind}", dependencies=[rule(Needs(Action.SEE_EVENTS))])
    async def evidence(
        request: Request,
        event_id: str,
        kind: Literal["still", "clip"],
        purpose: Annotated[str | None, Query(max_length=32)] = None,
    ) -> FileResponse:
        """The file; 404 also for events of cameras that the caller may not know."""
        caller = await signed_in(request)
        # An event that is not there goes the way of one that the caller may not know, to the same end.
        camera_id = await room.camera_of(event_id)
        wish = Wish(camera_id or "", Action.SEE_EVENTS, f"evidence-{kind}", None, purpose)
        try:
            async with viewing.open(caller, wish) as lease:
                path = await room.find(event_id, kind)
                if path is None:
                    raise NotFound("evidence")
                lease.bytes = path.stat().st_size
        except NotFound:
            raise NotFound("evidence") from None
        headers = {"Cache-Control": "private, no-store"}
        return FileResponse(path, media_type=MEDIA_TYPES.get(path.suffix), headers=headers)

    return routes
