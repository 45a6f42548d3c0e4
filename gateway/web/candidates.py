"""Candidates: the queue, and a person's decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.events import CandidateState
from gateway.domain.rules import Rule
from gateway.services import triage
from gateway.services.office import Caller
from gateway.services.ticket_views import TicketDetail
from gateway.storage.candidates import Candidate, CandidateQuery, Proof
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/candidates", tags=["candidates"])
Who = Annotated[Caller, Depends(signed_in)]
DECIDING = [rule(Needs(Action.HANDLE_TICKETS, also=frozenset({Action.SEE_EVENTS})))]


@dataclass(frozen=True, slots=True)
class CandidateView:
    """What a rule found, why it fired, and where its evidence is (or why there is none)."""

    id: str
    event_id: str
    camera_id: str
    camera_name_zh: str
    camera_name_en: str
    township_code: str
    kind: str
    rule_id: str
    rule_name_zh: str
    rule_name_en: str
    state: CandidateState
    created_at: datetime
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None
    measure: float
    threshold: float
    why: dict[str, float | str]
    box: list[float]
    fault: bool
    still: str | None
    clip: str | None
    still_missing: str | None
    clip_missing: str | None
    version: int
    decided_at: datetime | None
    decided_by: str | None
    decision_reason: str | None
    category: str | None
    ticket_id: str | None


class ConfirmBody(BaseModel):
    """What it is: the category decides the deadline. Without a title the category's name is used."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"category": "3206120102", "note": "…", "version": 1}}
    )
    category: Annotated[str, Field(max_length=10)]
    title: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=4000)] = ""
    urgent: bool = False
    version: int


class DismissBody(BaseModel):
    """Why it is nothing."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=500)]
    version: int


@router.get("", dependencies=[rule(Needs(Action.SEE_EVENTS))], summary="The queue")
async def listed(
    request: Request,
    caller: Who,
    state: CandidateState | None = None,
    camera: str | None = None,
    kind: str | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[CandidateView]:
    """Newest first; only those of cameras whose events you may see."""
    query = CandidateQuery(state, camera or None, kind or None)
    page = await triage.listed(office_of(request), caller, query, after, limit)
    return Listing([_view(item, request) for item in page.items], page.next)


@router.get("/{candidate_id}", dependencies=[rule(Needs(Action.SEE_EVENTS))], summary="One candidate")
async def read(candidate_id: str, request: Request, caller: Who) -> CandidateView:
    """404 for unknown and foreign ones alike."""
    return _view(await triage.read(office_of(request), caller, candidate_id), request)


@router.post("/{candidate_id}/confirm", dependencies=DECIDING, summary="Make it a ticket")
async def confirm(candidate_id: str, body: ConfirmBody, request: Request, caller: Who) -> TicketDetail:
    """409 if somebody else decided it first."""
    return await triage.confirm(
        office_of(request),
        caller,
        candidate_id,
        body.category,
        version=body.version,
        title=body.title,
        note=body.note,
        urgent=body.urgent,
    )


@router.post("/{candidate_id}/dismiss", dependencies=DECIDING, summary="Put it aside")
async def dismiss(candidate_id: str, body: DismissBody, request: Request, caller: Who) -> CandidateView:
    """409 if somebody else decided it first."""
    return _view(await triage.dismiss(office_of(request), caller, candidate_id, body.reason, body.version), request)


_SAME = tuple(
    name
    for name in CandidateView.__dataclass_fields__
    if name not in ("still", "clip", "still_missing", "clip_missing", "rule_name_zh", "rule_name_en")
)


def _view(item: Candidate, request: Request) -> CandidateView:
    # The gateway's own rules name it: what a worker says is no text for people. A rule that is gone has no name.
    rules: Mapping[str, Rule] = request.app.state.rules
    fired = rules.get(item.rule_id)
    return CandidateView(
        **{field: getattr(item, field) for field in _SAME},
        rule_name_zh="" if fired is None else fired.name_zh,
        rule_name_en="" if fired is None else fired.name_en,
        still=_link(item, "still", item.still),
        clip=_link(item, "clip", item.clip),
        still_missing=item.still.missing or None,
        clip_missing=item.clip.missing or None,
    )


def _link(item: Candidate, kind: str, proof: Proof) -> str | None:
    return f"/api/v1/evidence/{item.event_id}/{kind}" if proof.there else None
