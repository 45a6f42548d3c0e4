"""Changing many cameras at once: a preview that says what changes and what is refused, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.filing import Filing
from gateway.domain.grants import CameraFacts, Grant, permits
from gateway.domain.lifecycle import Lifecycle
from gateway.services import belonging, file_history, grouping, standing_denies
from gateway.services.camera_views import permitted
from gateway.services.editing import check_references, check_values, site_known, told_of
from gateway.services.errors import Conflict, Failed, Forbidden, Invalid, NotFound
from gateway.services.file_history import Pen, camera_fields
from gateway.services.lawfulness import (
    CONSENT,
    Unlawful,
    lacking_with,
    must_be_whole,
    note_refusal,
    refuse_lacking,
    refuse_short_retention,
    refuse_unlawful,
)
from gateway.services.office import Caller, Office
from gateway.services.rewriting import rewrite
from gateway.storage import camera_documents, camera_lists, camera_ties, cameras, grants
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.cameras import CameraFile

MOST = 1000
NOT_MANAGED = f"your grants do not include {Action.MANAGE} on this camera"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be the same of all: fields of the file, and a group to put them into or take them out of."""

    values: Mapping[str, Any] = field(default_factory=dict)
    put_in: str | None = None
    take_out: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one camera, before and after."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One camera: what would change of it, or why nothing may."""

    id: str
    name_zh: str
    name_en: str
    version: int
    changes: list[FieldChange]
    refused: str | None
    field: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do."""

    items: list[BulkItem]
    changed: int
    unchanged: int
    refused: int


async def preview(
    office: Office, caller: Caller, ids: Sequence[str] | None, query: CameraQuery, change: Change
) -> Preview:
    """What the change would do to these cameras, or to those the query finds; changes nothing.

    Cameras that the caller may not know are left out. Raises ``Invalid`` for a change that no camera could take, and
    ``Forbidden`` if the caller manages none of those.
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        await _check(conn, caller, change, at)
        wanted = await _selected(conn, caller, ids, query, at)
        judge = await _judge(conn, caller, wanted, change, at)
        if judge.files and not any(judge.manages(file.camera.facts) for file in judge.files):
            raise Forbidden(NOT_MANAGED)
        items = [await judge.item(file) for file in judge.files]
    changed = sum(item.refused is None and bool(item.changes) for item in items)
    refused = sum(item.refused is not None for item in items)
    return Preview(items, changed, len(items) - changed - refused, refused)


async def apply(office: Office, caller: Caller, chosen: Mapping[str, int], change: Change) -> int:
    """Changes these cameras, given with the versions that the preview showed: all of them or none; how many.

    Raises ``NotFound``, ``Forbidden``, ``Stale`` or ``Conflict`` for the first that cannot be changed any more.
    """
    if not 1 <= len(chosen) <= MOST:
        raise Invalid(f"between 1 and {MOST} cameras are changed at once", field="items")
    at = office.clock.now()
    pen = Pen(caller.operator.id, at, "bulk")
    try:
        async with office.store.begin() as conn:
            await _check(conn, caller, change, at)
            judge = await _judge(conn, caller, list(chosen), change, at)
            if len(judge.files) != len(chosen):
                raise NotFound("camera")
            if not all(judge.manages(file.camera.facts) for file in judge.files):
                raise Forbidden(NOT_MANAGED)
            owner = change.values.get("owner_id")
            handed = [file for file in judge.files if owner is not None and file.camera.owner_id != owner]
            await belonging.prove_hand_over(office, conn, caller, len(handed))
            for file in judge.files:
                await _apply_one(office, conn, judge, file, chosen[file.camera.id], pen)
            ids = [file.camera.id for file in judge.files]
            if change.put_in is not None:
                await grouping.fill_within(office, conn, caller, change.put_in, ids, ())
            if change.take_out is not None:
                await grouping.fill_within(office, conn, caller, change.take_out, (), ids)
    except Unlawful as problem:
        await note_refusal(office, caller, "", problem)
        raise
    await told_of(office, *ids)
    return len(ids)


async def _apply_one(
    office: Office, conn: AsyncConnection, judge: _Judge, file: CameraFile, version: int, pen: Pen
) -> None:
    item = await judge.item(file)
    if item.refused is not None:
        raise Conflict(f"{item.name_zh}: {item.refused}", camera=item.id, field=item.field)
    if item.changes:
        await rewrite(conn, pen, item.id, version, judge.change.values)
        fields = sorted(judge.change.values)
        await office.note(conn, pen.at, pen.actor, "change_camera", "camera", item.id, fields=fields, bulk=True)


@dataclass(slots=True)
class _Judge:
    """Says of each camera what the change does to it, with everything it needs read once."""

    conn: AsyncConnection
    caller: Caller
    change: Change
    at: datetime
    held: Sequence[Grant]
    files: list[CameraFile]
    consents: Mapping[str, int]
    unshareable: Set[str]
    """Cameras that may not be put into the group."""

    def manages(self, camera: CameraFacts) -> bool:
        """True if the caller may manage such a camera."""
        return permits(self.caller.operator, Action.MANAGE, camera, self.held, self.at).allowed

    async def item(self, file: CameraFile) -> BulkItem:
        """The camera with what changes, or why it may not."""
        camera, filing = self._after(file)
        refused: Failed | None = None
        try:
            await self._refuse(file, camera, filing)
        except Failed as problem:
            refused = problem
        lines = file_history.changes(
            Pen("", self.at, "bulk"),
            "camera",
            file.camera.id,
            camera_fields(file.camera, file.filing, file.sample),
            camera_fields(camera, filing, file.sample),
        )
        return BulkItem(
            id=file.camera.id,
            name_zh=file.camera.name_zh,
            name_en=file.camera.name_en,
            version=file.version,
            changes=[FieldChange(line.field, line.old, line.new) for line in lines],
            refused=None if refused is None else refused.message,
            field=None if refused is None else refused.detail.get("field"),
        )

    def _after(self, file: CameraFile) -> tuple[Camera, Filing]:
        values = self.change.values
        own = {name: value for name, value in values.items() if name in Camera.__dataclass_fields__}
        if "purposes" in own:
            own["purposes"] = tuple(own["purposes"])
        filed = {name: value for name, value in values.items() if name in Filing.__dataclass_fields__}
        return replace(file.camera, **own), replace(file.filing, **filed)

    async def _refuse(self, file: CameraFile, camera: Camera, filing: Filing) -> None:
        if not self.manages(file.camera.facts):
            raise Forbidden(NOT_MANAGED)
        if file.camera.lifecycle is Lifecycle.DECOMMISSIONED:
            raise Forbidden("a decommissioned camera is not changed any more")
        facts = camera.facts
        if (camera.owner_id, camera.maintainer_id) != (file.camera.owner_id, file.camera.maintainer_id):
            facts = await camera_ties.completed(self.conn, facts, camera.place)
        if not self.manages(facts):
            raise Forbidden("your grants do not let you manage such a camera")
        await belonging.check_change(self.conn, self.caller, file.camera.facts, facts, self.at)
        await standing_denies.check_change(self.conn, self.caller, file.camera.facts, facts, self.at)
        if file.camera.id in self.unshareable:
            raise Forbidden(grouping.MAY_NOT_SHARE)
        refuse_short_retention(filing, file.filing)
        if must_be_whole(camera):
            consents = self.consents.get(camera.id, 0)
            lacked = lacking_with(file.camera, file.filing, consents)
            refuse_lacking(lacking_with(camera, filing, consents), lacked)


async def _judge(conn: AsyncConnection, caller: Caller, ids: Sequence[str], change: Change, at: datetime) -> _Judge:
    held = await grants.for_operator(conn, caller.operator, at)
    known = [
        file
        for file in await cameras.files(conn, ids)
        if Action.DIRECTORY in permitted(caller.operator, file.camera, held, at)
    ]
    consents = await camera_documents.count(conn, [file.camera.id for file in known], CONSENT)
    unshareable: Set[str] = frozenset()
    if change.put_in is not None:
        wanted = [file.camera for file in known]
        unshareable = await grouping.unshareable(conn, caller, change.put_in, wanted, at)
    return _Judge(conn, caller, change, at, held, known, consents, unshareable)


async def _selected(
    conn: AsyncConnection, caller: Caller, ids: Sequence[str] | None, query: CameraQuery, at: datetime
) -> list[str]:
    if ids is None:
        if query.group_id is not None and not await grouping.keeps(conn, caller, query.group_id, at):
            return []
        listed = await camera_lists.everything(conn, caller.operator, Action.LIST, at, query)
        ids = [one.camera.id for one in listed]
    if len(ids) > MOST:
        raise Invalid(f"at most {MOST} cameras are changed at once: narrow the filter", field="ids")
    return list(ids)


async def _check(conn: AsyncConnection, caller: Caller, change: Change, at: datetime) -> None:
    """What is wrong with the change itself, whichever camera it meets."""
    values = change.values
    if not values and change.put_in is None and change.take_out is None:
        raise Invalid("say what is to be changed", field="changes")
    check_values(values)
    refuse_unlawful(values)
    await check_references(conn, values.get("owner_id"), values.get("maintainer_id"), values.get("township_code"))
    if "site_id" in values and not await site_known(conn, caller, values["site_id"], at):
        raise Invalid("this site is not known", field="site_id")
    for group in (change.put_in, change.take_out):
        if group is not None and not await grouping.keeps(conn, caller, group, at):
            raise NotFound("group")
