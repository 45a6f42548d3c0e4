"""The audit: read by the audit manager alone; a typed text is erased by the system manager alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.domain.audit_roots import to_file
from gateway.domain.operators import Role
from gateway.services import auditing, erasing, rooting
from gateway.services.auditing import AuditState, RootView, Verifier
from gateway.services.erasing import Erasure as Erased
from gateway.services.erasing import TextRecord
from gateway.services.office import Caller
from gateway.services.root_page import page
from gateway.storage.audit_checks import AuditCheck
from gateway.storage.auditing import AuditEntry, AuditQuery
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import RoleIs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["audit"])
Who = Annotated[Caller, Depends(signed_in)]
SYSTEM = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER})))]
AUDIT = [rule(RoleIs(frozenset({Role.AUDIT_MANAGER})))]
ERASURES = [rule(RoleIs(frozenset({Role.SYSTEM_MANAGER, Role.AUDIT_MANAGER})))]


Word = Annotated[str | None, Query(max_length=64)]
Moment = Annotated[AwareDatetime | None, Query(description="a time with its zone")]
RootNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Erasure(BaseModel):
    """Why a text must go."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/audit", dependencies=AUDIT, summary="The audit")
async def audit(
    request: Request,
    caller: Who,
    actor: Word = None,
    action: Word = None,
    kind: Word = None,
    object: Word = None,
    text: Annotated[str | None, Query(max_length=100, description="words that somebody typed")] = None,
    since: Moment = None,
    until: Moment = None,
    after: After = None,
    limit: Limit = 50,
) -> Listing[AuditEntry]:
    """Newest first; for the audit manager. A typed text whose ``text`` is null was erased.

    ``since`` is inclusive and ``until`` is not. A search for words is itself noted.
    """
    query = AuditQuery(
        actor or None, action or None, kind or None, object or None, (text or "").strip() or None, since, until
    )
    found = await auditing.searched(office_of(request), caller, query, after, limit)
    return Listing(list(found.items), found.next)


@router.get("/audit/state", dependencies=AUDIT, summary="Whether the audit holds")
async def state(request: Request) -> AuditState:
    """The newest signed root and what the newest verification found."""
    verifier: Verifier = request.app.state.verifier
    return await verifier.state()


@router.post("/audit/verification", dependencies=AUDIT, summary="Verify the audit now")
async def verification(request: Request, caller: Who) -> AuditCheck:
    """Reads every line, every root and the register of views; ten million lines take up to a minute."""
    verifier: Verifier = request.app.state.verifier
    return await verifier.verify_now(caller)


@router.get("/audit/roots", dependencies=AUDIT, summary="Signed roots")
async def roots(request: Request, after: After = None, limit: Limit = 50) -> Listing[RootView]:
    """Newest first."""
    found = await auditing.roots(office_of(request), after, limit)
    return Listing(list(found.items), found.next)


@router.post("/audit/roots", dependencies=AUDIT, status_code=201, summary="Sign a root now")
async def sign(request: Request, caller: Who) -> RootView:
    """Over how every chain ends now; one is made by itself when a day has ended."""
    return await auditing.sign_now(office_of(request), caller)


@router.get("/audit/roots/{number}/file", dependencies=AUDIT, summary="A root for another machine")
async def root_file(number: RootNumber, request: Request) -> Response:
    """The file that `gateway audit verify --root` takes."""
    text = to_file(await rooting.read(office_of(request), number))
    headers = {"Content-Disposition": f'attachment; filename="audit-root-{number}.json"'}
    return Response(text, media_type="application/json", headers=headers)


@router.get("/audit/roots/{number}/page", dependencies=AUDIT, summary="A root for paper")
async def root_page(number: RootNumber, request: Request) -> HTMLResponse:
    """One page to print and file, with the figures grouped to be read aloud."""
    return HTMLResponse(page(await rooting.read(office_of(request), number)))


@router.get("/audit/erasures", dependencies=ERASURES, summary="Texts that were erased")
async def erasures(request: Request, after: After = None, limit: Limit = 50) -> Listing[Erased]:
    """Newest first: which text, by whom, when and on which order."""
    page = await erasing.erasures(office_of(request), after, limit)
    return Listing(list(page.items), page.next)


@router.get("/audit/texts/{text_id}", dependencies=ERASURES, summary="Where a typed text stands")
async def text_record(text_id: str, request: Request) -> TextRecord:
    """Never the text nor who typed it: its line, its field, and whether the line and its neighbours hold."""
    return await erasing.found(office_of(request), text_id)


@router.post("/audit/texts/{text_id}/erasure", dependencies=SYSTEM, status_code=204, summary="Erase a typed text")
async def erase(text_id: str, body: Erasure, request: Request, caller: Who) -> Response:
    """For the system manager, on a written order that names the text by its id. The chain still verifies."""
    await erasing.erase(office_of(request), caller, text_id, body.reason)
    return Response(status_code=204)
