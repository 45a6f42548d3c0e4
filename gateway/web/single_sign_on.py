"""Single sign-on: to the identity provider and back. Browsers come here by themselves, so answers send them on."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.operators import Role
from gateway.ports import Unavailable
from gateway.services import linking, single_sign_on
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import Failed, NotFound
from gateway.services.office import Caller
from gateway.services.single_sign_on import Entered, FirstTime, SingleSignOn
from gateway.web.rules import Open, RoleIs, SignedIn, rule
from gateway.web.sessions import entrance_of, is_https, set_session_cookie
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["session"])
ERRAND = "seg_errand"
IDENTITY = "seg_identity"
SAME_SITE: dict[str, Literal["lax", "strict"]] = {ERRAND: "lax", IDENTITY: "strict"}
"""Lax for the errand, because the way back begins on the provider's site."""
PATH = "/api/v1/session/single-sign-on"
SYSTEM = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER})))]
Said = Annotated[str, Query(max_length=4096)]


@dataclass(frozen=True, slots=True)
class Offered:
    """Whether people may sign in by an identity provider, and what it is called."""

    offered: bool
    name_zh: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Onward:
    """Where whoever entered wanted to go."""

    to: str


class EnterBody(BaseModel):
    """The release code that the security manager gave the account's owner."""

    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(max_length=64)]


def _sign_on(request: Request) -> SingleSignOn:
    found: SingleSignOn | None = request.app.state.single_sign_on
    if found is None:
        raise NotFound("page")
    return found


def _return_address(request: Request) -> str:
    """Where the provider sends browsers back to; it must be registered there to the letter."""
    public: str = request.app.state.public_url
    return (public.rstrip("/") or str(request.base_url).rstrip("/")) + f"{PATH}/return"


@router.get("/session/single-sign-on", dependencies=[rule(Open())], summary="Whether single sign-on is offered")
async def offered(request: Request) -> Offered:
    """For the sign-in page."""
    found: SingleSignOn | None = request.app.state.single_sign_on
    return Offered(False) if found is None else Offered(True, found.name_zh, found.name_en)


@router.get("/session/single-sign-on/begin", dependencies=[rule(Open())], summary="Go to the identity provider")
async def begin(request: Request, purpose: Said = "", to: Said = "/") -> Response:
    """Sends the browser there, with a sealed cookie that only it can bring back."""
    sign_on = _sign_on(request)
    try:
        address, errand = await single_sign_on.begin(
            office_of(request), sign_on, _return_address(request), purpose or None, to
        )
    except (Failed, Unavailable) as problem:
        return _back_to_sign_in(problem)
    response = RedirectResponse(address, 303)
    _hand(request, response, ERRAND, errand, single_sign_on.ERRAND_LASTS)
    return response


@router.get("/session/single-sign-on/return", dependencies=[rule(Open())], summary="Come back from the provider")
async def come_back(request: Request, state: Said = "", code: Said = "") -> Response:
    """Begins the session, or goes to the sign-in page with the reason."""
    sign_on = _sign_on(request)
    try:
        came = await single_sign_on.complete(
            office_of(request),
            sign_on,
            _carried(request, ERRAND),
            _return_address(request),
            state=state,
            code=code,
            entrance=entrance_of(request),
        )
    except (Failed, Unavailable) as problem:
        response: Response = _back_to_sign_in(problem)
    else:
        response = _go_on(request, came)
    _drop(request, response, ERRAND)
    return response


@router.post("/session/single-sign-on/enter", dependencies=[rule(Open())], summary="Enter for the first time")
async def enter(body: EnterBody, request: Request, response: Response) -> Onward:
    """Links the identity with which the browser just came back to the account that was released for it, by the release
    code, and begins the session. Five wrong codes make the account's link void.
    """
    door: Doorkeeper = request.app.state.door
    sealed, entrance = _carried(request, IDENTITY), entrance_of(request)
    entered = await single_sign_on.enter_by_code(
        office_of(request), door, _sign_on(request), sealed, body.code, entrance
    )
    set_session_cookie(request, response, entered.token)
    _drop(request, response, IDENTITY)
    return Onward(entered.to)


@router.post(
    "/session/single-sign-on/link", status_code=204, dependencies=[rule(SignedIn())], summary="Link an identity"
)
async def link(request: Request, response: Response, caller: Annotated[Caller, Depends(signed_in)]) -> None:
    """Links the identity with which the browser just came back to one's own account: its first sign-in by the provider
    needs a sign-in as always.
    """
    door: Doorkeeper = request.app.state.door
    await linking.link_own(office_of(request), door, caller, _carried(request, IDENTITY))
    _drop(request, response, IDENTITY)


@router.delete("/operators/{operator_id}/identity", status_code=204, dependencies=SYSTEM, summary="Unlink an identity")
async def unlink(operator_id: str, request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> None:
    """Another identity with the account's login can be linked then; sessions go on."""
    await single_sign_on.unlink(office_of(request), caller, operator_id)


def _go_on(request: Request, came: Entered | FirstTime) -> Response:
    if isinstance(came, Entered):
        response = RedirectResponse(f"/?entered#{came.to}", 303)
        set_session_cookie(request, response, came.token)
        return response
    response = RedirectResponse(f"/#/sign-in?link={came.way.value}", 303)
    _hand(request, response, IDENTITY, came.sealed, linking.LASTS)
    return response


def _hand(request: Request, response: Response, cookie: str, sealed: bytes, lasts: timedelta) -> None:
    """Gives the browser something to carry, which it brings to these routes alone."""
    value, seconds = base64.urlsafe_b64encode(sealed).decode(), int(lasts.total_seconds())
    secure, samesite = is_https(request), SAME_SITE[cookie]
    response.set_cookie(cookie, value, seconds, path=PATH, httponly=True, samesite=samesite, secure=secure)


def _drop(request: Request, response: Response, cookie: str) -> None:
    samesite = SAME_SITE[cookie]
    response.delete_cookie(cookie, path=PATH, httponly=True, samesite=samesite, secure=is_https(request))


def _carried(request: Request, cookie: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(request.cookies.get(cookie, ""))
    except (binascii.Error, ValueError):
        return b""


def _back_to_sign_in(problem: Failed | Unavailable) -> RedirectResponse:
    code = problem.code if isinstance(problem, Failed) else "provider_unavailable"
    return RedirectResponse(f"/#/sign-in?refused={quote(code)}", 303)
