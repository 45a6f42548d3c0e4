"""The caller's second factor: setting up a phone, proving what they have, recovery codes."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.domain.accounts import Hold
from gateway.services import second_factor
from gateway.services.office import Caller
from gateway.web.ceremonies import PasskeyAnswer, site_of_request
from gateway.web.rules import SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/session/second-factor", tags=["session"])
Who = Annotated[Caller, Depends(signed_in)]
ENROLLING = [rule(SignedIn(frozenset({Hold.SECOND_FACTOR})))]


class Presence(BaseModel):
    """The password, if the sign-in was some time ago."""

    model_config = ConfigDict(extra="forbid")
    password: Annotated[str | None, Field(max_length=1024)] = None


class Code(BaseModel):
    """Six digits from the phone, or a recovery code from paper."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"code": "123456"}})
    code: Annotated[str, Field(min_length=1, max_length=64)]


class Proof(BaseModel):
    """A code from the phone or from paper, or a passkey's answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"code": "123456"}})
    code: Annotated[str, Field(max_length=64)] = ""
    passkey: PasskeyAnswer | None = None

    @model_validator(mode="after")
    def _one(self) -> Proof:
        if bool(self.code) == bool(self.passkey):
            raise ValueError("give either a code or a passkey's answer")
        return self


class ProposalAnswer(BaseModel):
    """What goes on the phone: as a QR code (an SVG picture as a data address), as its address, and to type by hand."""

    secret: str
    address: str
    qr: str


class Codes(BaseModel):
    """Recovery codes, shown this once."""

    codes: list[str]


@router.post("", dependencies=ENROLLING, summary="Begin to set up a second factor")
async def propose(body: Presence, request: Request, caller: Who) -> ProposalAnswer:
    """A new secret, in force once a code of it is confirmed."""
    made = await second_factor.propose(office_of(request), request.app.state.door, caller, body.password)
    qr = segno.make(made.address, error="m").svg_data_uri(scale=4, border=2, dark="#000", light="#fff")
    return ProposalAnswer(secret=made.secret, address=made.address, qr=qr)


@router.post("/confirm", dependencies=ENROLLING, summary="Put the second factor into force")
async def confirm(body: Code, request: Request, caller: Who) -> Codes:
    """By the first code of the phone; answers with the recovery codes."""
    return Codes(codes=await second_factor.confirm(office_of(request), caller, body.code))


@router.post("/prove", status_code=204, dependencies=[rule(SignedIn())], summary="Prove the second factor afresh")
async def prove(body: Proof, request: Request, caller: Who) -> None:
    """Counts for ten minutes in this session. Each code works once, and so does each answer of a passkey."""
    given = body.passkey.said(site_of_request(request), caller.session_id) if body.passkey else body.code
    await second_factor.prove(office_of(request), caller, given)


@router.post("/codes", dependencies=[rule(SignedIn())], summary="New recovery codes")
async def codes(request: Request, caller: Who) -> Codes:
    """The old ones work no more."""
    return Codes(codes=await second_factor.renew_codes(office_of(request), caller))


@router.delete("", status_code=204, dependencies=[rule(SignedIn())], summary="Remove your phone")
async def give_up(request: Request, caller: Who) -> None:
    """Passkeys stay. The last second factor goes only where the settings do not demand one of you."""
    await second_factor.give_up(office_of(request), caller)
