"""Loading the catalogue from a file: everything or nothing, and every problem said at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Camera, CameraKind, Datum, Place, Recorder, Site, StreamAddress
from gateway.domain.filing import Filing
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.domain.packets import StreamKind
from gateway.domain.place_types import PlaceType
from gateway.domain.retention import RetentionClass
from gateway.ports import Credential
from gateway.services.catalogue_checks import Checks, Entry, Known, credential_id, entries, known, recorder_of
from gateway.services.catalogue_files import Document, Problem, Row, read
from gateway.services.catalogue_ledger import Ledger
from gateway.services.catalogue_lives import settle
from gateway.services.catalogue_spots import Spot, spots
from gateway.services.file_history import Fields, Noun, Pen, camera_fields, changes, recorder_fields, site_fields
from gateway.services.office import SYSTEM
from gateway.services.standing import standing_grants, store_standing
from gateway.services.standing_ends import end_standing, standing_ends, unknown_ends
from gateway.storage import cameras, credentials, file_changes, organisations, recorders, sites
from gateway.storage.cameras import CameraFile, NewCamera
from gateway.storage.secrets import SecretBox
from gateway.storage.store import Store


@dataclass(slots=True)
class Loaded:
    """What loading a file did, or with a dry run would do. With any problem nothing was stored."""

    problems: list[Problem] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    drafts: int = 0
    """New cameras that are not live yet, because their file lacks what the law asks for."""
    spots: list[Spot] = field(default_factory=list)
    """Where each problem is, in the order of ``problems``."""
    unlawful: list[tuple[str, str]] = field(default_factory=list)
    """Camera ids and fields that were refused because no camera may be so."""
    organisations: list[tuple[Organisation | None, Organisation]] = field(default_factory=list)
    """The organisations that were written, each with what it was before (None: it is new)."""


Tell = Callable[[AsyncConnection, Loaded], Awaitable[None]]
"""Writes down, within the load's own transaction, what was loaded."""
Guard = Callable[[AsyncConnection, Sequence[Entry]], Awaitable[Sequence[Problem]]]
"""Says, within the load's own transaction, what of a file is not for whoever loads it."""


async def load_catalogue(
    store: Store,
    box: SecretBox,
    name: str,
    data: bytes,
    at: datetime,
    *,
    dry_run: bool = False,
    passwords: Mapping[str, str] | None = None,
    actor: str = SYSTEM,
    ledger: Ledger | None = None,
    guard: Guard | None = None,
    tell: Tell | None = None,
) -> Loaded:
    """Loads sites, recorders and cameras from a YAML, CSV or XLSX file called ``name``.

    With a ``ledger`` to write them down in also organisations and, from YAML, ``grants``: the standing ones a new
    district begins with. Without one a file that holds either is refused.

    ``passwords`` are those that ``secret_from`` may name. Never raises for what is in the file, but for what a
    ``guard`` raises, which says what of it is not for whoever loads it. ``tell`` is called
    once everything is stored, and nothing is without it.
    """
    document = await asyncio.to_thread(read, name, data)  # a large workbook takes seconds; pictures must go on
    problems = list(document.problems)
    if "operators" in document.other:
        message = "operators need passwords and are not loaded from a file: use gateway create-user"
        problems.append(Problem(0, "operators", message, "operators"))
    if ledger is None:
        problems += _for_the_machine(document)
    given, unclear = standing_grants(document.other.get("grants", []), at)
    ending, amiss = standing_ends(document.other.get("grants", []))
    async with store.begin() as connection:
        unclear += [*amiss, *await unknown_ends(connection, ending)]
        loaded = await load_rows(
            connection,
            box,
            document.rows,
            at,
            [*problems, *unclear],
            passwords or {},
            dry_run=dry_run,
            actor=actor,
            guard=guard,
        )
        if not loaded.problems:
            ended = await end_standing(connection, ending, at, actor, dry_run=dry_run)
            loaded.changed += len(ended)
            loaded.unchanged += max(0, len(ending) - len(ended))
            stored = await store_standing(connection, given, at, dry_run=dry_run)
            loaded.added += stored.added
            loaded.changed += stored.changed
            loaded.unchanged += stored.unchanged
            if ledger is not None and not dry_run:
                counts = {"added": loaded.added, "changed": loaded.changed}
                await ledger.loaded(connection, at, actor, name, **counts)
                await ledger.organisations(connection, at, actor, loaded.organisations)
                await ledger.ended(connection, at, actor, ended)
                await ledger.grants(connection, at, actor, stored.given)
            if tell is not None and not dry_run:
                await tell(connection, loaded)
    loaded.spots = spots(document, loaded.problems)
    return loaded


def _for_the_machine(document: Document) -> list[Problem]:
    """A sentence for each list of the file that decides who may see what: by an upload one would help oneself to it."""
    held = {noun for noun, items in document.other.items() if items} | {row.noun for row in document.rows}
    said = "are not loaded from an uploaded file: whoever runs the machine loads them there, with gateway load"
    return [Problem(0, noun, f"{noun} {said}", noun) for noun in ("organisations", "grants") if noun in held]


async def load_rows(
    connection: AsyncConnection,
    box: SecretBox,
    rows: Sequence[Row],
    at: datetime,
    problems: Sequence[Problem] = (),
    passwords: Mapping[str, str] | None = None,
    *,
    dry_run: bool = False,
    actor: str = SYSTEM,
    guard: Guard | None = None,
) -> Loaded:
    """The same within a transaction, from rows that were read already; with problems or a dry run writes nothing.

    ``actor`` is whose changes the history says they are.
    """
    found, wrong = entries(rows)
    there = await known(connection)
    checks = Checks(there, passwords or {})
    checks.all(found)
    lives = await settle(connection, found)
    every = [*problems, *wrong, *checks.problems, *lives.problems]
    if guard is not None:
        every += await guard(connection, found)
    loaded = Loaded(sorted(every, key=lambda one: (one.row, one.column)), unlawful=lives.unlawful, drafts=lives.drafts)
    if not loaded.problems:
        writing = _Writing(connection, box, Pen(actor, at, "load"), passwords or {}, loaded, dry_run)
        await writing.all(found, there)
    return loaded


Told = tuple[Noun, str, Fields | None, Fields]
"""What was written: the noun, its id, its fields before (None: it is new) and after."""


class _Writing:
    """Compares the entries with what is stored and writes those that differ."""

    def __init__(
        self,
        connection: AsyncConnection,
        box: SecretBox,
        pen: Pen,
        passwords: Mapping[str, str],
        loaded: Loaded,
        dry_run: bool,
    ) -> None:
        self._connection = connection
        self._box = box
        self._pen = pen
        self._passwords = passwords
        self._loaded = loaded
        self._dry_run = dry_run
        self._resealed: set[str] = set()

    async def all(self, found: Sequence[Entry], there: Known) -> None:
        """Writes every noun after those it refers to."""
        by_noun: dict[str, list[Entry]] = {}
        for entry in found:
            by_noun.setdefault(entry.noun, []).append(entry)
        await self._organisations(by_noun.get("organisations", []))
        await self._sites(by_noun.get("sites", []))
        await self._recorders(by_noun.get("recorders", []), there)
        await self._cameras(by_noun.get("cameras", []), there)

    def _count(self, there: bool, differs: bool) -> bool:
        """Counts one entry; True if it is to be written."""
        if not there:
            self._loaded.added += 1
        elif differs:
            self._loaded.changed += 1
        else:
            self._loaded.unchanged += 1
        return (differs or not there) and not self._dry_run

    async def _organisations(self, found: Sequence[Entry]) -> None:
        if not found:
            return
        before = await organisations.by_id(self._connection)
        items = [_organisation(entry.values) for entry in found]
        changed = [one for one in items if self._count(one.id in before, before.get(one.id) != one)]
        await organisations.replace(self._connection, changed)
        self._loaded.organisations = [(before.get(one.id), one) for one in changed]

    async def _sites(self, found: Sequence[Entry]) -> None:
        if not found:
            return
        before = {item.id: item for item in await sites.every(self._connection)}
        for sample in (False, True):
            items = [_site(entry.values) for entry in found if entry.values["sample"] is sample]
            changed = [one for one in items if self._count(one.id in before, before.get(one.id) != one)]
            await sites.replace(self._connection, changed, sample=sample)
            told: list[Told] = []
            for one in changed:
                old = None if one.id not in before else site_fields(before[one.id])
                told.append(("site", one.id, old, site_fields(one)))
            await self._tell(told)

    async def _recorders(self, found: Sequence[Entry], there: Known) -> None:
        if not found:
            return
        before = {item.id: item for item in await recorders.every(self._connection)}
        gb_ids = await recorders.gb_ids(self._connection)
        secrets = await self._secrets(found, there)
        for sample in (False, True):
            changed = []
            for entry in found:
                if entry.values["sample"] is not sample:
                    continue
                was = before.get(entry.id)
                item = recorder_of(entry.values, secrets.get(entry.id, was.credential_id if was else None))
                there.recorders[item.id] = item
                differs = was != item or gb_ids.get(item.id) != entry.values["gb_id"]
                if self._count(was is not None, differs or self._new_secret(entry)):
                    changed.append(item)
            wanted = {entry.id: entry.values["gb_id"] for entry in found}
            await recorders.replace(self._connection, changed, gb_ids=wanted, sample=sample)
            after = await credentials.usernames(self._connection)
            told: list[Told] = []
            for item in changed:
                was = before.get(item.id)
                old = None if was is None else _recorder_fields(was, gb_ids.get(item.id), there.usernames)
                told.append(("recorder", item.id, old, _recorder_fields(item, wanted[item.id], after)))
            await self._tell(told)

    async def _cameras(self, found: Sequence[Entry], there: Known) -> None:
        if not found:
            return
        before = {item.camera.id: item for item in await cameras.files(self._connection, [one.id for one in found])}
        secrets = await self._secrets([one for one in found if one.values["recorder_id"] is None], there)
        changed = []
        for entry in found:
            was = before.get(entry.id)
            kept = was.camera.credential_id if was and was.camera.recorder_id is None else None
            item = _camera(entry.values, there, secrets.get(entry.id, kept))
            same = was is not None and (was.camera, was.filing, was.sample) == (item.camera, item.filing, item.sample)
            if self._count(was is not None, not same or self._new_secret(entry)):
                changed.append(item)
        await cameras.replace(self._connection, changed, self._pen.at)
        after = await credentials.usernames(self._connection)
        told: list[Told] = []
        for item in changed:
            was = before.get(item.camera.id)
            old = None if was is None else _camera_fields(was, there.usernames)
            told.append(("camera", item.camera.id, old, _camera_fields(item, after)))
        await self._tell(told)

    async def _tell(self, told: Sequence[Told]) -> None:
        """Writes the history of what was written."""
        lines = [
            line
            for noun, name, old, new in told
            for line in changes(self._pen, noun, name, old, new, resealed=name in self._resealed)
        ]
        await file_changes.insert(self._connection, lines)

    def _new_secret(self, entry: Entry) -> bool:
        return entry.id in self._resealed

    async def _secrets(self, found: Sequence[Entry], there: Known) -> dict[str, str]:
        """Stores the passwords that are new; the credential's id of every entry that has one, by the entry's id."""
        self._resealed.clear()
        ids = {entry.id: credential_id(entry) for entry in found if entry.values["username"] is not None}
        before = await credentials.many(self._connection, self._box, set(ids.values()) & there.usernames.keys())
        for entry in found:
            values = entry.values
            password = values["password"] or self._passwords.get(values["secret_from"] or "")
            if entry.id not in ids or password is None:
                continue
            wanted = Credential(values["username"], password)
            if before.get(ids[entry.id]) != wanted:
                self._resealed.add(entry.id)
                if not self._dry_run:
                    await credentials.replace(self._connection, self._box, ids[entry.id], wanted, self._pen.at)
        return ids


def _recorder_fields(item: Recorder, gb_id: str | None, usernames: Mapping[str, str]) -> Fields:
    return recorder_fields(item, gb_id) | {"username": usernames.get(item.credential_id or "")}


def _camera_fields(item: NewCamera | CameraFile, usernames: Mapping[str, str]) -> Fields:
    camera = item.camera
    own = {} if camera.recorder_id else {"username": usernames.get(camera.credential_id or "")}
    return camera_fields(camera, item.filing, item.sample) | own


def _organisation(values: Mapping[str, Any]) -> Organisation:
    return Organisation(
        id=values["id"],
        kind=OrganisationKind(values["kind"]),
        name_zh=values["name_zh"],
        name_en=values["name_en"],
        parent_id=values["parent_id"],
        township_code=values["township_code"],
        sample=values["sample"],
    )


def _place(values: Mapping[str, Any]) -> Place:
    return Place(values["latitude"], values["longitude"], Datum(values["datum"]))


def _site(values: Mapping[str, Any]) -> Site:
    names = ("id", "name_zh", "name_en", "organisation_id", "link_mbps")
    return Site(**{name: values[name] for name in names}, place=_place(values))


def _camera(values: Mapping[str, Any], there: Known, credential: str | None) -> NewCamera:
    recorder = there.recorders.get(values["recorder_id"] or "")
    streams = [
        StreamAddress(kind, values[f"{kind}_path"], values[f"{kind}_transport"])
        for kind in (StreamKind.MAIN, StreamKind.SUB)
        if values[f"{kind}_path"] is not None
    ]
    names = ("id", "gb_id", "name_zh", "name_en", "owner_id", "township_code", "scheme", "recorder_id", "channel")
    camera = Camera(
        **{name: values[name] for name in (*names, "enabled")},
        kind=CameraKind(values["kind"]),
        maintainer_id=values["maintainer_id"] or values["owner_id"],
        site_id=values["site_id"] or (recorder.site_id if recorder else ""),
        place=_place(values),
        host=recorder.host if recorder else values["host"],
        rtsp_port=recorder.rtsp_port if recorder else values["rtsp_port"],
        onvif_port=recorder.onvif_port if recorder else values["onvif_port"],
        credential_id=recorder.credential_id if recorder else credential,
        streams=tuple(streams),
        purposes=tuple(values["purposes"]),
        lifecycle=Lifecycle(values["lifecycle"]),
    )
    filing = {name: values[name] for name in Filing.__dataclass_fields__}
    filing["place_type"] = PlaceType(values["place_type"])
    filing["retention_class"] = RetentionClass(values["retention_class"])
    filing["civil_code"] = values["civil_code"] or values["gb_id"][:6]
    return NewCamera(camera, Filing(**filing), values["sample"])
