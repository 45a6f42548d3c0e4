"""The catalogue as each operator may see it: lists, single cameras, trees and the map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from statistics import median
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, CameraState, Recorder, Site
from gateway.domain.grants import Held, permits
from gateway.domain.operators import Role
from gateway.domain.places import Grid, Township
from gateway.services import grouping
from gateway.services.camera_views import CameraDetail, CameraSummary, Permissions, detail, permitted
from gateway.services.errors import Forbidden, Invalid, NotFound
from gateway.services.kept_lists import Asked
from gateway.services.lawfulness import lacking
from gateway.services.office import Caller, Office
from gateway.storage import (
    camera_lists,
    cameras,
    credentials,
    epochs,
    grants,
    organisations,
    places,
    recorders,
    sites,
    status,
    view_search,
)
from gateway.storage.camera_lists import CameraListed, CameraQuery
from gateway.storage.paging import Page
from gateway.storage.status import CameraStatus
from gateway.storage.view_records import ViewRecord
from gateway.storage.view_search import ViewQuery

TreeBy = Literal["organisation", "kind", "state"]


@dataclass(frozen=True, slots=True)
class TreeCamera:
    """A leaf of the tree."""

    id: str
    name_zh: str
    name_en: str
    state: str


@dataclass(frozen=True, slots=True)
class TreeGroup:
    """A branch of the tree with its figures."""

    id: str
    name_zh: str
    name_en: str
    online: int
    total: int
    cameras: list[TreeCamera]


@dataclass(frozen=True, slots=True)
class MapTownship:
    """A township's outline and how many of the reader's cameras stand in it."""

    code: str
    name_zh: str
    name_en: str
    polygon: list[tuple[float, float]]
    online: int
    total: int


@dataclass(frozen=True, slots=True)
class MapCamera:
    """A camera as a point."""

    id: str
    name_zh: str
    name_en: str
    latitude: float
    longitude: float
    state: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class MapView:
    """Townships and cameras within the reader's scope."""

    townships: list[MapTownship]
    cameras: list[MapCamera]


async def listed(
    office: Office, caller: Caller, query: CameraQuery, after: str | None, limit: int
) -> Page[CameraSummary]:
    """One page of the cameras the caller may know. Filters on the file ask for LIST, name and place for DIRECTORY."""
    if query.sort.removeprefix("-") not in ("name", "id", "state"):
        raise Invalid("cameras are sorted by name, id or state", field="sort")
    at = office.clock.now()
    asked = Asked(query, after, limit)
    grants_then = office.store.grants.known(caller.scene.catalogue.permission, caller.operator)
    if grants_then is not None and (shown := office.lists.known(caller.scene, grants_then, asked, at)) is not None:
        return shown
    async with office.store.read() as conn:
        if query.group_id is not None and not await grouping.keeps(conn, caller, query.group_id, at):
            return Page([], None)
        scene = await epochs.scene(conn)
        kept = await office.store.grants.at_epoch(conn, scene.catalogue.permission, caller.operator, at)
        read = partial(office.store.cameras.of, conn, scene.catalogue)
        page = await camera_lists.page(
            conn, caller.operator, _action_for(query), at, query, after=after, limit=limit, held=kept.held, read=read
        )
    may = Permissions(caller.operator, kept.held, at)
    shown = Page([may.summary(item) for item in page.items], page.next)
    office.lists.keep(scene, kept, asked, at, shown)
    return shown


async def read(office: Office, caller: Caller, camera_id: str) -> CameraDetail:
    """One camera's file. Raises ``NotFound`` also for cameras that others own and did not share."""
    async with office.store.read() as conn:
        return await detail_of(office, conn, caller, camera_id)


async def detail_of(office: Office, conn: AsyncConnection, caller: Caller, camera_id: str) -> CameraDetail:
    """The same within the caller's transaction."""
    _, held = await known(office, conn, caller, camera_id)
    file = await cameras.get_file(conn, camera_id)
    shown = await camera_lists.by_ids(conn, [camera_id])
    if file is None or not shown:
        raise NotFound("camera")
    maintainer = await organisations.get(conn, file.camera.maintainer_id)
    names = ("", "") if maintainer is None else (maintainer.name_zh, maintainer.name_en)
    usernames = await credentials.usernames(conn)
    return detail(
        file,
        shown[0],
        await status.get(conn, camera_id),
        names,
        usernames.get(file.camera.credential_id or ""),
        permitted(caller.operator, file.camera, held, office.clock.now()),
        await lacking(conn, file.camera, file.filing),
    )


async def known(
    office: Office, conn: AsyncConnection, caller: Caller, camera_id: str, action: Action = Action.DIRECTORY
) -> tuple[Camera, Held]:
    """The camera and the caller's grants. Raises ``NotFound`` if they may not know it, ``Forbidden`` if not do that."""
    at = office.clock.now()
    camera = await cameras.get(conn, camera_id)
    held = await grants.for_operator(conn, caller.operator, at)
    if camera is None or not permits(caller.operator, Action.DIRECTORY, camera.facts, held, at).allowed:
        raise NotFound("camera")
    if not permits(caller.operator, action, camera.facts, held, at).allowed:
        raise Forbidden(f"your grants do not include {action} on this camera")
    return camera, held


async def managed(
    office: Office, conn: AsyncConnection, caller: Caller, camera_id: str, noun: str = "camera"
) -> Camera:
    """The camera, for who manages it. Raises ``NotFound`` for everybody else: to them there is no such ``noun``."""
    try:
        camera, _ = await known(office, conn, caller, camera_id, Action.MANAGE)
    except (NotFound, Forbidden):
        raise NotFound(noun) from None
    return camera


async def everything(office: Office, caller: Caller, query: CameraQuery | None = None) -> list[CameraListed]:
    """Every camera whose file the caller may see: for exports."""
    async with office.store.read() as conn:
        return await camera_lists.everything(
            conn, caller.operator, Action.LIST, office.clock.now(), query or CameraQuery()
        )


async def tree(office: Office, caller: Caller, by: TreeBy) -> list[TreeGroup]:
    """The cameras whose file the caller may see, in branches by organisation, kind or state."""
    groups: dict[str, TreeGroup] = {}
    for item in await everything(office, caller):
        match by:
            case "organisation":
                key, names = item.camera.owner_id, (item.owner_name_zh, item.owner_name_en)
            case "kind":
                key, names = item.camera.kind.value, ("", "")
            case "state":
                key, names = item.state.value, ("", "")
        group = groups.setdefault(key, TreeGroup(key, names[0] or key, names[1] or key, 0, 0, []))
        group.cameras.append(TreeCamera(item.camera.id, item.camera.name_zh, item.camera.name_en, item.state.value))
    return [
        TreeGroup(g.id, g.name_zh, g.name_en, _online(g.cameras), len(g.cameras), g.cameras)
        for g in sorted(groups.values(), key=lambda group: group.id)
    ]


async def map_view(office: Office, caller: Caller) -> MapView:
    """Townships with figures, and the cameras the caller may know as points."""
    at = office.clock.now()
    async with office.store.read() as conn:
        outlines = await places.every_township(conn)
        found = await camera_lists.everything(conn, caller.operator, Action.DIRECTORY, at, CameraQuery())
        held = await grants.for_operator(conn, caller.operator, at)
    may = Permissions(caller.operator, held, at)
    shown = [may.summary(item) for item in found]
    return MapView(
        [_township(outline, shown) for outline in outlines],
        [MapCamera(c.id, c.name_zh, c.name_en, c.wgs84_latitude, c.wgs84_longitude, c.state, c.kind) for c in shown],
    )


async def grids(office: Office, township_code: str | None) -> list[Grid]:
    """The grids of a township, or all."""
    async with office.store.read() as conn:
        return await places.every_grid(conn, township_code)


async def boxes(office: Office, caller: Caller) -> list[tuple[Recorder, float | None]]:
    """The recorders of which the caller may see at least one camera's file, each with by how many seconds its one
    clock is ahead: the median of what those cameras' streams last told, None while none did.
    """
    reached: dict[str, list[str]] = {}
    for item in await everything(office, caller):
        if item.camera.recorder_id is not None:
            reached.setdefault(item.camera.recorder_id, []).append(item.camera.id)
    async with office.store.read() as conn:
        told = await status.many(conn, chain.from_iterable(reached.values()))
        found = [item for item in await recorders.every(conn) if item.id in reached]
    return [(item, _clock(told.get(channel) for channel in reached[item.id])) for item in found]


def _clock(channels: Iterable[CameraStatus | None]) -> float | None:
    offsets = [one.clock_offset for one in channels if one is not None and one.clock_offset is not None]
    return median(offsets) if offsets else None


async def grounds(office: Office, caller: Caller) -> list[Site]:
    """The sites at which the caller may see at least one camera's file."""
    reached = {item.camera.site_id for item in await everything(office, caller)}
    async with office.store.read() as conn:
        return [item for item in await sites.every(conn) if item.id in reached]


async def views_of(office: Office, caller: Caller, camera_id: str, after: str | None, limit: int) -> Page[ViewRecord]:
    """Who looked at the camera; for those who manage or share it."""
    async with office.store.read() as conn:
        camera, held = await known(office, conn, caller, camera_id)
        actions = permitted(caller.operator, camera, held, office.clock.now())
        if not {Action.MANAGE, Action.SHARE} & set(actions) and Role.AUDIT_MANAGER not in caller.operator.roles:
            raise Forbidden("who looked at a camera is shown to those who manage or share it")
        return await view_search.page(conn, ViewQuery(camera_id=camera_id), after=after, limit=limit)


def _action_for(query: CameraQuery) -> Action:
    about_file = (query.owner_id, query.kind, query.recorder_id, query.state, query.lifecycle, query.group_id)
    return Action.LIST if any(about_file) or query.sort.endswith("state") else Action.DIRECTORY


def _online(leaves: Sequence[TreeCamera]) -> int:
    return sum(leaf.state == CameraState.ONLINE for leaf in leaves)


def _township(outline: Township, shown: Sequence[CameraSummary]) -> MapTownship:
    here = [camera for camera in shown if camera.township_code == outline.code]
    online = sum(camera.state == CameraState.ONLINE for camera in here)
    return MapTownship(outline.code, outline.name_zh, outline.name_en, list(outline.polygon), online, len(here))
