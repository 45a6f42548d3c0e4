"""Cameras: lists, files, tree, map, adding and changing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraKind, CameraState, Datum, StreamAddress
from gateway.domain.filing import Filing
from gateway.domain.hosts import address_of
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.operators import Role
from gateway.domain.packets import StreamKind
from gateway.domain.place_types import PlaceType
from gateway.domain.retention import RetentionClass
from gateway.ports import Credential
from gateway.services import catalogue, editing, explaining
from gateway.services.camera_views import CameraDetail, CameraSummary
from gateway.services.catalogue import MapView, TreeGroup
from gateway.services.editing import NewCameraFile, Probed
from gateway.services.errors import Forbidden
from gateway.services.explaining import AccessDecision
from gateway.services.office import Caller
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.view_records import ViewRecord
from gateway.web.lists import After, Limit, Listing
from gateway.web.rules import Needs, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["cameras"])
Who = Annotated[Caller, Depends(signed_in)]
ACCESS = [rule(Needs(Action.SHARE, instead=frozenset({Role.SECURITY_MANAGER})))]
VIEWS = [rule(Needs(Action.MANAGE, instead=frozenset({Action.SHARE, Role.AUDIT_MANAGER})))]
Name = Annotated[str, Field(min_length=1, max_length=128)]


def _host(raw: Any) -> Any:
    """The host in its one spelling; what is no host at all is left to the pattern."""
    if not isinstance(raw, str):
        return raw
    try:
        address = address_of(raw)
    except ValueError as error:
        raise PydanticCustomError("host", "{said}", {"said": str(error)}) from None
    if address is None and ":" in raw:
        said = "is no address: write a host name or an address alone, without rtsp:// or :554"
        raise PydanticCustomError("host", "{said}", {"said": said})
    return address or raw


Host = Annotated[
    str,
    Field(max_length=255, pattern=r"^([A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?|[0-9A-Fa-f:.]+|\[[0-9A-Fa-f:.]+\])$"),
    BeforeValidator(_host),
]
"""A name or an address, and nothing that a programme could take for an option or a scheme."""
Port = Annotated[int, Field(ge=1, le=65535)]
Day = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
Filter = Annotated[str | None, Query(max_length=64)]
"""An id or a code; a list is kept with what was asked for, which must not grow without bounds."""


class StreamBody(BaseModel):
    """Where one stream is: path and query of its RTSP address, never a password."""

    model_config = ConfigDict(extra="forbid")
    kind: StreamKind
    path: Annotated[str, Field(min_length=1, max_length=512)]
    transport: Literal["tcp", "udp"] = "tcp"


class CameraBody(BaseModel):
    """A camera to be added; without a site one is made at its place, without an owner's maintainer the owner is it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name_zh": "朝霞路希望路口(示例)",
                "name_en": "Zhaoxia Rd x Xiwang Rd (sample)",
                "kind": "junction",
                "scheme": "rtsp",
                "host": "192.0.2.10",
                "rtsp_port": 554,
                "username": "viewer",
                "password": "…",
                "streams": [{"kind": "main", "path": "/main"}, {"kind": "sub", "path": "/sub"}],
                "owner_id": "T-320612001",
                "township_code": "320612001",
                "purposes": ["PS-TRAFFIC"],
                "latitude": 32.068,
                "longitude": 121.075,
                "filing": {"need_statement": "路口交通秩序(示例)", "place_type": "public_road"},
            }
        },
    )
    name_zh: Name
    name_en: Annotated[str, Field(max_length=128)] = ""
    kind: CameraKind
    scheme: Literal["rtsp", "onvif"]
    host: Host
    rtsp_port: Port = 554
    onvif_port: Port | None = None
    username: Annotated[str, Field(max_length=128)] = ""
    password: Annotated[str, Field(max_length=256)] = ""
    streams: Annotated[list[StreamBody], Field(max_length=2)] = []
    owner_id: str
    maintainer_id: str | None = None
    township_code: str
    site_id: str | None = None
    gb_id: Annotated[str, Field(pattern=r"^[0-9]{20}$")] | None = None
    purposes: list[str]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    datum: Datum = Datum.WGS84
    filing: Filing = Filing()
    lifecycle: Literal[Lifecycle.DRAFT, Lifecycle.LIVE] = Lifecycle.LIVE


CLEARABLE = frozenset({"azimuth", "hfov", "max_distance"})
"""Figures that a file need not have: null takes them away, where it leaves everything else as it is."""


class CameraPatch(BaseModel):
    """What of a camera is to be changed; fields that are left out stay. ``version`` is the one that was read."""

    model_config = ConfigDict(extra="forbid")
    version: int
    name_zh: Name | None = None
    name_en: Annotated[str, Field(max_length=128)] | None = None
    kind: CameraKind | None = None
    owner_id: str | None = None
    maintainer_id: str | None = None
    township_code: str | None = None
    site_id: str | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    datum: Datum | None = None
    scheme: Literal["rtsp", "onvif"] | None = None
    host: Host | None = None
    rtsp_port: Port | None = None
    onvif_port: Port | None = None
    enabled: bool | None = None
    purposes: list[str] | None = None
    streams: Annotated[list[StreamBody], Field(max_length=2)] | None = None
    username: Annotated[str, Field(max_length=128)] | None = None
    password: Annotated[str, Field(max_length=256)] | None = None
    azimuth: Annotated[float, Field(ge=0, lt=360)] | None = None
    hfov: Annotated[float, Field(gt=0, le=360)] | None = None
    max_distance: Annotated[float, Field(gt=0, le=20000)] | None = None
    regime: Literal["art7", "art9", "art33"] | None = None
    need_statement: Annotated[str, Field(max_length=2000)] | None = None
    place_type: PlaceType | None = None
    secret_adjacent: bool | None = None
    function_type: Annotated[str, Field(max_length=32)] | None = None
    management_unit: Annotated[str, Field(max_length=128)] | None = None
    contact_info: Annotated[str, Field(max_length=128)] | None = None
    record_save_days: Annotated[int, Field(ge=30, le=3650)] | None = None
    retention_class: RetentionClass | None = None
    install_date: Day | None = None
    filing_no: Annotated[str, Field(max_length=64)] | None = None
    filed_at: Day | None = None


class ProbeBody(BaseModel):
    """Where a device is and how to sign in to it."""

    model_config = ConfigDict(extra="forbid")
    host: Host
    port: Port
    scheme: Literal["onvif", "rtsp"] = "onvif"
    username: Annotated[str, Field(max_length=128)] = ""
    password: Annotated[str, Field(max_length=256)] = ""
    path: Annotated[str, Field(max_length=512)] = ""
    sub_path: Annotated[str, Field(max_length=512)] = ""


class Tree(BaseModel):
    """The tree's branches."""

    groups: list[TreeGroup]


class Access(BaseModel):
    """Who may do what, and by which grant."""

    decisions: list[AccessDecision]


@router.get("/cameras", dependencies=[rule(Needs(Action.DIRECTORY))], summary="Cameras you may know")
async def listed(
    request: Request,
    caller: Who,
    q: Annotated[str, Query(max_length=128)] = "",
    owner: Filter = None,
    township: Filter = None,
    kind: Filter = None,
    state: CameraState | None = None,
    lifecycle: Lifecycle | None = None,
    group: Filter = None,
    recorder: Filter = None,
    sort: Literal["name", "-name", "id", "-id", "state", "-state"] = "name",
    after: After = None,
    limit: Limit = 50,
) -> Listing[CameraSummary]:
    """Search (name, id, pinyin initials), filters and keyset pages. Unknown and foreign filter values find nothing.

    Decommissioned cameras are left out unless ``lifecycle`` asks for them.
    """
    query = CameraQuery(
        q,
        owner or None,
        township or None,
        kind or None,
        recorder or None,
        lifecycle=lifecycle,
        group_id=group or None,
        state=state,
        sort=sort,
    )
    page = await catalogue.listed(office_of(request), caller, query, after, limit)
    return Listing(list(page.items), page.next)


@router.post("/cameras", status_code=201, dependencies=[rule(Needs(Action.MANAGE))], summary="Add one camera")
async def add(body: CameraBody, request: Request, caller: Who) -> CameraDetail:
    """Your grants must let you manage a camera of that owner and place."""
    values = body.model_dump(exclude={"username", "password", "streams", "purposes", "filing"})
    wish = NewCameraFile(
        **values,
        purposes=tuple(body.purposes),
        streams=streams_of(body.streams),
        credential=credential_of(body.username, body.password),
        filing=body.filing,
    )
    return await editing.add(office_of(request), caller, wish)


@router.post("/probe", dependencies=[rule(Needs(Action.MANAGE))], summary="Ask a device what it offers")
async def probe(body: ProbeBody, request: Request, caller: Who) -> Probed:
    """503 if it does not answer, 502 if it refuses the password. A wrong password is tried once, never again.

    A plain RTSP device cannot list its streams: give ``path`` (and ``sub_path``), which a worker opens once.
    """
    prober = request.app.state.prober
    if prober is None:
        raise Forbidden("this gateway does not probe devices")
    credential = credential_of(body.username, body.password)
    paths = tuple(path for path in (body.path, body.sub_path) if path)
    return await editing.probe(office_of(request), caller, prober, body.scheme, body.host, body.port, credential, paths)


@router.get("/cameras/tree", dependencies=[rule(Needs(Action.LIST))], summary="Cameras in branches")
async def tree(request: Request, caller: Who, by: Literal["organisation", "kind", "state"] = "organisation") -> Tree:
    """For the wall."""
    return Tree(groups=await catalogue.tree(office_of(request), caller, by))


@router.get("/map", dependencies=[rule(Needs(Action.DIRECTORY))], summary="Townships and cameras as a map")
async def map_view(request: Request, caller: Who) -> MapView:
    """Outlines in WGS-84 (longitude, latitude); only your cameras, and only they are counted."""
    return await catalogue.map_view(office_of(request), caller)


@router.get("/cameras/{camera_id}", dependencies=[rule(Needs(Action.DIRECTORY))], summary="One camera's file")
async def read(camera_id: str, request: Request, caller: Who) -> CameraDetail:
    """404 for unknown and for foreign cameras alike."""
    return await catalogue.read(office_of(request), caller, camera_id)


@router.patch("/cameras/{camera_id}", dependencies=[rule(Needs(Action.MANAGE))], summary="Change a camera's file")
async def change(camera_id: str, body: CameraPatch, request: Request, caller: Who) -> CameraDetail:
    """409 if somebody else changed it since ``version``."""
    given: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"version", "username", "password", "streams"})
    changes = {name: value for name, value in given.items() if value is not None or name in CLEARABLE}
    if body.streams is not None:
        changes["streams"] = streams_of(body.streams)
    credential = credential_of(body.username or "", body.password or "")
    return await editing.change(office_of(request), caller, camera_id, body.version, changes, credential)


@router.get("/cameras/{camera_id}/access", dependencies=ACCESS, summary="Who may do what, and why")
async def access(camera_id: str, request: Request, caller: Who) -> Access:
    """For those who may share the camera, and the security manager."""
    return Access(decisions=await explaining.explain(office_of(request), caller, camera_id))


@router.get("/cameras/{camera_id}/view-records", dependencies=VIEWS, summary="Who looked at it")
async def views(
    camera_id: str, request: Request, caller: Who, after: After = None, limit: Limit = 50
) -> Listing[ViewRecord]:
    """Newest first; for those who manage or share the camera."""
    page = await catalogue.views_of(office_of(request), caller, camera_id, after, limit)
    return Listing(list(page.items), page.next)


def streams_of(bodies: list[StreamBody]) -> tuple[StreamAddress, ...]:
    """The streams in a body."""
    return tuple(StreamAddress(body.kind, body.path, body.transport) for body in bodies)


def credential_of(username: str, password: str) -> Credential | None:
    """The account in a body; None if neither is given."""
    return Credential(username, password) if username or password else None
