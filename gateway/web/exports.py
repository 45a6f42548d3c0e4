"""Exports: asking, deciding, fetching, and what a public release takes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.exports import Cover, Region, Variant
from gateway.services import export_fetching, export_release, exports, packages
from gateway.services.errors import Invalid
from gateway.services.export_views import ExportView
from gateway.services.exports import ExportWish
from gateway.services.office import Caller
from gateway.web.freshness import PRIVATE
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/exports", tags=["exports"])
Who = Annotated[Caller, Depends(signed_in)]


class ExportBody(BaseModel):
    """Which evidence is asked for, why, for whom, and by which letter or ticket."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "cameras": ["TZ-0001"],
                "since": "2026-11-23T00:00:00Z",
                "until": "2026-11-23T12:00:00Z",
                "reason": "traffic accident at the junction",
                "receiver": "Traffic police, sample brigade",
                "letter": "2026-118",
            }
        },
    )
    cameras: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=500)]
    since: AwareDatetime
    until: AwareDatetime
    variant: Variant = Variant.EVIDENCE
    reason: Annotated[str, Field(max_length=1000)]
    receiver: Annotated[str, Field(max_length=200)]
    letter: Annotated[str, Field(max_length=128)] = ""
    ticket_id: Annotated[str, Field(max_length=36)] | None = None


class DecisionBody(BaseModel):
    """Why; a refusal needs it."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=1000)] = ""


class RegionBody(BaseModel):
    """A rectangle to be covered, in parts of the picture's width and height."""

    model_config = ConfigDict(extra="forbid")
    x: float
    y: float
    width: float
    height: float
    cover: Cover = Cover.FILL


class RegionsBody(BaseModel):
    """Everything that is to be covered on one picture; empty if there is nothing."""

    model_config = ConfigDict(extra="forbid")
    regions: Annotated[list[RegionBody], Field(max_length=export_release.MOST_REGIONS)]


class PassphraseView(BaseModel):
    """The passphrase of a package; it is not shown again."""

    passphrase: str


@router.get("", dependencies=[rule(SignedIn())], summary="Exports that concern you")
async def listed(request: Request, caller: Who, after: After = None, limit: Limit = 50) -> Listing[ExportView]:
    """Newest first: what you asked for, what is yours to decide, and what is of cameras that you may export."""
    return Listing(*await exports.listed(office_of(request), caller, after, limit))


@router.post("", status_code=201, dependencies=[rule(SignedIn())], summary="Ask for an export")
async def ask(body: ExportBody, request: Request, caller: Who) -> ExportView:
    """Copies of the stills and clips that the gateway holds of the events of a span.

    404 for a camera whose events you may not see; vendors and services export nothing.
    """
    wish = ExportWish(
        tuple(dict.fromkeys(body.cameras)),
        body.since,
        body.until,
        body.variant,
        body.reason,
        body.receiver,
        body.letter,
        body.ticket_id,
    )
    return await exports.ask(office_of(request), caller, wish)


@router.get(
    "/verifier", dependencies=[rule(SignedIn())], summary="The page that verifies a package", response_class=Response
)
async def verifier(request: Request, caller: Who) -> Response:
    """One HTML file that needs no network; it also lies in every package."""
    headers = PRIVATE | {"Content-Disposition": 'attachment; filename="verify.html"'}
    return Response(packages.verifier(), media_type="text/html", headers=headers)


@router.get("/{export_id}", dependencies=[rule(SignedIn())], summary="An export")
async def one(export_id: str, request: Request, caller: Who) -> ExportView:
    """A managing unit sees its own part alone."""
    return await exports.read(office_of(request), caller, export_id)


@router.post(
    "/{export_id}/parts/{export_part}/approve", dependencies=[rule(SignedIn())], summary="Approve a part of an export"
)
async def approve(export_id: str, export_part: str, body: DecisionBody, request: Request, caller: Who) -> ExportView:
    """For another person of the managing unit who may export or share its cameras; takes the second factor."""
    return await exports.decide(office_of(request), caller, export_part, export_id, yes=True, reason=body.reason)


@router.post(
    "/{export_id}/parts/{export_part}/refuse", dependencies=[rule(SignedIn())], summary="Refuse a part of an export"
)
async def refuse(export_id: str, export_part: str, body: DecisionBody, request: Request, caller: Who) -> ExportView:
    """A reason is needed."""
    return await exports.decide(office_of(request), caller, export_part, export_id, yes=False, reason=body.reason)


@router.post("/{export_id}/withdraw", dependencies=[rule(SignedIn())], summary="Take a request for an export back")
async def withdraw(export_id: str, request: Request, caller: Who) -> ExportView:
    """Before it is packed."""
    return await exports.withdraw(office_of(request), caller, export_id)


@router.post("/{export_id}/package", dependencies=[rule(SignedIn())], summary="Fetch the package")
async def package(export_id: str, request: Request, caller: Who) -> FileResponse:
    """For who asked alone; takes the second factor; 410 once its time is over."""
    found = await export_fetching.fetch(office_of(request), caller, export_id)
    return FileResponse(found.path, media_type="application/zip", filename=found.name, headers=PRIVATE)


@router.post("/{export_id}/passphrase", dependencies=[rule(SignedIn())], summary="The package's passphrase, once")
async def passphrase(export_id: str, request: Request, caller: Who) -> PassphraseView:
    """For who asked alone; takes the second factor; 410 when it was shown before."""
    return PassphraseView(passphrase=await export_fetching.passphrase(office_of(request), caller, export_id))


@router.put(
    "/{export_id}/stills/{event_id}/regions",
    dependencies=[rule(SignedIn())],
    summary="Say what is to be covered on a picture of a public release",
)
async def draw(export_id: str, event_id: str, body: RegionsBody, request: Request, caller: Who) -> ExportView:
    """Takes back every signature given before."""
    try:
        regions = [Region(one.x, one.y, one.width, one.height, one.cover) for one in body.regions]
    except ValueError as problem:
        raise Invalid(str(problem), field="regions") from None
    return await export_release.draw(office_of(request), caller, export_id, event_id, regions)


@router.post("/{export_id}/sign", dependencies=[rule(SignedIn())], summary="Sign a public release")
async def sign(export_id: str, request: Request, caller: Who) -> ExportView:
    """Two different people must; 403 while a picture was not looked through."""
    return await export_release.sign(office_of(request), caller, export_id)


@router.post("/{export_id}/publish", dependencies=[rule(SignedIn())], summary="Give a public release free")
async def publish(export_id: str, request: Request, caller: Who) -> ExportView:
    """403 while anything keeps it back."""
    return await export_release.publish(office_of(request), caller, export_id)
