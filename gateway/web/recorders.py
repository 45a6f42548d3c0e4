"""Recorders: adding one with its channels."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraKind, Datum
from gateway.domain.filing import Filing
from gateway.domain.lifecycle import Lifecycle
from gateway.services import adding_recorders
from gateway.services.adding_recorders import AddedRecorder, NewChannel, NewRecorder
from gateway.web.cameras import Host, Name, Port, StreamBody, Who, credential_of, streams_of
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of

router = APIRouter(tags=["cameras"])


class ChannelBody(BaseModel):
    """One channel to become a camera; what is left out is as for the whole recorder."""

    model_config = ConfigDict(extra="forbid")
    channel: Annotated[int, Field(ge=1, le=65535)]
    name_zh: Name
    name_en: Annotated[str, Field(max_length=128)] = ""
    kind: CameraKind | None = None
    township_code: str | None = None
    purposes: list[str] | None = None
    streams: Annotated[list[StreamBody], Field(min_length=1, max_length=2)]


class RecorderBody(BaseModel):
    """A recorder to be added with cameras on some or all of its channels; a site is made at its place."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name_zh": "朝霞路录像机(示例)",
                "name_en": "Zhaoxia Rd recorder (sample)",
                "host": "192.0.2.11",
                "onvif_port": 80,
                "username": "viewer",
                "password": "…",
                "max_opens": 16,
                "owner_id": "T-320612001",
                "township_code": "320612001",
                "kind": "road",
                "purposes": ["PS-TRAFFIC"],
                "latitude": 32.068,
                "longitude": 121.075,
                "filing": {"need_statement": "道路交通秩序(示例)", "place_type": "public_road"},
                "channels": [
                    {
                        "channel": 1,
                        "name_zh": "朝霞路东口(示例)",
                        "streams": [{"kind": "main", "path": "/101"}, {"kind": "sub", "path": "/102"}],
                    }
                ],
            }
        },
    )
    name_zh: Name
    name_en: Annotated[str, Field(max_length=128)] = ""
    host: Host
    rtsp_port: Port = 554
    onvif_port: Port | None = None
    username: Annotated[str, Field(max_length=128)] = ""
    password: Annotated[str, Field(max_length=256)] = ""
    max_opens: Annotated[int, Field(ge=1, le=1024)] = 16
    owner_id: str
    maintainer_id: str | None = None
    township_code: str
    kind: CameraKind
    purposes: list[str]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    datum: Datum = Datum.WGS84
    filing: Filing = Filing()
    lifecycle: Literal[Lifecycle.DRAFT, Lifecycle.LIVE] = Lifecycle.LIVE
    channels: Annotated[list[ChannelBody], Field(min_length=1, max_length=256)]


@router.post(
    "/recorders", status_code=201, dependencies=[rule(Needs(Action.MANAGE))], summary="Add a recorder with its channels"
)
async def add(body: RecorderBody, request: Request, caller: Who) -> AddedRecorder:
    """All cameras or none. Your grants must let you manage each of them."""
    values = body.model_dump(exclude={"username", "password", "channels", "purposes", "filing"})
    wish = NewRecorder(
        **values,
        purposes=tuple(body.purposes),
        filing=body.filing,
        channels=tuple(_channel(one) for one in body.channels),
        credential=credential_of(body.username, body.password),
    )
    return await adding_recorders.add(office_of(request), caller, wish)


def _channel(body: ChannelBody) -> NewChannel:
    values = body.model_dump(exclude={"streams", "purposes"})
    purposes = None if body.purposes is None else tuple(body.purposes)
    return NewChannel(**values, purposes=purposes, streams=streams_of(body.streams))
