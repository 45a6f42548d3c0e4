"""The sharing page's questions: what may a person see, who shares what with whom, what would a change change."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.operators import Role
from gateway.services import explaining, matrix, simulating
from gateway.services.errors import Invalid
from gateway.services.explaining import PersonSight
from gateway.services.matrix import Columns, Matrix
from gateway.services.office import Caller
from gateway.services.simulating import Change
from gateway.web.grants import GrantBody
from gateway.web.lists import After
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(prefix="/sharing", tags=["sharing"])
Who = Annotated[Caller, Depends(signed_in)]


class SimulateBody(BaseModel):
    """The grant to be given, or the id of the one to be revoked."""

    model_config = ConfigDict(extra="forbid")
    give: GrantBody | None = None
    revoke: Annotated[str | None, Field(max_length=64)] = None


@router.get(
    "/people/{operator_id}",
    dependencies=[rule(Needs(Action.SHARE, instead=frozenset({Role.SECURITY_MANAGER})))],
    summary="What a person may see, and why",
)
async def person(
    operator_id: str,
    request: Request,
    caller: Who,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PersonSight:
    """Of the cameras that you may share; the security manager asks about all."""
    return await explaining.explain_person(office_of(request), caller, operator_id, after, limit)


@router.get("/matrix", dependencies=[rule(Needs(Action.LIST))], summary="Organisations by owners, or by groups")
async def read_matrix(request: Request, caller: Who, by: Columns = "owner") -> Matrix:
    """By the grants to organisations, in force, that you may know of."""
    return await matrix.read(office_of(request), caller, by)


@router.post("/simulation", dependencies=[rule(Needs(Action.SHARE))], summary="What a grant or its end would change")
async def simulate(body: SimulateBody, request: Request, caller: Who) -> Change:
    """Nothing is given or revoked. Refused as the real thing would be."""
    if body.give is not None and body.revoke is None:
        return await simulating.giving(office_of(request), caller, body.give.wish())
    if body.revoke is not None and body.give is None:
        return await simulating.revoking(office_of(request), caller, body.revoke)
    raise Invalid("say either what is to be given or what is to be revoked")
