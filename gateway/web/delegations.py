"""Delegations: who decides requests while somebody is away."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.services import delegating
from gateway.services.delegating import DelegationView
from gateway.services.office import Caller
from gateway.web.lists import Listing
from gateway.web.rules import Needs, SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/delegations", tags=["requests"])
Who = Annotated[Caller, Depends(signed_in)]


class DelegationBody(BaseModel):
    """Who stands in for you, until when and why."""

    model_config = ConfigDict(extra="forbid")
    deputy_id: Annotated[str, Field(min_length=1, max_length=36)]
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime
    reason: Annotated[str, Field(max_length=500)]


@router.get("", dependencies=[rule(SignedIn())], summary="Who stands in for whom in your organisation")
async def listed(request: Request, caller: Who) -> Listing[DelegationView]:
    """Newest first; for those of your organisation who may decide."""
    return Listing(await delegating.listed(office_of(request), caller))


@router.post("", status_code=201, dependencies=[rule(Needs(Action.SHARE))], summary="Name a deputy")
async def name_deputy(body: DelegationBody, request: Request, caller: Who) -> DelegationView:
    """Somebody of your organisation, who decides requests by your right and cannot hand it on."""
    office = office_of(request)
    return await delegating.name_deputy(office, caller, body.deputy_id, body.not_before, body.not_after, body.reason)


@router.post("/{delegation_id}/end", dependencies=[rule(SignedIn())], summary="End a delegation")
async def end(delegation_id: str, request: Request, caller: Who) -> DelegationView:
    """For either of the two."""
    return await delegating.end(office_of(request), caller, delegation_id)
