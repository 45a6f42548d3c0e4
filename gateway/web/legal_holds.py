"""Legal holds, and receipts of what was deleted by rule."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.legal_holds import HoldStage, Wish
from gateway.domain.operators import Role
from gateway.services import legal_holds
from gateway.services.hold_views import HoldView, ReceiptView
from gateway.services.legal_holds import HoldWish
from gateway.services.office import Caller
from gateway.storage.deletion_receipts import ReceiptQuery
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["retention"])
Who = Annotated[Caller, Depends(signed_in)]
Id = Annotated[str, Field(max_length=64)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
Word = Annotated[str | None, Query(max_length=64)]
Moment = Annotated[AwareDatetime | None, Query(description="a time with its zone")]
READ = [rule(Needs(Action.MANAGE, instead=frozenset({Role.AUDIT_MANAGER})))]
DECIDE = [rule(Needs(Action.MANAGE))]


class HoldBody(BaseModel):
    """What may not be deleted: one of ``camera_id`` (with a span), ``event_id`` and ``ticket_id``; why; until when."""

    model_config = ConfigDict(extra="forbid")
    camera_id: Id | None = None
    event_id: Id | None = None
    ticket_id: Id | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    reason: Reason
    letter: Annotated[str, Field(min_length=1, max_length=128)]
    ends_at: AwareDatetime


class ExtensionBody(BaseModel):
    """The later end that is asked for."""

    model_config = ConfigDict(extra="forbid")
    ends_at: AwareDatetime
    reason: Reason


class LiftBody(BaseModel):
    """Why the hold is no longer needed."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class DecisionBody(BaseModel):
    """Yes or no to what is asked."""

    model_config = ConfigDict(extra="forbid")
    approve: bool


@router.get("/legal-holds", dependencies=READ, summary="Legal holds")
async def listed(
    request: Request, caller: Who, stage: HoldStage | None = None, after: After = None, limit: Limit = 50
) -> Listing[HoldView]:
    """Newest first, on cameras that you manage; for the audit manager all of them.

    ``stage=asked`` also lists holds that stand and whose end somebody wants to change.
    """
    page = await legal_holds.listed(office_of(request), caller, stage, after, limit)
    return Listing(list(page.items), page.next)


@router.post("/legal-holds", dependencies=DECIDE, status_code=201, summary="Ask for a legal hold")
async def ask(body: HoldBody, request: Request, caller: Who) -> HoldView:
    """It protects at once, and for 72 hours at most unless another person approves it."""
    return await legal_holds.ask(office_of(request), caller, HoldWish(**body.model_dump()))


@router.get("/legal-holds/{hold_id}", dependencies=READ, summary="A legal hold")
async def read(hold_id: str, request: Request, caller: Who) -> HoldView:
    """On a camera that you manage; for the audit manager any."""
    return await legal_holds.read(office_of(request), caller, hold_id)


@router.post("/legal-holds/{hold_id}/extension", dependencies=DECIDE, summary="Ask for a later end")
async def extend(hold_id: str, body: ExtensionBody, request: Request, caller: Who) -> HoldView:
    """Another person decides; until then the hold ends when it did."""
    return await legal_holds.wish_end(office_of(request), caller, hold_id, Wish.EXTEND, body.reason, body.ends_at)


@router.post("/legal-holds/{hold_id}/lifting", dependencies=DECIDE, summary="Ask that a hold be lifted")
async def lift(hold_id: str, body: LiftBody, request: Request, caller: Who) -> HoldView:
    """Another person decides; until then it stands."""
    return await legal_holds.wish_end(office_of(request), caller, hold_id, Wish.LIFT, body.reason, None)


@router.post("/legal-holds/{hold_id}/decision", dependencies=DECIDE, summary="Decide what is asked of a hold")
async def decide(hold_id: str, body: DecisionBody, request: Request, caller: Who) -> HoldView:
    """403 for who asked: it takes another person who manages the camera."""
    return await legal_holds.decide(office_of(request), caller, hold_id, yes=body.approve)


@router.get("/deletion-receipts", dependencies=READ, summary="Receipts of deletions")
async def receipts(
    request: Request,
    caller: Who,
    camera: Word = None,
    event: Word = None,
    by_rule: Annotated[str | None, Query(alias="rule", max_length=64)] = None,
    since: Moment = None,
    until: Moment = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[ReceiptView]:
    """What was deleted by its time or for want of room, newest first: its hash, size and rule, never what it showed."""
    query = ReceiptQuery(camera or None, event or None, by_rule or None, since, until)
    page = await legal_holds.receipts(office_of(request), caller, query, after, limit)
    return Listing(list(page.items), page.next)
