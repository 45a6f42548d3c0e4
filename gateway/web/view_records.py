"""The register of views: every look at a camera, for the audit manager."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime

from gateway.domain.operators import Role
from gateway.services import registering
from gateway.services.office import Caller
from gateway.storage.view_records import ViewRecord
from gateway.storage.view_search import ViewQuery
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import RoleIs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["audit"])
Who = Annotated[Caller, Depends(signed_in)]
Id = Annotated[str | None, Query(max_length=64)]
Moment = Annotated[AwareDatetime | None, Query(description="a time with its zone")]


@router.get(
    "/view-records",
    dependencies=[rule(RoleIs(frozenset({Role.AUDIT_MANAGER})))],
    summary="Who looked at what",
)
async def views(
    request: Request,
    caller: Who,
    camera: Id = None,
    operator: Id = None,
    organisation: Id = None,
    purpose: Id = None,
    ticket: Id = None,
    wall: Id = None,
    since: Moment = None,
    until: Moment = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[ViewRecord]:
    """Newest first. A wall or tour is one record with ``spans``; asked for a camera or a wall, every look is its own.

    ``since`` is inclusive and ``until`` is not. The search itself is noted in the audit.
    """
    query = ViewQuery(
        camera_id=camera or None,
        operator_id=operator or None,
        organisation_id=organisation or None,
        purpose=purpose or None,
        ticket_id=ticket or None,
        wall_id=wall or None,
        since=since,
        until=until,
    )
    page = await registering.searched(office_of(request), caller, query, after, limit)
    return Listing(list(page.items), page.next)
