"""A camera's life and the documents in its file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.lifecycle import Lifecycle
from gateway.services import documents, lifecycle
from gateway.services.camera_views import CameraDetail
from gateway.services.documents import DocumentKind, DocumentView
from gateway.services.office import Caller
from gateway.web.freshness import PRIVATE
from gateway.web.lists import Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["cameras"])
Who = Annotated[Caller, Depends(signed_in)]


class MoveBody(BaseModel):
    """Where a camera is to go in its life. ``version`` is the one that was read."""

    model_config = ConfigDict(extra="forbid")
    version: int
    to: Lifecycle
    reason: Annotated[str, Field(max_length=1000)] = ""
    works_until: datetime | None = None


@router.post(
    "/cameras/{camera_id}/lifecycle",
    dependencies=[rule(Needs(Action.MANAGE))],
    summary="Take a camera live, suspend it for works, or decommission it",
)
async def move(camera_id: str, body: MoveBody, request: Request, caller: Who) -> CameraDetail:
    """422 names what the file still lacks; works need a reason and an end, the end of service a reason.

    A decommissioned camera keeps every record and shows no picture any more.
    """
    return await lifecycle.move(
        office_of(request), caller, camera_id, body.version, body.to, body.reason, body.works_until
    )


@router.get(
    "/cameras/{camera_id}/documents", dependencies=[rule(Needs(Action.MANAGE))], summary="Documents in a camera's file"
)
async def listed(camera_id: str, request: Request, caller: Who) -> Listing[DocumentView]:
    """Newest first; withdrawn ones stay in the list."""
    return Listing(await documents.listed(office_of(request), caller, camera_id))


@router.post(
    "/cameras/{camera_id}/documents",
    status_code=201,
    dependencies=[rule(Needs(Action.MANAGE))],
    summary="Put a document into a camera's file",
    max_body_size=documents.LARGEST + 64 * 1024,
)
async def add(
    camera_id: str, file: UploadFile, kind: Annotated[DocumentKind, Form()], request: Request, caller: Who
) -> DocumentView:
    """PDF, JPEG or PNG, at most 16 MiB."""
    data = await file.read()
    return await documents.add(office_of(request), caller, camera_id, kind, file.filename or "", data)


@router.get(
    "/cameras/{camera_id}/documents/{document_id}",
    dependencies=[rule(Needs(Action.MANAGE))],
    summary="A document of a camera's file",
    response_class=FileResponse,
)
async def read(camera_id: str, document_id: str, request: Request, caller: Who) -> FileResponse:
    """As a download; every one is written into the audit."""
    found = await documents.read(office_of(request), caller, camera_id, document_id)
    return FileResponse(found.path, media_type=found.media_type, filename=found.name, headers=PRIVATE)


@router.delete(
    "/cameras/{camera_id}/documents/{document_id}",
    status_code=204,
    dependencies=[rule(Needs(Action.MANAGE))],
    summary="Withdraw a document",
)
async def withdraw(camera_id: str, document_id: str, request: Request, caller: Who) -> None:
    """It stays in the file, marked as withdrawn."""
    await documents.withdraw(office_of(request), caller, camera_id, document_id)
