"""Accounts: made, changed and reset by the system manager; set up by their owners with a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.operators import Role
from gateway.services import administering, reviewing, running_sessions, setting_up
from gateway.services.account_views import OperatorView
from gateway.services.administering import NewOperator
from gateway.services.office import Caller
from gateway.services.reviewing import AccountReview
from gateway.services.running_sessions import KEEPERS, SessionView
from gateway.services.setting_up import Handover, SetupView
from gateway.web.lists import Listing
from gateway.web.rules import Open, RoleIs, SignedIn, rule
from gateway.web.signed import office_of, remote_of, signed_in

router = APIRouter(tags=["accounts"])
Who = Annotated[Caller, Depends(signed_in)]
SYSTEM = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER})))]
MANAGERS = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER, Role.SECURITY_MANAGER, Role.AUDIT_MANAGER})))]


class OperatorBody(BaseModel):
    """An account to be made. Without a password the answer holds a link by which its owner sets one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "login": "newcomer",
                "name": "示例",
                "organisation_id": "district",
                "roles": ["district_operator"],
                "pledged_at": "2026-11-01T00:00:00+08:00",
                "trained_at": "2026-11-01T00:00:00+08:00",
            }
        },
    )
    login: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    organisation_id: str
    roles: list[Role]
    password: Annotated[str | None, Field(max_length=256)] = None
    language: Literal["zh-CN", "en"] = "zh-CN"
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    contract: Annotated[str, Field(max_length=64)] = ""
    pledged_at: AwareDatetime | None = None
    trained_at: AwareDatetime | None = None


class OperatorPatch(BaseModel):
    """What of an account can be changed; fields that are left out stay."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"disabled": True}})
    disabled: bool = False
    name: Annotated[str, Field(min_length=1, max_length=64)] = ""
    organisation_id: str = ""
    roles: list[Role] = []
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    contract: Annotated[str, Field(max_length=64)] = ""
    pledged_at: AwareDatetime | None = None
    trained_at: AwareDatetime | None = None


class ResetBody(BaseModel):
    """What to take away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"password": True}})
    password: bool = False
    second_factor: bool = False


class LinkBody(BaseModel):
    """The token in a set-up link. It travels in the body, so that no log keeps it."""

    model_config = ConfigDict(extra="forbid")
    token: Annotated[str, Field(min_length=1, max_length=128)]


class SetupBody(LinkBody):
    """The password that the owner chose."""

    password: Annotated[str, Field(max_length=256)]


@dataclass(frozen=True, slots=True)
class Kept:
    """The account, and the link to hand over if one was made: it is shown this once."""

    operator: OperatorView
    setup: Handover | None


@router.get("/operators", dependencies=[rule(SignedIn())], summary="Accounts")
async def operators(request: Request, caller: Who) -> Listing[OperatorView]:
    """All for managers and the district centre; for everyone else their own organisation's."""
    return Listing(await administering.listed(office_of(request), caller))


@router.post("/operators", status_code=201, dependencies=SYSTEM, summary="Make an account")
async def add_operator(body: OperatorBody, request: Request, caller: Who) -> Kept:
    """For the system manager. A manager's role stands alone, and so does a vendor's, who needs dates and a contract."""
    fields: dict[str, Any] = {name: getattr(body, name) for name in OperatorBody.model_fields}
    wish = NewOperator(**{**fields, "roles": frozenset(body.roles)})
    return Kept(*await administering.add(office_of(request), request.app.state.door, caller, wish))


@router.patch("/operators/{operator_id}", dependencies=SYSTEM, summary="Change, disable or enable an account")
async def change_operator(operator_id: str, body: OperatorPatch, request: Request, caller: Who) -> OperatorView:
    """What the account shows is asked again within two seconds; disabling ends it."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    return await administering.change(office_of(request), caller, operator_id, changes)


@router.post("/operators/{operator_id}/reset", dependencies=SYSTEM, summary="Reset a password or second factor")
async def reset_operator(operator_id: str, body: ResetBody, request: Request, caller: Who) -> Kept:
    """Ends every session of the account. For a new password there is a link, as for a new account."""
    asked = {"password": body.password, "factor": body.second_factor}
    return Kept(*await administering.reset(office_of(request), caller, operator_id, **asked))


@router.get("/operators/review", dependencies=MANAGERS, summary="Accounts to look through every quarter")
async def review(request: Request, caller: Who) -> Listing[AccountReview]:
    """Who may do what, since when unused, what lapses when; for managers. The audit notes who looked."""
    return Listing(await reviewing.access_review(office_of(request), caller))


@router.get("/sessions/all", dependencies=[rule(RoleIs(KEEPERS))], summary="Everybody's running sessions")
async def everybody(request: Request, caller: Who) -> Listing[SessionView]:
    """For the system and the security manager, who end them like their own."""
    return Listing(await running_sessions.everybody(office_of(request), caller))


@router.post("/set-up/look", dependencies=[rule(Open())], summary="Whose account a link sets up")
async def look(body: LinkBody, request: Request) -> SetupView:
    """Not found for a link that is used, over or invented."""
    return await setting_up.look(office_of(request), body.token, remote_of(request))


@router.post("/set-up", status_code=204, dependencies=[rule(Open())], summary="Set the password by a link")
async def take(body: SetupBody, request: Request) -> None:
    """Works once; then sign in as always."""
    await setting_up.take(office_of(request), request.app.state.door, body.token, body.password, remote_of(request))
