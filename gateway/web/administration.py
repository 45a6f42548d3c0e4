"""Administration: view records."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from gateway.domain.operators import Role
from gateway.services import catalogue
from gateway.services.office import Caller
from gateway.storage.view_records import ViewRecord
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import RoleIs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["administration"])
Who = Annotated[Caller, Depends(signed_in)]
AUDIT = [rule(RoleIs(frozenset({Role.AUDIT_MANAGER})))]


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
