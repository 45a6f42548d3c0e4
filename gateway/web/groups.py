"""Groups and areas: the sets of cameras that grants can point at."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.services import grouping
from gateway.services.grouping import AreaView, GroupView, GroupWish
from gateway.services.office import Caller
from gateway.web.lists import Listing
from gateway.web.rules import Needs, OfUnit, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["groups"])
Who = Annotated[Caller, Depends(signed_in)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
Ids = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=1000)]


class GroupBody(BaseModel):
    """What the group is called and by what it is found."""

    model_config = ConfigDict(extra="forbid")
    name_zh: Name
    name_en: Annotated[str, Field(max_length=128)] = ""
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=32)]], Field(max_length=12)] = []

    def wish(self) -> GroupWish:
        """The group wished for."""
        return GroupWish(self.name_zh, self.name_en, tuple(self.tags))


class GroupChange(GroupBody):
    """The same, of the version that the caller has read."""

    version: int


class FillBody(BaseModel):
    """Which cameras go in and which come out."""

    model_config = ConfigDict(extra="forbid")
    put: Ids = []
    take: Ids = []


class AreaBody(BaseModel):
    """What the area is called and where it is: corners as longitude and latitude."""

    model_config = ConfigDict(extra="forbid")
    name_zh: Name
    name_en: Annotated[str, Field(max_length=128)] = ""
    polygon: Annotated[list[tuple[float, float]], Field(min_length=3, max_length=500)]


@router.get("/camera-groups", dependencies=[rule(OfUnit(Action.SHARE))], summary="Groups you keep")
async def listed(request: Request, caller: Who) -> Listing[GroupView]:
    """Those of your organisation, by name; ``size`` counts the cameras that you may know."""
    return Listing(await grouping.listed(office_of(request), caller))


@router.post("/camera-groups", status_code=201, dependencies=[rule(OfUnit(Action.SHARE))], summary="Make a group")
async def add(body: GroupBody, request: Request, caller: Who) -> GroupView:
    """An empty group of your organisation."""
    return await grouping.add(office_of(request), caller, body.wish())


@router.get("/camera-groups/{group_id}", dependencies=[rule(OfUnit(Action.SHARE))], summary="A group and its cameras")
async def read(group_id: str, request: Request, caller: Who) -> GroupView:
    """Only cameras that you may know."""
    return await grouping.read(office_of(request), caller, group_id)


@router.put("/camera-groups/{group_id}", dependencies=[rule(OfUnit(Action.SHARE))], summary="Rename a group")
async def change(group_id: str, body: GroupChange, request: Request, caller: Who) -> GroupView:
    """Names and tags."""
    return await grouping.change(office_of(request), caller, group_id, body.version, body.wish())


@router.post("/camera-groups/{group_id}/cameras", dependencies=[rule(OfUnit(Action.SHARE))], summary="Fill a group")
async def fill(group_id: str, body: FillBody, request: Request, caller: Who) -> GroupView:
    """Whoever holds a grant on the group holds it on what is put in, at once; and no longer on what is taken out."""
    return await grouping.fill(office_of(request), caller, group_id, body.put, body.take)


@router.delete(
    "/camera-groups/{group_id}", status_code=204, dependencies=[rule(OfUnit(Action.SHARE))], summary="Remove a group"
)
async def remove(group_id: str, request: Request, caller: Who) -> None:
    """Refused while grants rest on it; the cameras stay."""
    await grouping.remove(office_of(request), caller, group_id)


@router.get(
    "/areas", dependencies=[rule(Needs(Action.SHARE, everywhere=True))], summary="Areas of the map that you keep"
)
async def areas(request: Request, caller: Who) -> Listing[AreaView]:
    """By name."""
    return Listing(await grouping.areas_listed(office_of(request), caller))


@router.post(
    "/areas", status_code=201, dependencies=[rule(Needs(Action.SHARE, everywhere=True))], summary="Draw an area"
)
async def draw(body: AreaBody, request: Request, caller: Who) -> AreaView:
    """For who may share every camera. The outline cannot be changed afterwards: grants may rest on it."""
    return await grouping.draw(office_of(request), caller, body.name_zh, body.name_en, body.polygon)


@router.delete(
    "/areas/{area_id}",
    status_code=204,
    dependencies=[rule(Needs(Action.SHARE, everywhere=True))],
    summary="Remove an area",
)
async def rub_out(area_id: str, request: Request, caller: Who) -> None:
    """Refused while grants rest on it."""
    await grouping.rub_out(office_of(request), caller, area_id)
