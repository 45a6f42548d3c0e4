"""Signing in and out, and what the session knows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.accounts import Hold
from gateway.services import holding, running_sessions, signing_in
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.office import Caller
from gateway.services.running_sessions import SessionView
from gateway.services.second_factor import Standing
from gateway.services.signing_in import Entrance, SignedInView
from gateway.web.ceremonies import PasskeyAnswer, site_of_request
from gateway.web.lists import Listing
from gateway.web.rules import Open, SignedIn, rule
from gateway.web.signed import COOKIE, office_of, remote_of, signed_in

router = APIRouter(tags=["session"])


class SignInRequest(BaseModel):
    """Login and password. A session begins with the purpose of the shift, PS-ORDER; another is chosen afterwards."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"login": "district", "password": "…", "purpose": "PS-ORDER"}}
    )
    login: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=1024)]
    purpose: str | None = None
    code: Annotated[str | None, Field(max_length=64)] = None
    passkey: PasskeyAnswer | None = None


class Unlocking(BaseModel):
    """The password, a code of the second factor, or a passkey's answer."""

    model_config = ConfigDict(extra="forbid")
    password: Annotated[str, Field(max_length=1024)] = ""
    code: Annotated[str, Field(max_length=64)] = ""
    passkey: PasskeyAnswer | None = None


class SessionPatch(BaseModel):
    """What of a running session can be changed. A purpose other than the shift's own needs a reason or a ticket."""

    model_config = ConfigDict(extra="forbid")
    purpose: str | None = None
    language: str | None = None
    reason: Annotated[str, Field(max_length=500)] = ""
    ticket: Annotated[str | None, Field(max_length=64)] = None


class PasswordChange(BaseModel):
    """The old password proves that it is you."""

    model_config = ConfigDict(extra="forbid")
    old: Annotated[str, Field(min_length=1, max_length=1024)]
    new: Annotated[str, Field(min_length=1, max_length=1024)]


class SessionOperator(BaseModel):
    """The operator who is signed in."""

    id: str
    login: str
    name: str
    organisation_id: str
    roles: list[str]
    language: str


class SessionOrganisation(BaseModel):
    """The operator's organisation."""

    id: str
    kind: str
    name_zh: str
    name_en: str
    parent_id: str | None
    township_code: str | None


class SessionAnswer(BaseModel):
    """Who is signed in, for what, until when, and what the roles could ever allow."""

    operator: SessionOperator
    organisation: SessionOrganisation
    actions: list[str]
    purpose: str | None
    expires_at: datetime
    sample: bool
    hold: Hold | None
    idle_minutes: float
    second_factor: Standing


def entrance_of(request: Request) -> Entrance:
    """Where the request comes from, and how long a session that it begins may last."""
    return Entrance(remote_of(request), request.headers.get("user-agent", ""), request.app.state.session_lasts)


def set_session_cookie(request: Request, response: Response, token: str) -> None:
    """Gives the browser its session: no script reads it, no other site sends it."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(request.app.state.session_lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=is_https(request),
        path="/",
    )


def _door(request: Request) -> Doorkeeper:
    door: Doorkeeper = request.app.state.door
    return door


@router.post("/session", dependencies=[rule(Open())], summary="Sign in")
async def sign_in(body: SignInRequest, request: Request, response: Response) -> SessionAnswer:
    """Sets the session cookie. Five wrong passwords in a row lock the account for 15 minutes (429).

    403 ``second_factor_needed`` asks for the same again with ``code``, or with ``passkey``: the answer to what stands
    in ``detail.passkey``.
    """
    office = office_of(request)
    site = site_of_request(request)
    token, session = await signing_in.sign_in(
        office,
        _door(request),
        body.login,
        body.password,
        purpose=body.purpose,
        entrance=entrance_of(request),
        given=body.passkey.said(site) if body.passkey else body.code or None,
        site=site,
    )
    set_session_cookie(request, response, token)
    caller = await signing_in.resume(office, token, session.remote)
    return _answer(await signing_in.describe(office, caller))


@router.get("/session", dependencies=[rule(SignedIn(frozenset(Hold)))], summary="Who is signed in")
async def read(request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> SessionAnswer:
    """401 if nobody is."""
    return _answer(await signing_in.describe(office_of(request), caller))


@router.patch("/session", dependencies=[rule(SignedIn())], summary="Change the shift purpose or the language")
async def change(body: SessionPatch, request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> SessionAnswer:
    """Fields that are left out stay. For a purpose other than the shift's own (PS-ORDER) give a ``reason`` of at least
    ten characters or an open ``ticket``: it stands in the record of every look for that purpose.
    """
    office = office_of(request)
    await signing_in.change(office, caller, body.purpose, body.language, reason=body.reason, ticket_id=body.ticket)
    return _answer(await signing_in.describe(office, caller))


@router.delete("/session", status_code=204, dependencies=[rule(SignedIn(frozenset(Hold)))], summary="Sign out")
async def sign_out(request: Request, response: Response, caller: Annotated[Caller, Depends(signed_in)]) -> None:
    """Ends this session and every running picture it carries."""
    await signing_in.sign_out(office_of(request), caller)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=is_https(request))


LOCKED = [rule(SignedIn(frozenset({Hold.LOCKED})))]


@router.post("/session/input", status_code=204, dependencies=[rule(SignedIn())], summary="Somebody is at the console")
async def touched(caller: Annotated[Caller, Depends(signed_in)]) -> None:
    """Puts off the lock, as every change does; sent at most once a minute."""


@router.post("/session/lock", status_code=204, dependencies=LOCKED, summary="Lock the controls")
async def lock(request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> None:
    """Pictures that run go on; everything else answers 423 until the controls are unlocked."""
    await holding.lock(office_of(request), caller)


@router.post("/session/unlock", status_code=204, dependencies=LOCKED, summary="Unlock the controls")
async def unlock(body: Unlocking, request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> None:
    """By the password, a code or a passkey; wrong ones count like those at sign-in."""
    given = body.passkey.said(site_of_request(request), caller.session_id) if body.passkey else body.code
    await holding.unlock(office_of(request), _door(request), caller, password=body.password, given=given)


@router.post("/session/password", status_code=204, dependencies=[rule(SignedIn())], summary="Change your password")
async def change_password(
    body: PasswordChange, request: Request, caller: Annotated[Caller, Depends(signed_in)]
) -> None:
    """Ends your other sessions."""
    await signing_in.change_password(office_of(request), _door(request), caller, body.old, body.new)


@router.get("/sessions", dependencies=[rule(SignedIn())], summary="Your own running sessions")
async def own(request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> Listing[SessionView]:
    """Newest first."""
    return Listing(await running_sessions.own(office_of(request), caller))


@router.delete("/sessions/{session_id}", status_code=204, dependencies=[rule(SignedIn())], summary="End a session")
async def end(session_id: str, request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> None:
    """One of your own, or anybody's for who keeps accounts; any other is not found. Its pictures end with it."""
    await running_sessions.end(office_of(request), caller, session_id)


def is_https(request: Request) -> bool:
    """True if the browser came by HTTPS, here or at the proxy in front."""
    public: str = request.app.state.public_url
    return request.url.scheme == "https" or public.startswith("https:")


def _answer(view: SignedInView) -> SessionAnswer:
    operator, home = view.operator, view.organisation
    fields: dict[str, Any] = {
        "operator": {
            "id": operator.id,
            "login": operator.login,
            "name": operator.name,
            "organisation_id": operator.organisation_id,
            "roles": sorted(operator.roles),
            "language": operator.language,
        },
        "organisation": {
            "id": home.id,
            "kind": home.kind,
            "name_zh": home.name_zh,
            "name_en": home.name_en,
            "parent_id": home.parent_id,
            "township_code": home.township_code,
        },
        "actions": sorted(operator.ceiling),
        "purpose": view.purpose,
        "expires_at": view.expires_at,
        "sample": view.sample,
        "hold": view.hold,
        "idle_minutes": view.idle.total_seconds() / 60,
        "second_factor": view.second_factor,
    }
    return SessionAnswer.model_validate(fields)
