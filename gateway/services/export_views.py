"""Exports as people read them: the whole for who asked and for who holds all its cameras, else one's own part alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.exports import (
    Export,
    ExportItem,
    ExportPart,
    ExportState,
    PartState,
    Variant,
    why_not_signed,
)
from gateway.domain.grants import Held, permits
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation
from gateway.services.errors import NotFound
from gateway.services.office import SYSTEM, Caller
from gateway.storage import cameras, delegations, exports, grants, operators, organisations

KEEPING = (Action.EXPORT, Action.SHARE)
"""Who may do one of these with a camera of their own unit decides about its exports."""


Rights = list[tuple[Operator, Held]]
"""The caller with what they hold, then those for whom they stand in."""


@dataclass(frozen=True, slots=True)
class ExportCameraView:
    """A camera of an export."""

    id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ExportPartView:
    """What one managing unit says to it."""

    id: str
    owner_id: str
    owner_name_zh: str
    owner_name_en: str
    state: PartState
    cameras: list[ExportCameraView]
    reason: str
    decided_at: datetime | None
    decided_by_name: str | None
    decided_for_name: str
    """The person for whom a deputy decided; "" for none."""
    may_decide: bool
    stands_in_for: str
    """The person by whose right the reader may decide as a deputy; "" for none."""


@dataclass(frozen=True, slots=True)
class ExportItemView:
    """One still or clip asked for; ``regions`` None if nobody has looked it through yet."""

    event_id: str
    kind: str
    camera_id: str
    at: datetime
    bytes: int
    regions: list[dict[str, float | str]] | None


@dataclass(frozen=True, slots=True)
class ExportStepView:
    """Who touched it when, and how: the custody list."""

    at: datetime
    kind: str
    operator_name: str


@dataclass(frozen=True, slots=True)
class ExportView:
    """A request for an export and how far it has come, as far as it is the reader's."""

    id: str
    variant: Variant
    state: ExportState
    asker_name: str
    organisation_name_zh: str
    organisation_name_en: str
    span_from: datetime
    span_to: datetime
    reason: str
    receiver: str
    letter: str
    ticket_id: str | None
    created_at: datetime
    expires_at: datetime | None
    bytes: int
    sha256: str
    problem: str
    mine: bool
    passphrase_waits: bool
    held_back: str
    """What still keeps a public release back; "" for nothing."""
    signed_by: list[str]
    may_draw: bool
    may_sign: bool
    parts: list[ExportPartView]
    items: list[ExportItemView]
    steps: list[ExportStepView]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may know of one export, and do with it. ``parts`` are those that they may see."""

    export: Export
    parts: tuple[ExportPart, ...]
    mine: bool
    whole: bool
    decides: dict[str, Operator | None]
    """The parts that they may decide, by id, and for whom as a deputy: never of what they asked for themselves."""
    handles: bool
    """True for who asked, and for whoever may export or share every one of its cameras."""


async def sight_of(conn: AsyncConnection, caller: Caller, export_id: str, at: datetime) -> Sight:
    """The export as far as the caller may know it. Raises ``NotFound``."""
    export = await exports.get(conn, export_id)
    rights = await _rights(conn, caller.operator, at)
    parts = (await exports.parts_of(conn, [export_id])).get(export_id, ())
    files = await cameras.many(conn, [camera for part in parts for camera in part.cameras])
    found = None if export is None else _sight(rights, export, parts, files, at)
    if found is None:
        raise NotFound("export")
    return found


async def sights(conn: AsyncConnection, caller: Caller, found: Sequence[Export], at: datetime) -> list[Sight]:
    """Those of the exports that the caller may know."""
    return await _sights(conn, caller.operator, found, at)


async def _sights(conn: AsyncConnection, operator: Operator, found: Sequence[Export], at: datetime) -> list[Sight]:
    rights = await _rights(conn, operator, at)
    parts = await exports.parts_of(conn, [export.id for export in found])
    named = {camera for several in parts.values() for part in several for camera in part.cameras}
    files = await cameras.many(conn, named)
    seen = (_sight(rights, export, parts.get(export.id, ()), files, at) for export in found)
    return [sight for sight in seen if sight is not None]


async def known(conn: AsyncConnection, operator: Operator, ids: Sequence[str], at: datetime) -> list[str]:
    """Those of the exports that the operator may know of."""
    found = [export for id in ids if (export := await exports.get(conn, id)) is not None]
    return [sight.export.id for sight in await _sights(conn, operator, found, at)]


def keeps(operator: Operator, camera: Camera | None, held: Held, at: datetime) -> bool:
    """True if the operator may export or share the camera at all."""
    return camera is not None and any(permits(operator, one, camera.facts, held, at).allowed for one in KEEPING)


async def _rights(conn: AsyncConnection, operator: Operator, at: datetime) -> Rights:
    """What the operator holds, and what those hold for whom they stand in now."""
    rights = [(operator, await grants.for_operator(conn, operator, at))]
    stood_for = {one.principal_id for one in await delegations.standing_in(conn, operator.id, at)}
    for person in (await operators.many(conn, stood_for)).values():
        if person.organisation_id == operator.organisation_id and operator.ceiling & set(KEEPING):
            rights.append((person, await grants.for_operator(conn, person, at)))
    return rights


def _sight(
    rights: Rights, export: Export, parts: tuple[ExportPart, ...], files: dict[str, Camera], at: datetime
) -> Sight | None:
    operator, held = rights[0]
    mine = export.asker_id == operator.id
    kept = _kept(operator, parts, files, held, at)
    decides: dict[str, Operator | None] = {part.id: None for part in parts if _manages(operator, part, files, kept)}
    for person, theirs in rights[1:]:
        if person.id == export.asker_id:
            continue  # nobody's deputy decides what they asked for themselves
        by_them = _kept(person, parts, files, theirs, at)
        for part in parts:
            if _manages(person, part, files, by_them):
                decides.setdefault(part.id, person)
    handles = mine or all(kept.issuperset(part.cameras) for part in parts)
    whole = handles or Role.AUDIT_MANAGER in operator.roles
    if not whole and not decides:
        return None
    seen = parts if whole else tuple(part for part in parts if part.id in decides)
    return Sight(export, seen, mine, whole, {} if mine else decides, handles)


def _kept(
    operator: Operator, parts: tuple[ExportPart, ...], files: dict[str, Camera], held: Held, at: datetime
) -> set[str]:
    return {camera for part in parts for camera in part.cameras if keeps(operator, files.get(camera), held, at)}


def _manages(operator: Operator, part: ExportPart, files: dict[str, Camera], kept: set[str]) -> bool:
    """True if the operator may decide, and belongs to the unit that owns every camera of the part.

    Who maintains a camera keeps it working and answers for none of its pictures: two of its staff would else ask for
    them and approve it, and the owner never hear of it.
    """
    home = operator.organisation_id
    return all(camera in kept and home == files[camera].owner_id for camera in part.cameras)


async def view_of(conn: AsyncConnection, caller: Caller, sight: Sight) -> ExportView:
    """The export with names."""
    export = sight.export
    shown = {camera for part in sight.parts for camera in part.cameras}
    items = tuple(item for item in await exports.items_of(conn, export.id) if item.camera_id in shown)
    signers = await exports.signers(conn, export.id)
    steps = await exports.steps_of(conn, export.id)
    owners = {part.owner_id for part in sight.parts}
    steps = [step for step in steps if step.owner_id is None or step.owner_id in owners]
    people = {export.asker_id, *signers, *(step.operator_id for step in steps), *_deciders(sight.parts)}
    names = await operators.names(conn, people) | {SYSTEM: ""}
    units = await organisations.by_id(conn)
    files = await cameras.many(conn, shown)
    auditor = Role.AUDIT_MANAGER in caller.operator.roles
    handles = sight.handles and export.variant is Variant.PUBLIC and export.state is ExportState.APPROVED
    return ExportView(
        id=export.id,
        variant=export.variant,
        state=export.state,
        asker_name=names.get(export.asker_id, ""),
        organisation_name_zh=units[export.organisation_id].name_zh,
        organisation_name_en=units[export.organisation_id].name_en,
        span_from=export.span[0],
        span_to=export.span[1],
        reason=export.reason,
        receiver=export.receiver,
        letter=export.letter,
        ticket_id=export.ticket_id,
        created_at=export.created_at,
        expires_at=export.expires_at,
        bytes=0 if export.package is None else export.package.bytes,
        sha256="" if export.package is None else export.package.sha256,
        problem=export.problem,
        mine=sight.mine,
        passphrase_waits=sight.mine and export.sealed is not None,
        held_back=_held_back(export, approved(items, sight.parts), frozenset(signers)) if sight.whole else "",
        signed_by=[names.get(id, "") for id in signers],
        may_draw=handles,
        may_sign=handles and caller.operator.id not in signers,
        parts=[_part(part, sight, files, names, units) for part in sight.parts],
        items=[] if auditor else [_item(item) for item in items],
        steps=[ExportStepView(step.at, step.kind, names.get(step.operator_id, "")) for step in steps],
    )


def _part(
    part: ExportPart, sight: Sight, files: dict[str, Camera], names: dict[str, str], units: dict[str, Organisation]
) -> ExportPartView:
    open_ = sight.export.state is ExportState.REQUESTED and part.state is PartState.WAITING
    stood = sight.decides.get(part.id)
    found = [files[camera] for camera in part.cameras if camera in files]
    return ExportPartView(
        part.id,
        part.owner_id,
        units[part.owner_id].name_zh,
        units[part.owner_id].name_en,
        part.state,
        [ExportCameraView(camera.id, camera.name_zh, camera.name_en) for camera in found],
        part.reason,
        part.decided_at,
        None if part.decided_by is None else names.get(part.decided_by, ""),
        names.get(part.decided_for or "", ""),
        open_ and part.id in sight.decides,
        stood.name if open_ and stood is not None else "",
    )


def _item(item: ExportItem) -> ExportItemView:
    regions = None
    if item.regions is not None:
        regions = [
            {"x": one.x, "y": one.y, "width": one.width, "height": one.height, "cover": one.cover.value}
            for one in item.regions
        ]
    return ExportItemView(item.event_id, item.kind, item.camera_id, item.at, item.bytes, regions)


def _deciders(parts: tuple[ExportPart, ...]) -> set[str]:
    return {one for part in parts for one in (part.decided_by, part.decided_for) if one is not None}


def approved(items: tuple[ExportItem, ...], parts: tuple[ExportPart, ...]) -> tuple[ExportItem, ...]:
    """The files of those parts that were approved."""
    given = {camera for part in parts if part.state is PartState.APPROVED for camera in part.cameras}
    return tuple(item for item in items if item.camera_id in given)


def _held_back(export: Export, items: tuple[ExportItem, ...], signers: frozenset[str]) -> str:
    if export.variant is not Variant.PUBLIC:
        return ""
    return why_not_signed(export.asker_id, items, signers)
