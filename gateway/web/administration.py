"""Administration: accounts and view records."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.operators import Role
from gateway.services import administering, catalogue
from gateway.services.administering import NewOperator, OperatorView
from gateway.services.office import Caller
from gateway.storage.view_records import ViewRecord
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import RoleIs, SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["administration"])
Who = Annotated[Caller, Depends(signed_in)]
SYSTEM = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER})))]
AUDIT = [rule(RoleIs(frozenset({Role.AUDIT_MANAGER})))]


class OperatorBody(BaseModel):
    """An account to be made."""

    model_config = ConfigDict(extra="forbid")
    login: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    organisation_id: str
    roles: list[Role]
    password: Annotated[str, Field(max_length=256)]
    language: Literal["zh-CN", "en"] = "zh-CN"


class OperatorPatch(BaseModel):
    """What of an account can be changed."""

    model_config = ConfigDict(extra="forbid")
    disabled: bool


@router.get("/operators", dependencies=[rule(SignedIn())], summary="Accounts")
async def operators(request: Request, caller: Who) -> Listing[OperatorView]:
    """All for managers and the district centre; for everyone else their own organisation's."""
    return Listing(await administering.listed(office_of(request), caller))


@router.post("/operators", status_code=201, dependencies=SYSTEM, summary="Make an account")
async def add_operator(body: OperatorBody, request: Request, caller: Who) -> OperatorView:
    """For the system manager. A manager's role stands alone."""
    wish = NewOperator(body.login, body.name, body.organisation_id, frozenset(body.roles), body.password, body.language)
    return await administering.add(office_of(request), request.app.state.door, caller, wish)


@router.patch("/operators/{operator_id}", dependencies=SYSTEM, summary="Disable or enable an account")
async def change_operator(operator_id: str, body: OperatorPatch, request: Request, caller: Who) -> OperatorView:
    """Disabling ends every session and running picture of the account."""
    return await administering.set_disabled(office_of(request), caller, operator_id, body.disabled)


@router.get("/view-records", dependencies=AUDIT, summary="Who looked at what")
async def views(
    request: Request,
    operator: str | None = None,
    camera: str | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[ViewRecord]:
    """Newest first; for the audit manager."""
    page = await catalogue.all_views(office_of(request), operator or None, camera or None, after, limit)
    return Listing(list(page.items), page.next)
