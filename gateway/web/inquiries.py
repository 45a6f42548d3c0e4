"""Inquiries of citizens: intake, identity, consent, appointment, supervised view, reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.inquiries import MOST_CAMERAS, AskerKind, IdentityDocument, RelationProof
from gateway.services import inquiries, inquiry_showing
from gateway.services.inquiries import InquiryWish, Which
from gateway.services.inquiry_views import InquirySummary, InquiryView
from gateway.services.office import Caller
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/inquiries", tags=["inquiries"])
Who = Annotated[Caller, Depends(signed_in)]
STAFF = [rule(SignedIn())]
"""Who has to do with an inquiry is said by the cameras it names and by the unit: to all others there is none."""
Words = Annotated[str, Field(max_length=1000)]
CameraIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=MOST_CAMERAS)]


class InquiryBody(BaseModel):
    """Who asks and how they are reached, where and when it was, why they ask, and which cameras of one unit saw it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "asker": "person",
                "name": "somebody (sample)",
                "contact": "by letter (sample)",
                "place": "junction of two roads, south-east corner",
                "why": "a bicycle was knocked over",
                "since": "2026-11-22T09:00:00Z",
                "until": "2026-11-22T10:00:00Z",
                "cameras": ["TZ-0001"],
            }
        },
    )
    asker: AskerKind
    name: Annotated[str, Field(max_length=100)]
    contact: Annotated[str, Field(max_length=200)]
    place: Annotated[str, Field(max_length=500)]
    why: Words
    since: AwareDatetime
    until: AwareDatetime
    cameras: CameraIds


class Step(BaseModel):
    """``version`` is the one that was read."""

    model_config = ConfigDict(extra="forbid")
    version: int


class IdentityBody(Step):
    """What was shown: its kind alone, never a number. Kin and guardians also prove what they are."""

    document: IdentityDocument
    relation: RelationProof | None = None


class ConsentBody(Step):
    """Yes, or no with the reason."""

    approve: bool
    reason: Words = ""


class AppointmentBody(Step):
    """When and where it will be shown."""

    when: AwareDatetime
    place: Annotated[str, Field(max_length=200)]


class ShownBody(Step):
    """What you showed, and who supervised."""

    supervisor_id: Annotated[str, Field(max_length=36)]
    cameras: CameraIds
    since: AwareDatetime
    until: AwareDatetime


class WordsBody(Step):
    """The reply, or the reason."""

    text: Words


class ErasureBody(BaseModel):
    """On which ground the words are erased."""

    model_config = ConfigDict(extra="forbid")
    reason: Words


@dataclass(frozen=True, slots=True)
class StaffView:
    """Somebody who may supervise."""

    id: str
    name: str


@router.get("", dependencies=STAFF, summary="Inquiries of citizens")
async def listed(
    request: Request,
    caller: Who,
    which: Annotated[Which | None, Query(description="open, overdue or ended")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[InquirySummary]:
    """Newest first: for staff of the district centre and of the managing unit of the cameras; for others none."""
    return Listing(*await inquiries.listed(office_of(request), caller, which, after, limit))


@router.post("", status_code=201, dependencies=STAFF, summary="Take an inquiry in")
async def take(body: InquiryBody, request: Request, caller: Who) -> InquiryView:
    """The managing unit is told. It is to be answered within thirty days."""
    values = body.model_dump() | {"cameras": tuple(dict.fromkeys(body.cameras))}
    return await inquiries.take(office_of(request), caller, InquiryWish(**values))


@router.get("/{inquiry_id}", dependencies=STAFF, summary="An inquiry and what was done with it")
async def read(inquiry_id: str, request: Request, caller: Who) -> InquiryView:
    """With the moves that are yours to make now."""
    return await inquiries.read(office_of(request), caller, inquiry_id)


@router.get("/{inquiry_id}/staff", dependencies=STAFF, summary="Who may supervise the view")
async def staff(inquiry_id: str, request: Request, caller: Who) -> Listing[StaffView]:
    """The other members of staff of your own and of the managing unit who have to do with it."""
    found = await inquiry_showing.staff(office_of(request), caller, inquiry_id)
    return Listing([StaffView(*one) for one in found])


@router.post("/{inquiry_id}/identity", dependencies=STAFF, summary="Note that the identity was checked")
async def identify(inquiry_id: str, body: IdentityBody, request: Request, caller: Who) -> InquiryView:
    """The kind of what was shown; no number and no copy is kept."""
    return await inquiries.identify(office_of(request), caller, inquiry_id, body.version, body.document, body.relation)


@router.post("/{inquiry_id}/consent", dependencies=STAFF, summary="Consent for the managing unit, or refuse to")
async def consent(inquiry_id: str, body: ConsentBody, request: Request, caller: Who) -> InquiryView:
    """For who manages the cameras at the unit that owns them, and did not take the inquiry in."""
    return await inquiries.consent(
        office_of(request), caller, inquiry_id, body.version, yes=body.approve, reason=body.reason
    )


@router.post("/{inquiry_id}/appointment", dependencies=STAFF, summary="Say when and where it will be shown")
async def appoint(inquiry_id: str, body: AppointmentBody, request: Request, caller: Who) -> InquiryView:
    """Can be put off as often as needed."""
    return await inquiries.appoint(office_of(request), caller, inquiry_id, body.version, body.when, body.place)


@router.post("/{inquiry_id}/viewing", dependencies=STAFF, summary="Note what was shown under supervision")
async def show(inquiry_id: str, body: ShownBody, request: Request, caller: Who) -> InquiryView:
    """You showed it, another supervised; each camera gets a view record with the inquiry's number as its reason."""
    shown, span = tuple(dict.fromkeys(body.cameras)), (body.since, body.until)
    return await inquiry_showing.show(
        office_of(request),
        caller,
        inquiry_id,
        body.version,
        supervisor_id=body.supervisor_id,
        shown=shown,
        span=span,
    )


@router.post("/{inquiry_id}/reply", dependencies=STAFF, summary="Answer the inquiry")
async def answer(inquiry_id: str, body: WordsBody, request: Request, caller: Who) -> InquiryView:
    """After the view."""
    return await inquiries.answer(office_of(request), caller, inquiry_id, body.version, body.text)


@router.post("/{inquiry_id}/refusal", dependencies=STAFF, summary="Refuse the inquiry")
async def refuse(inquiry_id: str, body: WordsBody, request: Request, caller: Who) -> InquiryView:
    """With the reason, which the citizen is told."""
    return await inquiries.refuse(office_of(request), caller, inquiry_id, body.version, body.text)


@router.post("/{inquiry_id}/withdrawal", dependencies=STAFF, summary="Note that it was taken back")
async def withdraw(inquiry_id: str, body: WordsBody, request: Request, caller: Who) -> InquiryView:
    """By whoever asked."""
    return await inquiries.withdraw(office_of(request), caller, inquiry_id, body.version, body.text)


@router.post("/{inquiry_id}/erasure", dependencies=STAFF, summary="Erase what was typed into it")
async def erase(inquiry_id: str, body: ErasureBody, request: Request, caller: Who) -> InquiryView:
    """Once it has ended: the name, the contact and every other word, here and beside the audit; the proof stays."""
    return await inquiries.erase(office_of(request), caller, inquiry_id, body.reason)
