"""Changing many cameras at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraKind, CameraState
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.place_types import PlaceType
from gateway.domain.retention import RetentionClass
from gateway.services import bulk
from gateway.services.bulk import MOST, Change, Preview
from gateway.services.office import Caller
from gateway.storage.camera_lists import CameraQuery
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["cameras"])
Who = Annotated[Caller, Depends(signed_in)]
Id = Annotated[str, Field(max_length=64)]


class Changes(BaseModel):
    """Fields that are to be the same of all; what is left out stays. Groups are filled by who keeps them."""

    model_config = ConfigDict(extra="forbid")
    kind: CameraKind | None = None
    owner_id: Id | None = None
    maintainer_id: Id | None = None
    township_code: Annotated[str, Field(max_length=9)] | None = None
    site_id: Id | None = None
    purposes: list[str] | None = None
    enabled: bool | None = None
    regime: Literal["art7", "art9", "art33"] | None = None
    place_type: PlaceType | None = None
    need_statement: Annotated[str, Field(max_length=2000)] | None = None
    management_unit: Annotated[str, Field(max_length=128)] | None = None
    contact_info: Annotated[str, Field(max_length=128)] | None = None
    record_save_days: Annotated[int, Field(ge=30, le=3650)] | None = None
    retention_class: RetentionClass | None = None
    put_in: Id | None = None
    take_out: Id | None = None

    def change(self) -> Change:
        """The change wished for."""
        values: dict[str, Any] = self.model_dump(exclude_none=True, exclude={"put_in", "take_out"})
        return Change(values, self.put_in, self.take_out)


class Filter(BaseModel):
    """Which cameras, as a list is filtered."""

    model_config = ConfigDict(extra="forbid")
    q: Annotated[str, Field(max_length=128)] = ""
    owner: str | None = None
    township: str | None = None
    kind: str | None = None
    state: CameraState | None = None
    recorder: str | None = None
    lifecycle: Lifecycle | None = None
    group: str | None = None

    def query(self) -> CameraQuery:
        """The query of the list."""
        return CameraQuery(
            q=self.q,
            owner_id=self.owner,
            township_code=self.township,
            kind=self.kind,
            recorder_id=self.recorder,
            lifecycle=self.lifecycle,
            group_id=self.group,
            state=self.state,
        )


class PreviewBody(BaseModel):
    """Which cameras (ids, or all that a filter finds) and what is to be changed."""

    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[Id], Field(max_length=MOST)] | None = None
    filter: Filter = Filter()
    changes: Changes


class ChosenCamera(BaseModel):
    """A camera, and the version that the preview showed."""

    model_config = ConfigDict(extra="forbid")
    id: Id
    version: int


class BulkBody(BaseModel):
    """What is to be changed of which cameras."""

    model_config = ConfigDict(extra="forbid")
    items: Annotated[list[ChosenCamera], Field(min_length=1, max_length=MOST)]
    changes: Changes


class Changed(BaseModel):
    """How many cameras were changed."""

    changed: int


@router.post(
    "/cameras/bulk/preview", dependencies=[rule(Needs(Action.MANAGE))], summary="What a change of many cameras would do"
)
async def preview(body: PreviewBody, request: Request, caller: Who) -> Preview:
    """For each camera what changes, or why it is refused; nothing is changed. Cameras you may not know are left out."""
    return await bulk.preview(office_of(request), caller, body.ids, body.filter.query(), body.changes.change())


@router.post("/cameras/bulk", dependencies=[rule(Needs(Action.MANAGE))], summary="Change many cameras at once")
async def apply(body: BulkBody, request: Request, caller: Who) -> Changed:
    """All of them in one transaction, or none: 409 names the first that was changed since, or is refused now."""
    chosen = {one.id: one.version for one in body.items}
    return Changed(changed=await bulk.apply(office_of(request), caller, chosen, body.changes.change()))
