"""The history of files: every change of a camera's, recorder's or site's file as one line a field; never a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, Recorder, Site
from gateway.domain.filing import Filing
from gateway.services import catalogue
from gateway.services.camera_views import permitted
from gateway.services.errors import NotFound
from gateway.services.office import Caller, Office
from gateway.storage import camera_lists, file_changes, grants
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.file_changes import FileChange, FileChangeListed
from gateway.storage.paging import Page

Noun = Literal["camera", "recorder", "site"]
Fields = Mapping[str, Any]

ADDRESS = frozenset({"scheme", "host", "rtsp_port", "onvif_port", "username", "password", "main_stream", "sub_stream"})
"""Fields that only who manages the device may see."""

CREATED = "created"
"""The field of the one line that tells of a new file; its new value is the name."""

PASSWORD = "password"
"""The field of the line that tells that a password was set: when and by whom, never which."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Who writes when, and by which way: "api", "bulk", "load" or "system"."""

    actor: str
    at: datetime
    source: str


def camera_fields(camera: Camera, filing: Filing, sample: bool = False) -> dict[str, Any]:
    """A camera's file as flat values; a channel's address is its recorder's and not among them."""
    names = ("gb_id", "name_zh", "name_en", "owner_id", "maintainer_id", "township_code", "site_id", "recorder_id")
    fields = {name: getattr(camera, name) for name in (*names, "channel", "enabled", "scheme")}
    fields |= {"lifecycle": camera.lifecycle.value}
    fields |= {"kind": camera.kind.value, "purposes": list(camera.purposes), "sample": sample}
    fields |= _place(camera)
    if camera.recorder_id is None:
        fields |= {"host": camera.host, "rtsp_port": camera.rtsp_port, "onvif_port": camera.onvif_port}
    fields |= {f"{one.kind}_stream": f"{one.path} {one.transport}" for one in camera.streams}
    return fields | asdict(filing)


def recorder_fields(recorder: Recorder, gb_id: str | None) -> dict[str, Any]:
    """A recorder's file as flat values."""
    own = asdict(recorder)
    return {name: own[name] for name in own if name not in ("id", "credential_id")} | {"gb_id": gb_id}


def site_fields(site: Site) -> dict[str, Any]:
    """A site's file as flat values."""
    names = ("name_zh", "name_en", "organisation_id", "link_mbps")
    return {name: getattr(site, name) for name in names} | _place(site)


def changes(
    pen: Pen, noun: Noun, object_id: str, before: Fields | None, after: Fields, *, resealed: bool = False
) -> list[FileChange]:
    """One line for every field that differs; ``before`` None means that the file is new."""
    if before is None:
        lines = [(CREATED, None, after.get("name_zh"))]
    else:
        names = sorted(before.keys() | after.keys())
        lines = [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]
        lines += [(PASSWORD, None, None)] if resealed else []
    return [FileChange(noun, object_id, pen.at, pen.actor, pen.source, *line) for line in lines]


async def of_camera(
    office: Office, caller: Caller, camera_id: str, after: str | None, limit: int
) -> Page[FileChangeListed]:
    """What was changed in a camera's file, for those who may see it; its address only for those who manage it."""
    at = office.clock.now()
    async with office.store.read() as conn:
        camera, held = await catalogue.known(office, conn, caller, camera_id, Action.LIST)
        manages = Action.MANAGE in permitted(caller.operator, camera, held, at)
        hidden = frozenset() if manages else ADDRESS
        return await file_changes.page(conn, "camera", camera_id, without=hidden, after=after, limit=limit)


async def of_recorder(
    office: Office, caller: Caller, recorder_id: str, after: str | None, limit: int
) -> Page[FileChangeListed]:
    """The same of a recorder of which the caller manages at least one camera. Raises ``NotFound``."""
    return await _shared(office, caller, "recorder", recorder_id, after, limit)


async def of_site(
    office: Office, caller: Caller, site_id: str, after: str | None, limit: int
) -> Page[FileChangeListed]:
    """The same of a site at which the caller manages at least one camera. Raises ``NotFound``."""
    return await _shared(office, caller, "site", site_id, after, limit)


async def _shared(
    office: Office, caller: Caller, noun: Literal["recorder", "site"], name: str, after: str | None, limit: int
) -> Page[FileChangeListed]:
    at = office.clock.now()
    query = CameraQuery(recorder_id=name) if noun == "recorder" else CameraQuery()
    async with office.store.read() as conn:
        found = [one.camera for one in await camera_lists.everything(conn, caller.operator, Action.LIST, at, query)]
        held = await grants.for_operator(conn, caller.operator, at)
        there = [one for one in found if name in (one.recorder_id if noun == "recorder" else one.site_id,)]
        if not any(Action.MANAGE in permitted(caller.operator, one, held, at) for one in there):
            raise NotFound(noun)
        return await file_changes.page(conn, noun, name, after=after, limit=limit)


def _place(thing: Camera | Site) -> dict[str, Any]:
    place = thing.place
    return {"latitude": place.latitude, "longitude": place.longitude, "datum": place.datum.value}
