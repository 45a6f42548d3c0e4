"""Evidence: stills and clips of events, each look recorded before its first byte."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from gateway.domain.actions import Action
from gateway.domain.exports import Region
from gateway.ports import Refused, Unavailable
from gateway.services.errors import NotFound
from gateway.services.evidence import MEDIA_TYPES, EvidenceRoom
from gateway.services.leasing import Wish
from gateway.services.marks import viewer_words
from gateway.services.viewing import Viewing
from gateway.web.rules import Needs, rule
from gateway.web.signed import signed_in

PRIVATE = {"Cache-Control": "private, no-store"}


class Marker(Protocol):
    """Who writes on pictures: the workers."""

    async def mark(self, data: bytes, media_type: str, words: str, regions: Sequence[Region] = ()) -> bytes:
        """The picture with the words across it. Raises ``Unavailable`` or ``Refused``."""
        ...


def router(viewing: Viewing, room: EvidenceRoom, marker: Marker, now: Callable[[], datetime]) -> APIRouter:
    """The routes of evidence. A still is marked by a worker as it is handed out; without a worker there is none."""
    routes = APIRouter()

    @routes.get("/evidence/{event_id}/{kind}", dependencies=[rule(Needs(Action.SEE_EVENTS))])
    async def evidence(
        request: Request,
        event_id: str,
        kind: Literal["still", "clip"],
        purpose: Annotated[str | None, Query(max_length=32)] = None,
    ) -> Response:
        """The file, a still with the viewer's account, unit and the time across it, and so is a clip for a program or
        where the grant gives it with the watermark alone.

        404 also for events of cameras that the caller may not know.
        """
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
                if kind == "still" or lease.marked:
                    media_type = MEDIA_TYPES[path.suffix]
                    file = await _marked(marker, path, media_type, viewer_words(caller.operator, now()))
                    lease.bytes = len(file)
                    if lease.over.is_set():
                        raise NotFound("evidence")
                    return Response(file, media_type=media_type, headers=PRIVATE)
        except NotFound:
            raise NotFound("evidence") from None
        return FileResponse(path, media_type=MEDIA_TYPES.get(path.suffix), headers=PRIVATE)

    return routes


async def _marked(marker: Marker, path: Path, media_type: str, words: str) -> bytes:
    """The file with the words across it: never without. Raises ``Unavailable``."""
    data = await asyncio.to_thread(path.read_bytes)
    try:
        return await marker.mark(data, media_type, words)
    except Refused as problem:
        raise Unavailable(f"the picture cannot be marked: {problem}") from None
