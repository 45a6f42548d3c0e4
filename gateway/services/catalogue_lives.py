"""What a catalogue file does to the lives of its cameras: which go live, which stay drafts, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.lifecycle import MOVES, SERVED, Lifecycle, wanting
from gateway.domain.retention import RetentionClass, too_short
from gateway.services.catalogue_checks import Entry
from gateway.services.catalogue_files import Problem
from gateway.services.lawfulness import CONSENT, lacking_with, refusal
from gateway.storage import camera_documents, cameras
from gateway.storage.cameras import CameraFile

_COLUMN = {"consent": "secret_adjacent"}
"""The column to look at for what is not a column itself."""


@dataclass(slots=True)
class Lives:
    """The outcome: problems, what the law refuses (camera id and field), and how many new cameras stay drafts."""

    problems: list[Problem] = field(default_factory=list)
    unlawful: list[tuple[str, str]] = field(default_factory=list)
    drafts: int = 0


async def settle(connection: AsyncConnection, found: Sequence[Entry]) -> Lives:
    """Fills in the ``lifecycle`` of every camera's entry.

    An empty cell leaves a camera where it is; a new one goes live if its file is whole and is a draft otherwise.
    """
    entries = [entry for entry in found if entry.noun == "cameras"]
    before = {file.camera.id: file for file in await cameras.files(connection, [entry.id for entry in entries])}
    consents = await camera_documents.count(connection, list(before), CONSENT)
    lives = Lives()
    for entry in entries:
        if (unlawful := refusal(entry.values)) is not None:
            lives.unlawful.append((entry.id, unlawful[0]))
            lives.problems.append(Problem(entry.line, unlawful[0], unlawful[1]))
            entry.values["lifecycle"] = Lifecycle.DRAFT
            continue
        if short := too_short(RetentionClass(entry.values["retention_class"]), entry.values["record_save_days"]):
            lives.problems.append(Problem(entry.line, "record_save_days", short))
        _settle_one(entry, before.get(entry.id), consents.get(entry.id, 0), lives)
    return lives


def _settle_one(entry: Entry, was: CameraFile | None, consents: int, lives: Lives) -> None:
    cell = entry.values["lifecycle"]
    lacking = _lacking(entry.values, consents)
    if was is None:
        to = Lifecycle(cell or (Lifecycle.DRAFT if lacking else Lifecycle.LIVE))
        lives.drafts += cell is None and to is Lifecycle.DRAFT
        lacked: tuple[str, ...] = ()
    else:
        now = was.camera.lifecycle
        to = Lifecycle(cell or now)
        lacked = lacking_with(was.camera, was.filing, consents) if now in SERVED else ()
        if to is not now and to not in MOVES[now]:
            message = f"lifecycle is {to}, but camera {entry.id} is {now} and cannot become that: leave it empty"
            lives.problems.append(Problem(entry.line, "lifecycle", message))
    entry.values["lifecycle"] = to
    if to in SERVED:
        for name in lacking:
            if name not in lacked:
                column = _COLUMN.get(name, name)
                message = f"{name} is missing: a camera that is {to} needs it"
                lives.problems.append(Problem(entry.line, column, message))


def _lacking(values: Mapping[str, Any], consents: int) -> tuple[str, ...]:
    return wanting(
        values["owner_id"],
        values["regime"],
        values["purposes"],
        values["need_statement"],
        secret_adjacent=values["secret_adjacent"],
        consents=consents,
    )
