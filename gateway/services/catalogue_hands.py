"""Whose hands a loaded file takes cameras out of: by a file no more is changed than its loader could change by hand.

Who sees a camera and who decides over sharing it follow from its owner, maintainer, township, kind, recorder and place.
For cameras that are there these change by the rules of ``belonging`` and ``standing_denies``, whichever way they come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, Datum, Place
from gateway.domain.grants import CameraFacts
from gateway.services import belonging, standing_denies
from gateway.services.addressing import manages_recorder
from gateway.services.catalogue_checks import Entry
from gateway.services.catalogue_files import Problem
from gateway.services.coverage import covers
from gateway.services.editing import check_manages
from gateway.services.errors import Forbidden
from gateway.services.office import Caller
from gateway.services.pointing import EVERYTHING
from gateway.storage import camera_ties, cameras, grants, recorders
from gateway.storage.area_fitting import areas_round

RECORDER = "only who manages every channel of this recorder gives it another owner"
PLACED = ("latitude", "longitude", "datum")


async def handed_over(conn: AsyncConnection, found: Sequence[Entry]) -> list[str]:
    """The cameras that would have another owner, in the file's order."""
    owners = {one.id: one.values["owner_id"] for one in found if one.noun == "cameras"}
    there = await cameras.many(conn, owners)
    return [name for name, owner in owners.items() if name in there and there[name].owner_id != owner]


async def refused(conn: AsyncConnection, caller: Caller, found: Sequence[Entry], at: datetime) -> list[Problem]:
    """A sentence for each cell by which the caller would change what is not theirs to change."""
    held = await grants.for_operator(conn, caller.operator, at)
    if all(covers(held, caller.operator, action, EVERYTHING, at) for action in (Action.MANAGE, Action.SHARE)):
        return []
    judge = _Judge(conn, caller, at, bool(await grants.denies(conn, at)), await cameras.hosts(conn))
    judge.brought = {one.id: str(one.values["host"]) for one in found if one.noun == "recorders"}
    there = await cameras.many(conn, [one.id for one in found if one.noun == "cameras"])
    for entry in found:
        column = "host" if entry.noun == "recorders" or entry.values.get("recorder_id") is None else "recorder_id"
        try:
            if entry.noun == "recorders":
                await judge.recorder(entry)
            elif entry.noun == "cameras":
                was = there.get(entry.id)
                changed = [] if was is None else await judge.changed(was, entry)
                column = changed[0] if changed else column
                await judge.camera(entry, was, bool(changed))
        except Forbidden as problem:
            told = str(problem.detail.get("column", column))
            judge.problems.append(Problem(entry.line, told, problem.message, entry.noun))
    return judge.problems


class _Judge:
    """Compares entries with what is stored, and raises ``Forbidden`` as the console's own ways do."""

    def __init__(
        self, conn: AsyncConnection, caller: Caller, at: datetime, denying: bool, hosts: Mapping[str, str]
    ) -> None:
        self._conn, self._caller, self._at = conn, caller, at
        self._denying, self._hosts = denying, hosts
        self.brought: dict[str, str] = {}
        """Hosts of the recorders that the file brings."""
        self.problems: list[Problem] = []

    async def recorder(self, entry: Entry) -> None:
        """A recorder that is there takes its channels along: to another owner, or to another address."""
        host = str(entry.values["host"])
        was = await recorders.get(self._conn, entry.id)
        if was is None:
            return
        handed = was.owner_id != entry.values["owner_id"]
        if handed and not await manages_recorder(self._conn, self._caller, entry.id, self._at):
            raise Forbidden(RECORDER, column="owner_id")
        if self._denying and was.host != host:
            for camera in await cameras.of_recorder(self._conn, entry.id):
                await self._denies(camera.facts, camera.facts, host, moves=True)

    async def changed(self, was: Camera, entry: Entry) -> list[str]:
        """The columns by which grants would reach the camera otherwise than they do, the owner's first."""
        before, after, place = was.facts, _facts(entry.values), _place(entry.values)
        names = ("owner_id", "maintainer_id", "township_code", "kind", "recorder_id")
        found = [name for name in names if getattr(before, name) != getattr(after, name)]
        if place != was.place and await areas_round(self._conn, place) != before.areas:
            found += [name for name in PLACED if getattr(was.place, name) != getattr(place, name)]
        return found

    async def camera(self, entry: Entry, was: Camera | None, changed: bool) -> None:
        """A camera as it would be filed, beside how it is filed now."""
        host, place = await self._host(entry.values), _place(entry.values)
        moves = was is None or host != self._hosts[was.id]
        if not changed and not (moves and self._denying):
            return
        bare = _facts(entry.values)
        if was is not None:
            bare = replace(bare, groups=was.facts.groups)
        after = await camera_ties.completed(self._conn, bare, place)
        if was is None:
            await standing_denies.check_device(self._conn, self._caller, host, after, self._at)
            return
        if changed:
            await check_manages(self._conn, self._caller, was.facts, was.place, self._at)
            await check_manages(self._conn, self._caller, after, place, self._at)
            await belonging.check_change(self._conn, self._caller, was.facts, after, self._at)
        await self._denies(was.facts, after, host, moves=moves)

    async def _denies(self, before: CameraFacts, after: CameraFacts, host: str, *, moves: bool) -> None:
        conn, caller, at = self._conn, self._caller, self._at
        await standing_denies.check_change(conn, caller, before, after, at, moves=moves)
        if moves:
            await standing_denies.check_device(conn, caller, host, after, at)

    async def _host(self, values: Mapping[str, Any]) -> str:
        name = values["recorder_id"]
        if name is None:
            return str(values["host"] or "")
        if name not in self.brought:
            recorder = await recorders.get(self._conn, name)
            self.brought[name] = "" if recorder is None else recorder.host
        return self.brought[name]


def _facts(values: Mapping[str, Any]) -> CameraFacts:
    owner = values["owner_id"]
    maintainer = values["maintainer_id"] or owner
    kind, recorder = str(values["kind"]), values["recorder_id"]
    return CameraFacts(values["id"], owner, maintainer, values["township_code"], kind, recorder)


def _place(values: Mapping[str, Any]) -> Place:
    return Place(values["latitude"], values["longitude"], Datum(values["datum"]))
