"""Grants: giving, revoking, listing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.grants import Effect, GranteeKind, TargetKind
from gateway.services import sharing
from gateway.services.grant_views import GrantView
from gateway.services.office import Caller
from gateway.services.sharing import Wish
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/grants", tags=["grants"])
Who = Annotated[Caller, Depends(signed_in)]


class GrantBody(BaseModel):
    """Who gets what on which cameras, for what, until when, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "grantee_kind": "organisation",
                "grantee_id": "T-320612004",
                "target_kind": "camera",
                "target_id": "TZ-001-001",
                "actions": ["view_live"],
                "not_after": "2026-12-31T16:00:00Z",
                "reason": "joint patrol",
            }
        },
    )
    effect: Effect = Effect.ALLOW
    grantee_kind: GranteeKind
    grantee_id: Annotated[str, Field(min_length=1, max_length=64)]
    target_kind: TargetKind
    target_id: Annotated[str, Field(max_length=64)] = ""
    actions: list[Action]
    purposes: list[str] | None = None
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None
    reason: Annotated[str, Field(max_length=500)]


class RevokeBody(BaseModel):
    """Why it ends."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=500)]


@router.get("", dependencies=[rule(SignedIn())], summary="Grants you may know of")
async def listed(
    request: Request,
    caller: Who,
    camera: str | None = None,
    organisation: str | None = None,
    active: bool | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[GrantView]:
    """Newest first: those you hold, and those on what you may share."""
    items, more = await sharing.listed(
        office_of(request),
        caller,
        camera_id=camera or None,
        organisation_id=organisation or None,
        active=active,
        after=after,
        limit=limit,
    )
    return Listing(items, more)


@router.post("", status_code=201, dependencies=[rule(Needs(Action.SHARE))], summary="Give a grant")
async def give(body: GrantBody, request: Request, caller: Who) -> GrantView:
    """Nobody gives more than they hold: no other action, no other purpose, no longer.

    ``directory`` is added to every grant, and ``list`` to one that gives pictures or events.
    """
    wish = Wish(
        grantee_kind=body.grantee_kind,
        grantee_id=body.grantee_id,
        target_kind=body.target_kind,
        target_id=body.target_id,
        actions=frozenset(body.actions),
        reason=body.reason,
        effect=body.effect,
        purposes=None if body.purposes is None else frozenset(body.purposes),
        not_before=body.not_before,
        not_after=body.not_after,
    )
    return await sharing.give(office_of(request), caller, wish)


@router.post("/{grant_id}/revoke", dependencies=[rule(Needs(Action.SHARE))], summary="Revoke a grant")
async def revoke(grant_id: str, body: RevokeBody, request: Request, caller: Who) -> GrantView:
    """Every picture that it carries ends within two seconds."""
    return await sharing.revoke(office_of(request), caller, grant_id, body.reason)
