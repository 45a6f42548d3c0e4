"""The catalogue as a file: export and load."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel

from gateway.domain.actions import Action
from gateway.services import transferring
from gateway.services.exporting import MEDIA_TYPES
from gateway.services.office import Caller
from gateway.web.freshness import PRIVATE
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["cameras"])
Who = Annotated[Caller, Depends(signed_in)]
UPLOAD_MAX = 16 * 1024 * 1024


class ProblemView(BaseModel):
    """What is wrong where: the row as the file counts it (0 = the file), the cell as a spreadsheet names it."""

    row: int
    column: str
    message: str
    noun: str
    cell: str
    value: str


class LoadAnswer(BaseModel):
    """What was loaded, or would be; with any problem nothing was."""

    problems: list[ProblemView]
    added: int
    changed: int
    unchanged: int
    drafts: int


@router.get(
    "/cameras/export",
    dependencies=[rule(Needs(Action.LIST))],
    summary="Your cameras as a file",
    response_class=Response,
)
async def export(request: Request, caller: Who, format: Literal["csv", "xlsx", "yaml"] = "csv") -> Response:
    """Takes what you may list; network addresses only of what you manage; never a password."""
    data = await transferring.export(office_of(request), caller, format)
    headers = PRIVATE | {"Content-Disposition": f'attachment; filename="cameras.{format}"'}
    return Response(data, media_type=MEDIA_TYPES[format], headers=headers)


@router.post(
    "/cameras/load",
    dependencies=[rule(Needs(Action.MANAGE, everywhere=True))],
    summary="Load a catalogue file",
    max_body_size=UPLOAD_MAX,
)
async def load(file: UploadFile, request: Request, caller: Who, dry_run: bool = False) -> LoadAnswer:
    """Sites, recorders and cameras as YAML, CSV or XLSX; UTF-8 or GB18030; neither organisations nor grants.

    Everything or nothing; every problem is named with row and column.
    """
    data = await file.read()
    loaded = await transferring.load(office_of(request), caller, file.filename or "cameras.csv", data, dry_run=dry_run)
    return LoadAnswer(
        problems=[
            ProblemView(
                row=item.row,
                column=item.column,
                message=item.message,
                noun=item.noun,
                cell=spot.cell,
                value=spot.value,
            )
            for item, spot in zip(loaded.problems, loaded.spots, strict=True)
        ],
        added=loaded.added,
        changed=loaded.changed,
        unchanged=loaded.unchanged,
        drafts=loaded.drafts,
    )
