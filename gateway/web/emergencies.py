"""Emergency mode: proposing, approving, renewing and ending it, the banner, and the report."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.emergencies import Widened
from gateway.domain.grants import TargetKind
from gateway.domain.operators import Role
from gateway.services import emergencies, emergency_views, sheets
from gateway.services.emergencies import Proposal
from gateway.services.emergency_views import EmergencyView, ReportView
from gateway.services.office import Caller
from gateway.web.lists import Listing
from gateway.web.rules import Needs, SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/emergencies", tags=["emergencies"])
Who = Annotated[Caller, Depends(signed_in)]
SHARING = [rule(Needs(Action.SHARE, everywhere=True))]
Reason = Annotated[str, Field(max_length=500)]
Hours = Annotated[float, Field(gt=0, le=12)]


class WidenedBody(BaseModel):
    """An organisation's people, or those in a role, of one organisation or of all."""

    model_config = ConfigDict(extra="forbid")
    organisation_id: Annotated[str, Field(max_length=32)] = ""
    role: Role | None = None


class ProposalBody(BaseModel):
    """The incident, why, where, for whom, what, and for how many hours."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=128)]
    reason: Reason
    scope_kind: Literal["all", "located_in", "area"] = "all"
    scope_id: Annotated[str, Field(max_length=64)] = ""
    widened: Annotated[list[WidenedBody], Field(max_length=100)]
    actions: list[Action] = [Action.VIEW_LIVE, Action.SNAPSHOT]
    hours: Hours = 12


class ReasonBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class RenewBody(BaseModel):
    """For how many hours more, and why."""

    model_config = ConfigDict(extra="forbid")
    hours: Hours = 12
    reason: Reason


@router.get("/running", dependencies=[rule(SignedIn())], summary="Emergencies that run now")
async def running(request: Request, caller: Who) -> Listing[EmergencyView]:
    """For everybody who is signed in: what for, where, for whom and until when."""
    return Listing(await emergency_views.running(office_of(request), caller))


@router.get("", dependencies=[rule(SignedIn())], summary="Emergencies")
async def listed(request: Request, caller: Who) -> Listing[EmergencyView]:
    """Newest first; for those who may share cameras or oversee."""
    return Listing(await emergency_views.listed(office_of(request), caller))


@router.post("", status_code=201, dependencies=SHARING, summary="Propose an emergency")
async def propose(body: ProposalBody, request: Request, caller: Who) -> EmergencyView:
    """Nothing is widened before another person approves it."""
    wish = Proposal(
        name=body.name,
        reason=body.reason,
        scope_kind=TargetKind(body.scope_kind),
        scope_id=body.scope_id,
        widened=tuple(dict.fromkeys(Widened(one.organisation_id, one.role) for one in body.widened)),
        actions=frozenset(body.actions),
        lasts=timedelta(hours=body.hours),
    )
    return await emergencies.propose(office_of(request), caller, wish)


@router.get("/{emergency_id}", dependencies=[rule(SignedIn())], summary="An emergency")
async def one(emergency_id: str, request: Request, caller: Who) -> EmergencyView:
    """With its steps; for those who may share cameras or oversee."""
    return await emergency_views.one(office_of(request), caller, emergency_id)


@router.post("/{emergency_id}/approve", dependencies=SHARING, summary="Begin a proposed emergency")
async def approve(emergency_id: str, request: Request, caller: Who) -> EmergencyView:
    """By somebody else than who proposed it; every owner in its scope is told at once."""
    return await emergencies.approve(office_of(request), caller, emergency_id)


@router.post("/{emergency_id}/refuse", dependencies=SHARING, summary="Refuse a proposed emergency")
async def refuse(emergency_id: str, body: ReasonBody, request: Request, caller: Who) -> EmergencyView:
    """A reason is needed."""
    return await emergencies.refuse(office_of(request), caller, emergency_id, body.reason)


@router.post("/{emergency_id}/renew", dependencies=SHARING, summary="Put off the end of an emergency")
async def renew(emergency_id: str, body: RenewBody, request: Request, caller: Who) -> EmergencyView:
    """Twice at most, each time by somebody who has neither proposed nor approved it before."""
    lasts = timedelta(hours=body.hours)
    return await emergencies.renew(office_of(request), caller, emergency_id, lasts, body.reason)


@router.post("/{emergency_id}/end", dependencies=SHARING, summary="End an emergency")
async def end(emergency_id: str, body: ReasonBody, request: Request, caller: Who) -> EmergencyView:
    """Every picture that it carries ends within two seconds."""
    return await emergencies.end(office_of(request), caller, emergency_id, body.reason)


@router.get("/{emergency_id}/report", dependencies=[rule(SignedIn())], summary="What was watched")
async def report(emergency_id: str, request: Request, caller: Who) -> ReportView:
    """Each owner reads of its own cameras, the audit manager of all."""
    return await emergency_views.report(office_of(request), caller, emergency_id)


@router.get("/{emergency_id}/report.csv", dependencies=[rule(SignedIn())], summary="What was watched, as a table")
async def report_csv(emergency_id: str, request: Request, caller: Who) -> Response:
    """The lines of the report; UTF-8 with a mark at its beginning, as spreadsheets want it."""
    found = await emergency_views.report(office_of(request), caller, emergency_id)
    heads = ("at", "until", "operator", "organisation", "camera_id", "camera", "owner_id", "action", "purpose")
    rows = (
        (
            line.at.isoformat(timespec="seconds"),
            "" if line.until is None else line.until.isoformat(timespec="seconds"),
            line.operator_name,
            line.organisation_name_zh,
            line.camera_id,
            line.camera_name_zh,
            line.owner_id,
            line.action.value,
            line.purpose,
        )
        for line in found.lines
    )
    headers = {"Content-Disposition": f'attachment; filename="emergency-{found.emergency.id}.csv"'}
    return Response(sheets.sheet(heads, rows), media_type=sheets.MEDIA_TYPE, headers=headers)
