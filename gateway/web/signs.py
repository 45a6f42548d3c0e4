"""Signs beside cameras: who has them, who lacks them, and what was found at the last check."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.signs import PLACE_MAX, Sign, SignStanding, SignState
from gateway.services import signs
from gateway.services.office import Caller
from gateway.services.signs import SignFigures, SignView
from gateway.web.freshness import PRIVATE
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["signs"])
Who = Annotated[Caller, Depends(signed_in)]
Owner = Annotated[str | None, Query(max_length=64, description="the managing unit")]
LIST = [rule(Needs(Action.LIST))]


class SignBody(BaseModel):
    """What was found at the spot. ``version`` is the one that was read, 0 while there is no record.

    ``photo_id`` is a document of kind ``sign`` in the camera's file; a sign that is up needs one.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "version": 0,
                "put_up": "2026-03-01",
                "checked": "2026-11-20",
                "place": "on the pole, 2.5 m up",
                "state": "up",
                "photo_id": "01a20000-0000-7000-8000-000000000000",
            }
        },
    )
    version: Annotated[int, Field(ge=0)]
    put_up: date
    checked: date
    place: Annotated[str, Field(max_length=PLACE_MAX)]
    state: SignState
    photo_id: Annotated[str, Field(max_length=36)] | None = None


@router.get("/signs/figures", dependencies=LIST, summary="How many cameras in service have a sign")
async def figures(request: Request, caller: Who) -> SignFigures:
    """With sign / in service, by owner and together, over the cameras that you may list."""
    return await signs.figures(office_of(request), caller)


@router.get("/signs/cameras", dependencies=LIST, summary="Cameras in service and their signs")
async def listed(
    request: Request,
    caller: Who,
    owner: Owner = None,
    standing: SignStanding | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[SignView]:
    """``missing``: none that can be read, or no photo; ``overdue``: last checked more than twelve months ago."""
    page = await signs.listed(office_of(request), caller, owner, standing, after, limit)
    return Listing(list(page.items), page.next)


@router.get("/signs/sheet", dependencies=LIST, summary="The same for spreadsheets", response_class=Response)
async def sheet(
    request: Request,
    caller: Who,
    owner: Owner = None,
    standing: SignStanding | None = None,
    language: Literal["zh", "en"] = "zh",
) -> Response:
    """CSV of the cameras that you may list. Written into the audit."""
    data = await signs.sheet(office_of(request), caller, owner, standing, language)
    headers = PRIVATE | {"Content-Disposition": 'attachment; filename="signs.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/cameras/{camera_id}/sign", dependencies=LIST, summary="A camera's sign")
async def read(camera_id: str, request: Request, caller: Who) -> SignView:
    """Its fields are null and ``version`` is 0 while nothing was recorded."""
    return await signs.read(office_of(request), caller, camera_id)


@router.put("/cameras/{camera_id}/sign", dependencies=[rule(Needs(Action.MANAGE))], summary="Record a camera's sign")
async def record(camera_id: str, body: SignBody, request: Request, caller: Who) -> SignView:
    """Put the photo into the file first: ``POST /cameras/{camera_id}/documents`` with the kind ``sign``."""
    return await signs.record(office_of(request), caller, Sign(camera_id=camera_id, **body.model_dump()))


@router.get(
    "/cameras/{camera_id}/sign/photo", dependencies=LIST, summary="The photo of a sign", response_class=FileResponse
)
async def photo(camera_id: str, request: Request, caller: Who) -> FileResponse:
    """As a picture for a page."""
    found = await signs.photo(office_of(request), caller, camera_id)
    return FileResponse(found.path, media_type=found.media_type, headers=PRIVATE)
