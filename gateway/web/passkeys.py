"""The caller's passkeys: enrolling, listing and removing them, and what one is to answer for a fresh proof."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from gateway.domain.accounts import Hold
from gateway.services import passkeys
from gateway.services.ceremonies import Ceremony
from gateway.services.office import Caller
from gateway.services.passkeys import Enrolled, Shelf
from gateway.web.ceremonies import PasskeyAnswer, site_of_request
from gateway.web.rules import SignedIn, rule
from gateway.web.second_factor import Presence
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/session/passkeys", tags=["session"])
Who = Annotated[Caller, Depends(signed_in)]
ENROLLING = [rule(SignedIn(frozenset({Hold.SECOND_FACTOR})))]
LOCKED = [rule(SignedIn(frozenset({Hold.LOCKED})))]


class NewPasskey(PasskeyAnswer):
    """What the authenticator made, and how its owner calls it."""

    name: Annotated[str, Field(min_length=1, max_length=64)]


@router.get("", dependencies=ENROLLING, summary="Your passkeys")
async def listed(request: Request, caller: Who) -> Shelf:
    """``obstacle`` says why none can be made at this address: it is a number, or not HTTPS."""
    return await passkeys.listed(office_of(request), caller, site_of_request(request))


@router.post("/begin", dependencies=ENROLLING, summary="Begin to enrol a passkey")
async def begin(body: Presence, request: Request, caller: Who) -> Ceremony:
    """Options for ``navigator.credentials.create``, good for five minutes and one answer."""
    site = site_of_request(request)
    return await passkeys.begin(office_of(request), request.app.state.door, caller, body.password, site)


@router.post("", status_code=201, dependencies=ENROLLING, summary="Enrol a passkey")
async def finish(body: NewPasskey, request: Request, caller: Who) -> Enrolled:
    """With recovery codes if it is your first second factor."""
    answer = body.said(site_of_request(request), caller.session_id)
    return await passkeys.finish(office_of(request), caller, body.name, answer)


@router.post("/challenge", dependencies=LOCKED, summary="Begin to use a passkey")
async def challenge(request: Request, caller: Who) -> Ceremony:
    """Options for ``navigator.credentials.get``: the answer proves the second factor afresh, or unlocks."""
    return await passkeys.challenge(office_of(request), caller, site_of_request(request))


@router.delete("/{passkey_id}", status_code=204, dependencies=[rule(SignedIn())], summary="Remove a passkey")
async def remove(passkey_id: str, request: Request, caller: Who) -> None:
    """One of your own; any other is not found. The last second factor goes only where none is demanded of you."""
    await passkeys.remove(office_of(request), caller, passkey_id)
