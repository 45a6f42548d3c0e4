"""Tickets: lists, files, moves and photos."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.ticket_states import TicketKind, TicketState
from gateway.services import photos, tickets
from gateway.services.office import Caller
from gateway.services.ticket_views import PhotoView, TicketDetail, TicketView
from gateway.storage.tickets import TicketQuery
from gateway.web.freshness import PRIVATE
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/tickets", tags=["tickets"])
Who = Annotated[Caller, Depends(signed_in)]
HANDLING = [rule(Needs(Action.HANDLE_TICKETS))]


class MoveBody(BaseModel):
    """Where the ticket goes. A dispatch (SENT) names the handler, or goes to the township it happened in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"to": "SENT", "handler_id": "T-320612001", "version": 2}},
    )
    to: TicketState
    why: Annotated[str, Field(max_length=2000)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    handler_id: str | None = None
    receiver_id: str | None = None
    version: int


@router.get("", dependencies=HANDLING, summary="Tickets you may see")
async def listed(
    request: Request,
    caller: Who,
    state: TicketState | None = None,
    kind: TicketKind | None = None,
    township: str | None = None,
    overdue: bool | None = None,
    mine: bool = False,
    open: Annotated[bool, Query(description="leave out those that have ended")] = False,
    q: Annotated[str, Query(max_length=128)] = "",
    camera: str | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[TicketView]:
    """Newest first: of cameras whose tickets you may handle, and those dispatched to you or your organisation."""
    query = TicketQuery(state, kind, township or None, overdue, mine, open, q, camera or None)
    page = await tickets.listed(office_of(request), caller, query, after, limit)
    return Listing(list(page.items), page.next)


@router.get("/{ticket_id}", dependencies=HANDLING, summary="One ticket with its history")
async def read(ticket_id: str, request: Request, caller: Who) -> TicketDetail:
    """``allowed_moves`` is what you may do with it now."""
    return await tickets.read(office_of(request), caller, ticket_id)


@router.post("/{ticket_id}/moves", dependencies=HANDLING, summary="Move a ticket")
async def move(ticket_id: str, body: MoveBody, request: Request, caller: Who) -> TicketDetail:
    """409 ``illegal_move`` if the table does not allow it, 409 ``conflict`` if somebody else moved it first."""
    why = "\n".join(text.strip() for text in (body.why, body.note) if text.strip())
    return await tickets.moved(
        office_of(request),
        caller,
        ticket_id,
        body.to,
        version=body.version,
        why=why,
        handler_id=body.handler_id,
        receiver_id=body.receiver_id,
    )


@router.post(
    "/{ticket_id}/photos",
    status_code=201,
    dependencies=HANDLING,
    summary="Add a photo",
    max_body_size=photos.PHOTO_MAX + 64 * 1024,
)
async def add_photo(ticket_id: str, file: UploadFile, request: Request, caller: Who) -> PhotoView:
    """JPEG, PNG or WebP, at most 8 MiB."""
    data = await file.read(photos.PHOTO_MAX + 1)
    return await photos.add(office_of(request), caller, ticket_id, data)


@router.get("/{ticket_id}/photos/{photo_id}", dependencies=HANDLING, summary="A photo", response_class=FileResponse)
async def photo(ticket_id: str, photo_id: str, request: Request, caller: Who) -> FileResponse:
    """The file as it was uploaded."""
    found = await photos.read(office_of(request), caller, ticket_id, photo_id)
    headers = PRIVATE | {"Content-Security-Policy": "default-src 'none'; sandbox"}
    return FileResponse(found.path, media_type=found.media_type, headers=headers)
