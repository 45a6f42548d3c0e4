"""Evidence: stills and clips on disk under a quota, what is missing and why, and what must go again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway import disk
from gateway.services import receipting
from gateway.services.office import Office
from gateway.storage import events
from gateway.storage import evidence as rows
from gateway.storage.evidence import Evidence

log = structlog.get_logger(__name__)

EXTENSIONS = {"image/jpeg": "jpg", "video/mp4": "mp4"}
MEDIA_TYPES = {f".{extension}": media_type for media_type, extension in EXTENSIONS.items()}
SWEEP_SECONDS = 60.0
TIDY_EVERY = 60
"""Sweeps between two looks through the whole folder."""
SETTLED_SECONDS = 3600.0
"""A file older than this that no row names never gets one."""
NO_ROOM = "the evidence quota is used up"


class NotYet(Exception):
    """The event is not stored yet: the evidence is to come again."""


@dataclass(slots=True)
class EvidenceTally:
    """Counts since the start, and the room used now."""

    files: int = 0
    bytes: int = 0
    missing: int = 0
    evicted: int = 0
    expired: int = 0
    strays: int = 0
    """Files without a row, left by a process that died."""


class EvidenceRoom:
    """Keeps the files of one gateway's data folder. ``run`` sweeps."""

    def __init__(self, office: Office, folder: Path, quota: int, retention: timedelta) -> None:
        self._office = office
        self._folder = folder
        self._quota = quota
        self._retention = retention
        self.tally = EvidenceTally()

    async def take(self, event_id: str, kind: str, data: bytes, sha256: str, media_type: str) -> None:
        """Stores a file that was checked against its hash, or notes why it could not. Raises ``NotYet``."""
        at = self._office.clock.now()
        await self._known(event_id)
        path, reason = "", f"the worker sent {media_type}, which is not kept"
        if media_type in EXTENSIONS:
            path = f"{at:%Y/%m/%d}/{event_id}-{kind}.{EXTENSIONS[media_type]}"
            reason = await self._write(path, data)
        if reason:
            log.error("evidence is missing", event_id=event_id, kind=kind, reason=reason)
            await self._note(Evidence(event_id, kind, "", 0, "", reason, at))
            return
        item = Evidence(event_id, kind, path, len(data), sha256, "", at, at + self._retention)
        if await self._note(item):
            self.tally.files += 1
            self.tally.bytes += len(data)

    async def miss(self, event_id: str, kind: str, reason: str) -> None:
        """Notes why there is no file. Raises ``NotYet``."""
        await self._known(event_id)
        await self._note(Evidence(event_id, kind, "", 0, "", reason[:256], self._office.clock.now()))

    async def camera_of(self, event_id: str) -> str | None:
        """The camera of that event, None if there is no such event."""
        async with self._office.store.read() as conn:
            event = await events.get(conn, event_id)
        return None if event is None else event.camera_id

    async def find(self, event_id: str, kind: str) -> Path | None:
        """Where the file is, or None."""
        async with self._office.store.read() as conn:
            item = (await rows.of_event(conn, event_id)).get(kind)
        if item is None or not item.path:
            return None
        path = (self._folder / item.path).resolve()
        return path if path.is_relative_to(self._folder.resolve()) and path.is_file() else None

    async def run(self) -> None:
        """Removes what is over its time, now and every minute, and now and then what was left over, until cancelled."""
        rounds = 0
        while True:
            try:
                async with self._office.store.read() as conn:
                    self.tally.bytes = await rows.total_bytes(conn)  # other gateways keep and remove files too
                await self.sweep()
                if rounds % TIDY_EVERY == 0 and (strays := await self.tidy()):
                    log.info("evidence without a row was removed", files=strays)
                rounds += 1
            except (SQLAlchemyError, OSError) as problem:
                log.error("evidence could not be swept", problem=str(problem))
            await self._office.clock.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Removes files of unconfirmed candidates whose time has come."""
        while True:
            async with self._office.store.read() as conn:
                due = await rows.expired(conn, self._office.clock.now())
            if not due:
                return
            self.tally.expired += await self._remove(due, "kept as long as unconfirmed candidates are", "time")

    async def _known(self, event_id: str) -> None:
        async with self._office.store.read() as conn:
            if await events.get(conn, event_id) is None:
                raise NotYet(f"event {event_id} is not stored yet")

    async def _note(self, item: Evidence) -> bool:
        self.tally.missing += bool(item.missing_reason)
        async with self._office.store.begin() as conn:
            return await rows.insert_once(conn, item)

    async def _write(self, path: str, data: bytes) -> str:
        """Writes the file; returns why not, or ""."""
        if not await self._make_room(len(data)):
            return NO_ROOM
        try:
            await asyncio.to_thread(self._office.reserve.check, self._folder, len(data))
            await asyncio.to_thread(_write_file, self._folder / path, data)
        except OSError as problem:
            return disk.FULL if disk.is_full(problem) else f"not written: {problem.strerror}"
        return ""

    async def _make_room(self, wanted: int) -> bool:
        """Evicts the oldest files that nobody confirmed until there is room; False if there is none to be had."""
        if self.tally.bytes + wanted <= self._quota:
            return True
        async with self._office.store.read() as conn:
            lasting = await rows.lasting_bytes(conn, self._office.clock.now())
        if lasting + wanted > self._quota:
            return False  # asked first: nothing is evicted for what would not fit even then
        while self.tally.bytes + wanted > self._quota:
            async with self._office.store.read() as conn:
                oldest = await rows.evictable(conn, self._office.clock.now(), limit=20)
            if not oldest:
                return False
            self.tally.evicted += await self._remove(oldest, "removed to keep within the evidence quota", "quota")
        return True

    async def _remove(self, items: Sequence[Evidence], reason: str, rule: str) -> int:
        """Removes what nobody confirmed or put under a hold meanwhile, each with its receipt; returns how many."""
        at = self._office.clock.now()
        async with self._office.store.begin() as conn:
            gone = await rows.forget(conn, items, reason, at)
            await receipting.give(self._office, conn, gone, rule, at)
        self.tally.bytes -= sum(item.bytes for item in gone)
        for item in gone:
            await asyncio.to_thread((self._folder / item.path).unlink, missing_ok=True)
        return len(gone)

    async def tidy(self) -> int:
        """Removes files that no row names: a process died between the file and its row. Returns how many.

        Young ones are left alone, because their row may be on its way.
        """
        found = await asyncio.to_thread(_files_older_than, self._folder, time.time() - SETTLED_SECONDS)
        if not found:
            return 0
        async with self._office.store.read() as conn:
            named = await rows.paths(conn)
        strays = [path for path in found if path.relative_to(self._folder).as_posix() not in named]
        for path in strays:
            await asyncio.to_thread(path.unlink, missing_ok=True)
        self.tally.strays += len(strays)
        return len(strays)


def _files_older_than(folder: Path, moment: float) -> list[Path]:
    """Whole and half-written files last written before that Unix time."""
    found: list[Path] = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime < moment:
                    found.append(path)
    return found


def _write_file(path: Path, data: bytes) -> None:
    """Writes so that after a crash there is the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
