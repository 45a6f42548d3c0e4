"""Requests for access: asking, deciding, taking back, giving back, asking for longer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.hours import Hours
from gateway.domain.requests import RequestScope, ScopeKind
from gateway.domain.schedules import schedule_from
from gateway.services import deciding, requesting
from gateway.services.deciding import Answer
from gateway.services.errors import Invalid
from gateway.services.office import Caller
from gateway.services.request_views import RequestView
from gateway.services.requesting import Ask
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/requests", tags=["requests"])
Who = Annotated[Caller, Depends(signed_in)]
Reason = Annotated[str, Field(max_length=500)]
Degrees = Annotated[float, Field(ge=-180, le=180)]


class ScopeBody(BaseModel):
    """Which cameras: named ones, or whatever is at a place, in a township or area, of an owner or a kind."""

    model_config = ConfigDict(extra="forbid")
    kind: ScopeKind
    ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=100)] = []
    centre: tuple[Degrees, Degrees] | None = None
    radius_m: Annotated[float, Field(ge=0, le=5_000)] = 0
    outline: Annotated[list[tuple[Degrees, Degrees]], Field(max_length=100)] = []


class AskedHours(BaseModel):
    """Weekly hours of local time: days from mon to sun and windows like 22:00-06:00."""

    model_config = ConfigDict(extra="forbid")
    days: list[str] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    windows: list[str] = ["00:00-24:00"]


class AskBody(BaseModel):
    """What is asked for, for what, until when and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "scope": {"kind": "place", "centre": [121.05, 32.05], "radius_m": 500},
                "actions": ["view_live"],
                "purposes": ["PS-FLOOD"],
                "not_after": "2026-12-31T16:00:00Z",
                "reason": "water level at the lock",
            }
        },
    )
    scope: ScopeBody
    actions: list[Action]
    purposes: list[str]
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime
    hours: AskedHours | None = None
    conditions: list[Condition] = []
    reason: Reason
    letter: Annotated[str, Field(max_length=128)] = ""
    ticket_id: Annotated[str, Field(max_length=36)] | None = None
    for_me: bool = False


class ApproveBody(BaseModel):
    """What is given of what was asked; a part left out is given as it was asked."""

    model_config = ConfigDict(extra="forbid")
    version: int
    cameras: Annotated[list[str], Field(max_length=500)] | None = None
    actions: list[Action] | None = None
    purposes: list[str] | None = None
    not_before: AwareDatetime | None = None
    not_after: AwareDatetime | None = None
    hours: AskedHours | None = None
    conditions: list[Condition] | None = None
    reason: Reason = ""


class RefuseBody(BaseModel):
    """Why it is refused."""

    model_config = ConfigDict(extra="forbid")
    version: int
    reason: Reason


class ReasonBody(BaseModel):
    """Why, if there is something to say."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason = ""


class ExtendBody(BaseModel):
    """Until when it is needed."""

    model_config = ConfigDict(extra="forbid")
    not_after: AwareDatetime
    reason: Reason = ""


class CommentBody(BaseModel):
    """A word about the request, or about one part of it."""

    model_config = ConfigDict(extra="forbid")
    text: Reason
    part_id: Annotated[str, Field(max_length=36)] | None = None


@router.get("", dependencies=[rule(SignedIn())], summary="What you and your organisation asked for")
async def mine(request: Request, caller: Who, after: After = None, limit: Limit = 50) -> Listing[RequestView]:
    """Newest first; the audit manager reads everybody's."""
    return Listing(*await deciding.mine(office_of(request), caller, after, limit))


@router.get("/inbox", dependencies=[rule(Needs(Action.SHARE))], summary="What you are asked to decide")
async def inbox(
    request: Request, caller: Who, waiting: bool | None = None, after: After = None, limit: Limit = 50
) -> Listing[RequestView]:
    """Newest first, each cut to the one part that is yours to decide."""
    return Listing(*await deciding.inbox(office_of(request), caller, waiting=waiting, after=after, limit=limit))


@router.post("", status_code=201, dependencies=[rule(SignedIn())], summary="Ask for access")
async def ask(body: AskBody, request: Request, caller: Who) -> RequestView:
    """Whether anybody has a camera where you ask for one is not said: every owner concerned is asked.

    Named cameras must be known to you; an unknown one is 404.
    """
    scope = RequestScope(
        body.scope.kind,
        tuple(dict.fromkeys(body.scope.ids)),
        body.scope.centre,
        body.scope.radius_m,
        tuple(body.scope.outline),
    )
    wish = Ask(
        scope=scope,
        actions=frozenset(body.actions),
        purposes=frozenset(body.purposes),
        not_before=body.not_before,
        not_after=body.not_after,
        hours=_hours(body.hours),
        conditions=frozenset(body.conditions),
        reason=body.reason,
        letter=body.letter,
        ticket_id=body.ticket_id,
        for_me=body.for_me,
    )
    return await requesting.ask(office_of(request), caller, wish)


@router.get("/{request_id}", dependencies=[rule(SignedIn())], summary="A request")
async def one(request_id: str, request: Request, caller: Who) -> RequestView:
    """With its trail; an owner sees its own part alone."""
    return await deciding.one(office_of(request), caller, request_id)


@router.post("/{request_id}/withdraw", dependencies=[rule(SignedIn())], summary="Take a request back")
async def withdraw(request_id: str, body: ReasonBody, request: Request, caller: Who) -> RequestView:
    """What was given already stays until it is given back."""
    return await requesting.withdraw(office_of(request), caller, request_id, body.reason)


@router.post("/{request_id}/comments", dependencies=[rule(SignedIn())], summary="Add a word to a request")
async def comment(request_id: str, body: CommentBody, request: Request, caller: Who) -> RequestView:
    """What an owner says about a blind request is read by the asker once something was given."""
    return await requesting.comment(office_of(request), caller, request_id, body.text, body.part_id)


@router.post("/parts/{part_id}/approve", dependencies=[rule(Needs(Action.SHARE))], summary="Approve or narrow a part")
async def approve(part_id: str, body: ApproveBody, request: Request, caller: Who) -> RequestView:
    """Gives a grant for each camera: no more than was asked, and no more than you hold."""
    answer = Answer(
        version=body.version,
        cameras=_set(body.cameras),
        actions=_set(body.actions),
        purposes=_set(body.purposes),
        not_before=body.not_before,
        not_after=body.not_after,
        hours=_hours(body.hours),
        conditions=_set(body.conditions),
        reason=body.reason,
    )
    return await deciding.approve(office_of(request), caller, part_id, answer)


@router.post("/parts/{part_id}/refuse", dependencies=[rule(Needs(Action.SHARE))], summary="Refuse a part")
async def refuse(part_id: str, body: RefuseBody, request: Request, caller: Who) -> RequestView:
    """A reason is needed."""
    return await deciding.refuse(office_of(request), caller, part_id, body.version, body.reason)


@router.post("/parts/{part_id}/return", dependencies=[rule(SignedIn())], summary="Give access back before its end")
async def give_back(part_id: str, body: ReasonBody, request: Request, caller: Who) -> RequestView:
    """Running pictures end within two seconds."""
    return await deciding.give_back(office_of(request), caller, part_id, body.reason)


@router.post("/parts/{part_id}/extend", status_code=201, dependencies=[rule(SignedIn())], summary="Ask for longer")
async def extend(part_id: str, body: ExtendBody, request: Request, caller: Who) -> RequestView:
    """A small request to the same owner for the same cameras on the same terms."""
    return await requesting.extend(office_of(request), caller, part_id, body.not_after, body.reason)


def _set(items: list[Any] | None) -> frozenset[Any] | None:
    return None if items is None else frozenset(items)


def _hours(body: AskedHours | None) -> Hours | None:
    if body is None:
        return None
    try:
        return Hours(schedule_from({"days": body.days, "hours": body.windows}))
    except ValueError as problem:
        raise Invalid(str(problem), field="hours") from None
