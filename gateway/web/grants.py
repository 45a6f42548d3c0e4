"""Grants: giving, revoking, listing."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import Effect, GranteeKind, TargetKind
from gateway.domain.hours import CHINA_MINUTES, Hours
from gateway.domain.schedules import schedule_from
from gateway.services import sharing
from gateway.services.errors import Invalid
from gateway.services.grant_views import GrantView
from gateway.services.office import Caller
from gateway.services.sharing import Wish
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/grants", tags=["grants"])
Who = Annotated[Caller, Depends(signed_in)]


class HoursBody(BaseModel):
    """Weekly windows of local time; one over midnight belongs to its first day."""

    model_config = ConfigDict(extra="forbid")
    days: Annotated[list[str], Field(min_length=1, max_length=7, description="mon, tue, …")]
    windows: Annotated[list[str], Field(min_length=1, max_length=12, description="like 08:00-18:00 or 22:00-06:00")]
    offset_minutes: Annotated[int, Field(ge=-720, le=840, description="the clock's offset from UTC")] = CHINA_MINUTES

    def hours(self) -> Hours:
        """The hours meant. Raises ``Invalid``."""
        try:
            return Hours(schedule_from({"days": self.days, "hours": self.windows}), self.offset_minutes)
        except ValueError as problem:
            raise Invalid(str(problem), field="hours") from None


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
    grantee_within: Annotated[str, Field(max_length=32, description="only a role's people of this organisation")] = ""
    includes_below: Annotated[bool, Field(description="also the people of the organisations below")] = False
    target_id: Annotated[str, Field(max_length=64)] = ""
    target_below: Annotated[bool, Field(description="also cameras of the organisations below")] = False
    actions: list[Action]
    purposes: list[str] | None = None
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None
    hours: HoursBody | None = None
    conditions: list[Condition] = []
    reason: Annotated[str, Field(max_length=500)]

    def wish(self) -> Wish:
        """The grant wished for. Raises ``Invalid``."""
        return Wish(
            grantee_kind=self.grantee_kind,
            grantee_id=self.grantee_id,
            target_kind=self.target_kind,
            target_id=self.target_id,
            actions=frozenset(self.actions),
            reason=self.reason,
            effect=self.effect,
            purposes=None if self.purposes is None else frozenset(self.purposes),
            not_before=self.not_before,
            not_after=self.not_after,
            grantee_within=self.grantee_within,
            includes_below=self.includes_below,
            target_below=self.target_below,
            hours=None if self.hours is None else self.hours.hours(),
            conditions=frozenset(self.conditions),
        )


class ExtendBody(BaseModel):
    """Until when it is given again, and why."""

    model_config = ConfigDict(extra="forbid")
    not_after: AwareDatetime
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
    ending_days: Annotated[
        int | None, Query(ge=1, le=365, description="in force, and over within so many days")
    ] = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[GrantView]:
    """Newest first: those you hold, and those on what you may share."""
    office = office_of(request)
    items, more = await sharing.listed(
        office,
        caller,
        camera_id=camera or None,
        organisation_id=organisation or None,
        active=active,
        after=after,
        limit=limit,
        ending_by=None if ending_days is None else office.clock.now() + timedelta(days=ending_days),
    )
    return Listing(items, more)


@router.post("", status_code=201, dependencies=[rule(Needs(Action.SHARE))], summary="Give a grant")
async def give(body: GrantBody, request: Request, caller: Who) -> GrantView:
    """Nobody gives more than they hold: no other action, purpose or hours, no longer, under no fewer conditions.

    ``directory`` is added to every grant, and ``list`` to one that gives pictures or events.
    """
    return await sharing.give(office_of(request), caller, body.wish())


@router.post("/{grant_id}/revoke", dependencies=[rule(Needs(Action.SHARE))], summary="Revoke a grant")
async def revoke(grant_id: str, body: RevokeBody, request: Request, caller: Who) -> GrantView:
    """Every picture that it carries ends within two seconds."""
    return await sharing.revoke(office_of(request), caller, grant_id, body.reason)


@router.post("/{grant_id}/extend", status_code=201, dependencies=[rule(Needs(Action.SHARE))], summary="Extend a grant")
async def extend(grant_id: str, body: ExtendBody, request: Request, caller: Who) -> GrantView:
    """Gives the same again until a later time, under a new number; nobody extends more than they could give."""
    return await sharing.extend(office_of(request), caller, grant_id, body.not_after, body.reason)
