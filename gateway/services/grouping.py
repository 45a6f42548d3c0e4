"""Grouping: putting cameras together, by hand or by an outline on the map, so that one grant speaks of them all."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.geometry import Point
from gateway.domain.grants import Effect, Grant, TargetKind, permits
from gateway.domain.groups import Area, CameraGroup
from gateway.domain.messages import Topic
from gateway.services import second_factor
from gateway.services.coverage import Span, Target, covers, leant_on
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.services.pointing import EVERYTHING, may_keep
from gateway.storage import areas, cameras, grants, groups
from gateway.storage.reaching import reach

MAX_MEMBERS = 5_000
MAY_NOT_SHARE = "you may not share this camera with all who hold grants on the group"
MAX_TAGS = 12
MAX_CORNERS = 500


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group as its keepers see it. ``cameras`` are ids, None in lists."""

    id: str
    owner_id: str
    name_zh: str
    name_en: str
    tags: list[str]
    size: int
    version: int
    cameras: list[str] | None = None


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area of the map, and how many cameras stand in it."""

    id: str
    owner_id: str
    name_zh: str
    name_en: str
    polygon: list[Point]
    size: int


@dataclass(frozen=True, slots=True)
class GroupWish:
    """What a group is to be called and by what it is to be found."""

    name_zh: str
    name_en: str = ""
    tags: tuple[str, ...] = ()


async def listed(office: Office, caller: Caller) -> list[GroupView]:
    """The groups the caller keeps: their organisation's, or all for who may share everything."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await groups.owned_by(conn, await _kept(conn, caller, at))
        scope = await reach(conn, caller.operator, Action.DIRECTORY, at)
        sizes = await groups.sizes(conn, [group.id for group in found], scope.condition())
    return [_view(group, sizes.get(group.id, 0)) for group in found]


async def read(office: Office, caller: Caller, group_id: str) -> GroupView:
    """One group with its cameras. Raises ``NotFound``."""
    async with office.store.read() as conn:
        group, held = await _group(conn, caller, group_id, office.clock.now())
        return await _whole(office, conn, caller, group, held)


async def add(office: Office, caller: Caller, wish: GroupWish) -> GroupView:
    """A new, empty group of the caller's organisation. Raises ``Forbidden`` or ``Invalid``."""
    _check(wish)
    at = office.clock.now()
    if Action.SHARE not in caller.operator.ceiling:
        raise Forbidden("groups are kept by those who may share")
    group = CameraGroup(
        office.new_id(), caller.operator.organisation_id, wish.name_zh.strip(), wish.name_en.strip(), wish.tags
    )
    async with office.store.begin() as conn:
        await groups.insert(conn, group, caller.operator.id, at)
        await office.note(conn, at, caller.operator.id, "add_group", "group", group.id, typed=_typed(wish))
    return _view(group, 0, ())


async def change(office: Office, caller: Caller, group_id: str, version: int, wish: GroupWish) -> GroupView:
    """Renames the group or changes its tags. Raises ``NotFound``, ``Stale`` or ``Invalid``."""
    _check(wish)
    at = office.clock.now()
    async with office.store.begin() as conn:
        group, held = await _group(conn, caller, group_id, at)
        names = replace(group, name_zh=wish.name_zh.strip(), name_en=wish.name_en.strip(), tags=wish.tags)
        await groups.change(conn, replace(names, version=version))
        await office.note(conn, at, caller.operator.id, "change_group", "group", group_id, typed=_typed(wish))
        return await _whole(office, conn, caller, replace(names, version=version + 1), held)


async def fill(office: Office, caller: Caller, group_id: str, put: Sequence[str], take: Sequence[str]) -> GroupView:
    """Puts cameras into the group and takes others out. Raises ``NotFound``, ``Forbidden`` or ``Invalid``.

    Whoever puts a camera in hands it on to all who hold a grant on the group: they must be able to give each of these,
    and while there are such grants it asks for a second factor as giving them does (``SecondFactorNeeded``).
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        group = await fill_within(office, conn, caller, group_id, put, take)
        filled = await _whole(office, conn, caller, group, await grants.for_operator(conn, caller.operator, at))
    await _rung(office)
    return filled


async def fill_within(
    office: Office, conn: AsyncConnection, caller: Caller, group_id: str, put: Sequence[str], take: Sequence[str]
) -> CameraGroup:
    """The same in the caller's transaction, which ends if this raises; who must be told is told by the caller."""
    at = office.clock.now()
    group, held = await _group(conn, caller, group_id, at)
    resting = await _resting(conn, TargetKind.GROUP, group_id, at)
    standing = await grants.standing(conn, [grant.id for grant in held])
    known = await cameras.many(conn, put)
    operator = caller.operator
    for one in put:
        camera = known.get(one)
        if camera is None or not permits(operator, Action.DIRECTORY, camera.facts, held, at).allowed:
            raise NotFound("camera")
        if not _may_put(held, standing, caller, camera, resting, at):
            raise Forbidden(MAY_NOT_SHARE, camera=one)
    if take and any(grant.effect is Effect.DENY for grant in resting):
        _check_everything(held, caller, at)
    if put and resting:
        await second_factor.require(office, caller, conn)
    if len(set(await groups.members(conn, group_id)) | set(put)) > MAX_MEMBERS:
        raise Invalid(f"a group holds at most {MAX_MEMBERS} cameras", field="put")
    await groups.put_in(conn, group_id, put)
    await groups.take_out(conn, group_id, take)
    await office.note(conn, at, operator.id, "fill_group", "group", group_id, put=sorted(put), taken=sorted(take))
    return group


async def unshareable(
    conn: AsyncConnection, caller: Caller, group_id: str, wanted: Sequence[Camera], at: datetime
) -> set[str]:
    """Which of the cameras the caller may not put into the group. Raises ``NotFound`` for the group."""
    _, held = await _group(conn, caller, group_id, at)
    resting = await _resting(conn, TargetKind.GROUP, group_id, at)
    standing = await grants.standing(conn, [grant.id for grant in held])
    return {one.id for one in wanted if not _may_put(held, standing, caller, one, resting, at)}


async def keeps(conn: AsyncConnection, caller: Caller, group_id: str, at: datetime) -> bool:
    """True if there is such a group and the caller keeps it."""
    group = await groups.get(conn, group_id)
    held = await grants.for_operator(conn, caller.operator, at)
    return group is not None and may_keep(held, caller.operator, group.owner_id, at)


async def remove(office: Office, caller: Caller, group_id: str) -> None:
    """Takes the group away. Raises ``NotFound``, or ``Conflict`` while a grant rests on it."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        await _group(conn, caller, group_id, at)
        await _check_free(conn, TargetKind.GROUP, group_id, at)
        await groups.remove(conn, group_id)
        await office.note(conn, at, caller.operator.id, "remove_group", "group", group_id)
    await _rung(office)


async def areas_listed(office: Office, caller: Caller) -> list[AreaView]:
    """The areas the caller keeps: their organisation's, or all for who may share everything."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await areas.owned_by(conn, await _kept(conn, caller, at))
        scope = await reach(conn, caller.operator, Action.DIRECTORY, at)
        sizes = await areas.sizes(conn, [area.id for area in found], scope.condition())
    return [_outline(area, sizes.get(area.id, 0)) for area in found]


async def draw(office: Office, caller: Caller, name_zh: str, name_en: str, polygon: Sequence[Point]) -> AreaView:
    """A new area. Its outline is for good: grants rest on it. Raises ``Forbidden`` or ``Invalid``.

    Only for who may share every camera: an area also holds cameras that are put up there tomorrow, whoever owns them.
    """
    _check(GroupWish(name_zh, name_en))
    if not 3 <= len(polygon) <= MAX_CORNERS:
        raise Invalid(f"an area has 3 to {MAX_CORNERS} corners", field="polygon")
    if any(abs(longitude) > 180 or abs(latitude) > 90 for longitude, latitude in polygon):
        raise Invalid("a corner is longitude and latitude in degrees", field="polygon")
    at = office.clock.now()
    area = Area(
        office.new_id(),
        caller.operator.organisation_id,
        name_zh.strip(),
        name_en.strip(),
        tuple((x, y) for x, y in polygon),
    )
    async with office.store.begin() as conn:
        _check_everything(await grants.for_operator(conn, caller.operator, at), caller, at)
        size = await areas.insert(conn, area, caller.operator.id, at)
        typed = _typed(GroupWish(name_zh, name_en))
        await office.note(conn, at, caller.operator.id, "draw_area", "area", area.id, typed=typed, cameras=size)
    return _outline(area, size)


async def rub_out(office: Office, caller: Caller, area_id: str) -> None:
    """Takes the area away. Raises ``NotFound``, or ``Conflict`` while a grant rests on it."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        area = await areas.get(conn, area_id)
        held = await grants.for_operator(conn, caller.operator, at)
        if area is None or not may_keep(held, caller.operator, area.owner_id, at):
            raise NotFound("area")
        await _check_free(conn, TargetKind.AREA, area_id, at)
        await areas.remove(conn, area_id)
        await office.note(conn, at, caller.operator.id, "remove_area", "area", area_id)


async def _kept(conn: AsyncConnection, caller: Caller, at: datetime) -> set[str] | None:
    """The organisations whose groups and areas the caller keeps; None for all."""
    operator = caller.operator
    if Action.SHARE not in operator.ceiling:
        return set()
    held = await grants.for_operator(conn, operator, at)
    return None if covers(held, operator, Action.SHARE, EVERYTHING, at) else {operator.organisation_id}


async def _group(
    conn: AsyncConnection, caller: Caller, group_id: str, at: datetime
) -> tuple[CameraGroup, Sequence[Grant]]:
    group = await groups.get(conn, group_id)
    held = await grants.for_operator(conn, caller.operator, at)
    if group is None or not may_keep(held, caller.operator, group.owner_id, at):
        raise NotFound("group")
    return group, held


async def _whole(
    office: Office, conn: AsyncConnection, caller: Caller, group: CameraGroup, held: Sequence[Grant]
) -> GroupView:
    """The group with those of its cameras that the caller may know."""
    ids = await groups.members(conn, group.id)
    known = await cameras.many(conn, ids)
    at = office.clock.now()
    seen = [
        one
        for one in ids
        if one in known and permits(caller.operator, Action.DIRECTORY, known[one].facts, held, at).allowed
    ]
    return _view(group, len(seen), seen)


async def _resting(conn: AsyncConnection, kind: TargetKind, target_id: str, at: datetime) -> list[Grant]:
    """The grants on the target that are not over."""
    found = await grants.every(conn, target=(kind, target_id), limit=10_000)
    return [
        record.grant
        for record in found
        if record.grant.revoked_at is None and (record.grant.not_after is None or record.grant.not_after > at)
    ]


async def _check_free(conn: AsyncConnection, kind: TargetKind, target_id: str, at: datetime) -> None:
    if await _resting(conn, kind, target_id, at):
        raise Conflict("grants rest on it: end them first")


def _may_put(
    held: Sequence[Grant],
    standing: Set[str],
    caller: Caller,
    camera: Camera,
    resting: Sequence[Grant],
    at: datetime,
) -> bool:
    target = Target(TargetKind.CAMERA, camera.id, camera.facts)
    shares = covers(held, caller.operator, Action.SHARE, target, at)
    return shares and all(_may_give(held, standing, caller, grant, target, at) for grant in resting)


def _may_give(
    held: Sequence[Grant], standing: Set[str], caller: Caller, grant: Grant, target: Target, at: datetime
) -> bool:
    """True if they could give this for the camera as well, by right: the grant would not end with what they hold."""
    if grant.effect is Effect.DENY:
        return covers(held, caller.operator, Action.SHARE, EVERYTHING, at)
    span = Span(grant.purposes, grant.not_after, grant.hours, grant.conditions)
    needed = {*grant.actions, Action.SHARE}
    asked = (leant_on(held, standing, caller.operator, action, target, at, span) for action in needed)
    return all(sources == frozenset() for sources in asked)


def _check_everything(held: Sequence[Grant], caller: Caller, at: datetime) -> None:
    if not covers(held, caller.operator, Action.SHARE, EVERYTHING, at):
        raise Forbidden("only who may share every camera may do this")


def _check(wish: GroupWish) -> None:
    if not wish.name_zh.strip():
        raise Invalid("a name is needed", field="name_zh")
    if len(wish.name_zh) > 128 or len(wish.name_en) > 128:
        raise Invalid("a name has at most 128 characters", field="name_zh")
    if len(wish.tags) > MAX_TAGS or any(not tag.strip() or len(tag) > 32 for tag in wish.tags):
        raise Invalid(f"a group has at most {MAX_TAGS} tags of 1 to 32 characters", field="tags")


def _typed(wish: GroupWish) -> dict[str, str]:
    return {"name_zh": wish.name_zh, "name_en": wish.name_en, "tags": " ".join(wish.tags)}


async def _rung(office: Office) -> None:
    await office.ring(Topic.PERMISSIONS)
    await office.ring(Topic.GRANTS)


def _view(group: CameraGroup, size: int, members: Sequence[str] | None = None) -> GroupView:
    return GroupView(
        group.id,
        group.owner_id,
        group.name_zh,
        group.name_en,
        list(group.tags),
        size,
        group.version,
        None if members is None else list(members),
    )


def _outline(area: Area, size: int) -> AreaView:
    return AreaView(area.id, area.owner_id, area.name_zh, area.name_en, list(area.polygon), size)
