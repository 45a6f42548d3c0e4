"""The audit: read by the audit manager alone; a typed text is erased by the system manager alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.operators import Role
from gateway.services import catalogue, erasing
from gateway.services.office import Caller
from gateway.storage.auditing import AuditEntry
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import RoleIs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["audit"])
Who = Annotated[Caller, Depends(signed_in)]
SYSTEM = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER})))]
AUDIT = [rule(RoleIs(frozenset({Role.AUDIT_MANAGER})))]


class Erasure(BaseModel):
    """Why a text must go."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/audit", dependencies=AUDIT, summary="The audit")
async def audit(
    request: Request,
    actor: str | None = None,
    object: str | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[AuditEntry]:
    """Newest first; for the audit manager. A typed text whose ``text`` is null was erased."""
    page = await catalogue.audit(office_of(request), actor or None, object or None, after, limit)
    return Listing(list(page.items), page.next)


@router.post("/audit/texts/{text_id}/erasure", dependencies=SYSTEM, status_code=204, summary="Erase a typed text")
async def erase(text_id: str, body: Erasure, request: Request, caller: Who) -> Response:
    """For the system manager, on a written order that names the text by its id. The chain still verifies."""
    await erasing.erase(office_of(request), caller, text_id, body.reason)
    return Response(status_code=204)
