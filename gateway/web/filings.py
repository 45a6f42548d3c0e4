"""Filing with the authority: who has to, the sheet to do it with, and that it was done."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.filing_duty import Standing
from gateway.services import filings
from gateway.services.filing_sheet import FilingRow
from gateway.services.filings import FilingUnit
from gateway.services.office import Caller
from gateway.web.freshness import PRIVATE
from gateway.web.lists import Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["filing"])
Who = Annotated[Caller, Depends(signed_in)]
Owner = Annotated[str, Query(max_length=64, description="the managing unit")]

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"}


class FiledBody(BaseModel):
    """Under which number a camera was filed, and when. ``version`` is the one that was read."""

    model_config = ConfigDict(extra="forbid")
    version: int
    filing_no: Annotated[str, Field(min_length=1, max_length=64)]
    filed_at: date


@router.get("/filing/units", dependencies=[rule(Needs(Action.LIST))], summary="How each unit stands with its filing")
async def units(request: Request, caller: Who) -> Listing[FilingUnit]:
    """Units of which you may list cameras; overdue ones first."""
    return Listing(await filings.units(office_of(request), caller))


@router.get("/filing/cameras", dependencies=[rule(Needs(Action.LIST))], summary="A unit's cameras and their filing")
async def listed(request: Request, caller: Who, owner: Owner, state: Standing | None = None) -> Listing[FilingRow]:
    """What is overdue comes first; due 30 days from use."""
    return Listing(await filings.listed(office_of(request), caller, owner, state))


@router.get(
    "/filing/sheet", dependencies=[rule(Needs(Action.LIST))], summary="A unit's filing sheet", response_class=Response
)
async def sheet(
    request: Request,
    caller: Who,
    owner: Owner,
    format: Literal["csv", "html"] = "csv",
    language: Literal["zh", "en"] = "zh",
) -> Response:
    """As a table for spreadsheets or a page to print: the cameras you may list. Written into the audit."""
    data = await filings.sheet(office_of(request), caller, owner, format, language)
    headers = PRIVATE | {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    if format == "csv":
        headers["Content-Disposition"] = 'attachment; filename="filing.csv"'
    return Response(data, media_type=MEDIA_TYPES[format], headers=headers)


@router.post(
    "/cameras/{camera_id}/filing",
    status_code=204,
    dependencies=[rule(Needs(Action.MANAGE))],
    summary="Mark a camera as filed",
)
async def mark(camera_id: str, body: FiledBody, request: Request, caller: Who) -> None:
    """Closes what was to be filed again after a change."""
    await filings.mark(office_of(request), caller, camera_id, body.version, body.filing_no, body.filed_at)
