"""The history of every file: of cameras, recorders and sites."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from gateway.domain.actions import Action
from gateway.services import file_history
from gateway.services.office import Caller
from gateway.storage.file_changes import FileChangeListed
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["cameras"])
Who = Annotated[Caller, Depends(signed_in)]


@router.get(
    "/cameras/{camera_id}/history", dependencies=[rule(Needs(Action.LIST))], summary="What was changed in a file"
)
async def of_camera(
    camera_id: str, request: Request, caller: Who, after: After = None, limit: Limit = 50
) -> Listing[FileChangeListed]:
    """One line a field, newest first; the address only for those who manage the camera, a password never."""
    page = await file_history.of_camera(office_of(request), caller, camera_id, after, limit)
    return Listing(list(page.items), page.next)


@router.get(
    "/recorders/{recorder_id}/history",
    dependencies=[rule(Needs(Action.MANAGE))],
    summary="What was changed in a recorder's file",
)
async def of_recorder(
    recorder_id: str, request: Request, caller: Who, after: After = None, limit: Limit = 50
) -> Listing[FileChangeListed]:
    """For those who manage at least one of its cameras."""
    page = await file_history.of_recorder(office_of(request), caller, recorder_id, after, limit)
    return Listing(list(page.items), page.next)


@router.get(
    "/sites/{site_id}/history", dependencies=[rule(Needs(Action.MANAGE))], summary="What was changed in a site's file"
)
async def of_site(
    site_id: str, request: Request, caller: Who, after: After = None, limit: Limit = 50
) -> Listing[FileChangeListed]:
    """For those who manage at least one camera there."""
    page = await file_history.of_site(office_of(request), caller, site_id, after, limit)
    return Listing(list(page.items), page.next)
