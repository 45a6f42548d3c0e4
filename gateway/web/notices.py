"""Notices: what the signed-in operator was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.notices import Notice
from gateway.services import notifying
from gateway.services.office import Caller
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/notices", tags=["notices"])
Who = Annotated[Caller, Depends(signed_in)]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as its reader sees it; ``seen_at`` is when this reader saw it."""

    id: str
    at: datetime
    kind: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many notices the caller has not seen."""

    unseen: int


class SeenBody(BaseModel):
    """Which notices were seen; without ids, all of them."""

    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[str], Field(max_length=500)] | None = None


@router.get("", dependencies=[rule(SignedIn())], summary="What you were told")
async def listed(
    request: Request, caller: Who, unseen: bool = False, after: After = None, limit: Limit = 50
) -> Listing[NoticeView]:
    """Newest first: what was told to you, to your organisation or to your role."""
    page = await notifying.mine(office_of(request), caller, unseen=unseen, after=after, limit=limit)
    return Listing([_view(item) for item in page.items], page.next)


@router.get("/count", dependencies=[rule(SignedIn())], summary="How many notices you have not seen")
async def count(request: Request, caller: Who) -> Waiting:
    """The figure at the bell."""
    return Waiting(await notifying.waiting(office_of(request), caller))


@router.post("/seen", dependencies=[rule(SignedIn())], summary="Note that you have seen notices")
async def seen(body: SeenBody, request: Request, caller: Who) -> Waiting:
    """Ids of notices that are not yours change nothing. Answers how many still wait."""
    return Waiting(await notifying.seen(office_of(request), caller, body.ids))


def _view(item: Notice) -> NoticeView:
    return NoticeView(item.id, item.at, item.kind, item.object_kind, item.object_id, dict(item.detail), item.seen_at)
