"""Events and evidence on disk until a gateway has them for good: survives ``kill -9`` at any moment.

One file per item, written whole under another name, flushed, renamed, and its folder flushed: a file either is there
complete or not at all. Everything here blocks and is called by one thread only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.disk import DEFAULT_RESERVE, Reserve
from gateway.domain.events import Event
from gateway.fleet.framing import WireError
from gateway.fleet.wire_events import event_from_json, event_to_json

log = structlog.get_logger(__name__)

MEDIA_TYPES = {"still": "image/jpeg", "clip": "video/mp4"}
SUFFIXES = {"still": ".jpg", "clip": ".mp4"}


class SpoolFull(OSError):
    """The spool's own limit is reached; as bad as a full disk."""


@dataclass(frozen=True, slots=True)
class SpooledEvent:
    """An event's report and the number under which it is acknowledged."""

    serial: int
    event: Event


@dataclass(frozen=True, slots=True)
class SpooledEvidence:
    """A still or clip in a file, or the reason why there is none."""

    event_id: str
    kind: str
    path: Path
    missing: str | None


class Spool:
    """A folder of unacknowledged reports, bounded by ``max_events`` and ``max_evidence_bytes``.

    Evidence leaves the ``reserve`` of the disk free; reports, which are small, may use it.
    """

    def __init__(
        self,
        folder: Path,
        reserve: Reserve = DEFAULT_RESERVE,
        *,
        max_events: int = 20_000,
        max_evidence_bytes: int = 1 << 30,
        flush: bool = True,
    ) -> None:
        self._reserve = reserve
        self._events, self._evidence, self._open = (folder / name for name in ("events", "evidence", "open"))
        self._max_events, self._max_evidence = max_events, max_evidence_bytes
        self._flush = flush
        for part in (self._events, self._evidence, self._open):
            part.mkdir(parents=True, exist_ok=True, mode=0o700)
            for torn in part.glob("*.tmp"):
                torn.unlink()
        self.nowhere = self._evidence / "nowhere.missing"
        self._event_count = sum(1 for _ in self._events.iterdir())
        self._evidence_bytes = sum(path.stat().st_size for path in self._evidence.iterdir())

    def add(self, items: list[SpooledEvent]) -> None:
        """Keeps these reports; on return they are on disk. Raises ``OSError`` (``SpoolFull``) if they are not all."""
        if self._event_count + len(items) > self._max_events:
            raise SpoolFull("the event spool is full")
        for item in items:
            body = json.dumps({"serial": item.serial, "event": event_to_json(item.event)}).encode()
            self._write(self._events / f"{item.serial:020d}-{item.event.id}.json", body)
            self._event_count += 1
        self._sync(self._events)

    def remove(self, serial: int, event_id: str) -> None:
        """Forgets an acknowledged report."""
        with suppress(FileNotFoundError):
            (self._events / f"{serial:020d}-{event_id}.json").unlink()
            self._event_count -= 1

    def events(self) -> Iterator[SpooledEvent]:
        """What was kept, oldest first; a file that cannot be read is left out, said and removed."""
        for path in sorted(self._events.glob("*.json")):
            item = _read_event(path)
            if item is not None:
                yield item
            else:
                self._event_count -= 1

    def mark_open(self, event: Event) -> None:
        """Notes the state of an open event, so that after a crash somebody can close it."""
        self._write(self._open / f"{event.id}.json", json.dumps({"serial": 0, "event": event_to_json(event)}).encode())

    def mark_closed(self, event_id: str) -> None:
        """The event has been closed."""
        (self._open / f"{event_id}.json").unlink(missing_ok=True)

    def left_open(self) -> list[Event]:
        """Events that were open when an earlier process died."""
        items = (_read_event(path) for path in sorted(self._open.glob("*.json")))
        return [item.event for item in items if item is not None]

    def expect(self, event_id: str, kind: str) -> None:
        """Notes that evidence is due: if this process dies first, the next one says that it is missing."""
        self._write(self._evidence / f"{event_id}.{kind}.due", b"")

    def keep(self, event_id: str, kind: str, data: bytes) -> SpooledEvidence:
        """Keeps a piece of evidence; on return it is on disk. Raises ``OSError`` (``SpoolFull``)."""
        if self._evidence_bytes + len(data) > self._max_evidence:
            raise SpoolFull("the evidence spool is full")
        self._reserve.check(self._evidence, len(data))
        path = self._evidence / f"{event_id}.{kind}{SUFFIXES[kind]}"
        self._write(path, data)
        self._evidence_bytes += len(data)
        self._settle(event_id, kind)
        return SpooledEvidence(event_id, kind, path, None)

    def keep_missing(self, event_id: str, kind: str, reason: str) -> SpooledEvidence:
        """Keeps the reason why there is no such evidence. Raises ``OSError``."""
        path = self._evidence / f"{event_id}.{kind}.missing"
        self._write(path, reason.encode())
        self._settle(event_id, kind)
        return SpooledEvidence(event_id, kind, path, reason)

    def _settle(self, event_id: str, kind: str) -> None:
        (self._evidence / f"{event_id}.{kind}.due").unlink(missing_ok=True)
        self._sync(self._evidence)

    def remove_evidence(self, item: SpooledEvidence) -> None:
        """Forgets acknowledged evidence."""
        with suppress(FileNotFoundError):
            size = item.path.stat().st_size
            item.path.unlink()
            self._evidence_bytes -= 0 if item.missing is not None else size

    def evidence(self) -> list[SpooledEvidence]:
        """What was kept, oldest first; what was only expected is now missing."""
        for path in sorted(self._evidence.glob("*.due")):
            event_id, kind = path.name.split(".")[:2]
            if not any(self._evidence.glob(f"{event_id}.{kind}.[jm]*")):
                self.keep_missing(event_id, kind, "the worker was restarted before it could be made")
            path.unlink(missing_ok=True)
        found: list[SpooledEvidence] = []
        for path in sorted(self._evidence.iterdir()):
            event_id, kind = path.name.split(".")[:2]
            missing = path.read_text() if path.suffix == ".missing" else None
            found.append(SpooledEvidence(event_id, kind, path, missing))
        return found

    def _write(self, path: Path, data: bytes) -> None:
        unfinished = path.with_name(path.name + ".tmp")
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                if self._flush:
                    os.fsync(file.fileno())
            unfinished.rename(path)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise

    def _sync(self, folder: Path) -> None:
        if not self._flush:
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read_event(path: Path) -> SpooledEvent | None:
    try:
        body = json.loads(path.read_bytes())
        return SpooledEvent(int(body["serial"]), event_from_json(body["event"]))
    except (ValueError, KeyError, TypeError, WireError) as error:
        log.error("a spooled event cannot be read and is dropped", file=path.name, reason=str(error))
        path.unlink(missing_ok=True)
        return None
