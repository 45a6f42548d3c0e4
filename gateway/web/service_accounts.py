"""Service accounts: departments' systems and their tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.operators import Role
from gateway.services import service_accounts
from gateway.services.office import Caller
from gateway.services.service_accounts import Issued, Rest, ServiceView, TokenWish
from gateway.web.lists import Listing
from gateway.web.rules import RoleIs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/service-accounts", tags=["service accounts"])
Who = Annotated[Caller, Depends(signed_in)]
SYSTEM = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER})))]
SECURITY = [rule(RoleIs(frozenset({Role.SECURITY_MANAGER})))]
MANAGERS = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER, Role.SECURITY_MANAGER, Role.AUDIT_MANAGER})))]


class ServiceBody(BaseModel):
    """A service account to be made."""

    model_config = ConfigDict(extra="forbid")
    login: Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    organisation_id: str


class TokenBody(BaseModel):
    """What a token is for, and how long."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "label": "drainage dispatch",
                "scopes": ["directory", "list", "snapshot"],
                "purpose": "PS-FLOOD",
                "days": 90,
            }
        },
    )
    label: Annotated[str, Field(min_length=1, max_length=128)]
    scopes: list[Action]
    purpose: str
    days: Annotated[int, Field(ge=1)]


@router.get("", dependencies=MANAGERS, summary="Service accounts and their tokens")
async def listed(request: Request) -> Listing[ServiceView]:
    """For managers; tokens are described, never shown."""
    return Listing(await service_accounts.listed(office_of(request)))


@router.post("", status_code=201, dependencies=SYSTEM, summary="Make a service account")
async def add(body: ServiceBody, request: Request, caller: Who) -> ServiceView:
    """For the system manager. It is disabled and enabled like every account."""
    return await service_accounts.add(office_of(request), caller, body.login, body.name, body.organisation_id)


@router.post("/{service_id}/tokens", status_code=201, dependencies=SYSTEM, summary="Issue a token")
async def issue(service_id: str, body: TokenBody, request: Request, caller: Who) -> Issued:
    """The answer is the only place where the token is ever shown; of one that opens pictures it is the first half."""
    wish = TokenWish(body.label, frozenset(body.scopes), body.purpose, body.days)
    return await service_accounts.issue(office_of(request), caller, service_id, wish)


@router.post("/{service_id}/tokens/{token_id}/release", dependencies=SECURITY, summary="Release a token")
async def release(service_id: str, token_id: str, request: Request, caller: Who) -> Rest:
    """For the security manager: the second half of a token that opens pictures, shown this once."""
    return await service_accounts.release(office_of(request), caller, service_id, token_id)


@router.delete("/{service_id}/tokens/{token_id}", status_code=204, dependencies=SYSTEM, summary="Revoke a token")
async def revoke(service_id: str, token_id: str, request: Request, caller: Who) -> None:
    """Every picture that it carries ends within two seconds."""
    await service_accounts.revoke(office_of(request), caller, service_id, token_id)
