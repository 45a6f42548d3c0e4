"""Accounts: made, changed and reset by the system manager; set up by their owners with a link."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gateway.domain.operators import Role
from gateway.services import administering, changing, releasing, reviewing, running_sessions, setting_up
from gateway.services.account_views import OperatorView
from gateway.services.administering import Kept, NewOperator
from gateway.services.office import Caller
from gateway.services.releasing import Released
from gateway.services.reviewing import AccountReview
from gateway.services.running_sessions import KEEPERS, SessionView
from gateway.services.setting_up import SetupView
from gateway.web.lists import Listing
from gateway.web.rules import Open, RoleIs, SignedIn, rule
from gateway.web.signed import office_of, remote_of, signed_in

router = APIRouter(tags=["accounts"])
Who = Annotated[Caller, Depends(signed_in)]
SYSTEM = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER})))]
SECURITY = [rule(RoleIs(frozenset({Role.SECURITY_MANAGER})))]
MANAGERS = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER, Role.SECURITY_MANAGER, Role.AUDIT_MANAGER})))]


class OperatorBody(BaseModel):
    """An account to be made. The answer holds a link by which its owner sets the password, once it is released."""

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
    language: Literal["zh-CN", "en"] = "zh-CN"
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    contract: Annotated[str, Field(max_length=64)] = ""
    pledged_at: AwareDatetime | None = None
    trained_at: AwareDatetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _set_up_by_its_owner(cls, data: Any) -> Any:
        if isinstance(data, dict) and "password" in data:
            raise ValueError("password is not given here: the account's owner sets it by the link in the answer")
        return data


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


class ReleaseBody(BaseModel):
    """The link that was looked at, as ``footing.link`` names it."""

    model_config = ConfigDict(extra="forbid")
    link: Annotated[str, Field(min_length=1, max_length=64)]


class SetupBody(LinkBody):
    """The password that the owner chose, and the release code that the security manager gave them."""

    password: Annotated[str, Field(max_length=256)]
    code: Annotated[str, Field(max_length=64)] = ""


@router.get("/operators", dependencies=[rule(SignedIn())], summary="Accounts")
async def operators(request: Request, caller: Who) -> Listing[OperatorView]:
    """All for managers and the district centre; for everyone else their own organisation's."""
    return Listing(await administering.listed(office_of(request), caller))


@router.post("/operators", status_code=201, dependencies=SYSTEM, summary="Make an account")
async def add_operator(body: OperatorBody, request: Request, caller: Who) -> Kept:
    """For the system manager. A manager's role stands alone, and so does a vendor's, who needs dates and a contract."""
    fields: dict[str, Any] = {name: getattr(body, name) for name in OperatorBody.model_fields}
    wish = NewOperator(**{**fields, "roles": frozenset(body.roles)})
    return await administering.add(office_of(request), caller, wish)


@router.patch("/operators/{operator_id}", dependencies=SYSTEM, summary="Change, disable or enable an account")
async def change_operator(operator_id: str, body: OperatorPatch, request: Request, caller: Who) -> OperatorView:
    """What the account shows is asked again within two seconds; disabling ends it. What would show it more pictures,
    or make it a manager's, waits in ``footing.change`` until the security manager releases it.
    """
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    return await changing.change(office_of(request), caller, operator_id, changes)


@router.post("/operators/{operator_id}/reset", dependencies=SYSTEM, summary="Reset a password or second factor")
async def reset_operator(operator_id: str, body: ResetBody, request: Request, caller: Who) -> Kept:
    """Ends every session of the account. For a new password there is a link, as for a new account."""
    asked = {"password": body.password, "factor": body.second_factor}
    return await administering.reset(office_of(request), caller, operator_id, **asked)


@router.post("/operators/{operator_id}/release", dependencies=SECURITY, summary="Release a set-up link")
async def release_operator(operator_id: str, body: ReleaseBody, request: Request, caller: Who) -> Released:
    """For the security manager: the link works only with this code, shown this once. A former code is void. 409 if
    another link took its place meanwhile.
    """
    return await releasing.release(office_of(request), request.app.state.door, caller, operator_id, body.link)


@router.post("/operators/{operator_id}/changes/{change_id}/release", dependencies=SECURITY, summary="Release a change")
async def release_change(operator_id: str, change_id: str, request: Request, caller: Who) -> OperatorView:
    """For the security manager: roles and organisation that wait come into force."""
    return await changing.release(office_of(request), caller, operator_id, change_id)


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
    """Works once, with the release code; then sign in as always. Five wrong codes make the link void."""
    door, remote = request.app.state.door, remote_of(request)
    await setting_up.take(office_of(request), door, body.token, body.password, body.code, remote)
