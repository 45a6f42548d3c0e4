"""Notes of how this gateway's own chains end, in its data folder: made after each commit that added lines.

A note only ever moves along its chain. Where the chain does not go on from the noted line the note stays as it is, so
that what was cut off cannot be grown over. It is never ahead of what is committed; a kill may leave it behind.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import structlog
from sqlalchemy.engine import URL

from gateway.domain.audit_ends import Added, BadNote, EndNote, SignedNote, document, from_file, to_file
from gateway.domain.audit_roots import ChainEnd
from gateway.storage.audit_reading import open_reader
from gateway.storage.signing import Signer, open_signer, signed_by

FOLDER = "audit-ends"
"""The folder of the notes, in the data folder; a backup leaves it out."""
PAUSE_SECONDS = 0.02
"""How long is waited after a note for more lines: under load one note stands for many commits."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Kept:
    """The end that is noted (None: the note is gone or was changed), and the file as this process knows it."""

    end: ChainEnd | None
    written: bytes | None


def kept_notes(data: Path) -> dict[str, bytes]:
    """Every note in that data folder, by chain, as it is."""
    found = sorted((data / FOLDER).glob("*.note"))
    return {unquote(path.name.removesuffix(".note")): path.read_bytes() for path in found}


class EndNotes:
    """The notes of one data folder. Made before the store; ``close`` waits until what is due is written."""

    def __init__(self, data: Path, url: URL, keys: frozenset[bytes] = frozenset()) -> None:
        self._data = data
        self._url = url
        self._keys = keys
        self._signer: Signer | None = None
        self._kept: dict[str, _Kept] = {}
        self._due: dict[str, list[Added]] = {}
        self._lock = threading.Lock()
        self._writing = False
        self._closing = threading.Event()
        self._thread = ThreadPoolExecutor(1, "audit-ends")
        self.failures = 0
        """How often a note could not be written."""
        self.behind: dict[str, str] = {}
        """Why a chain's note does not go along with it, by chain."""

    def take_up(self, chain: str, before: ChainEnd | None) -> None:
        """Goes on with the chain's note; where there is none, begins it at ``before`` or (None) misses it. Blocks.

        Raises OSError if a note that is to begin cannot be written.
        """
        with self._alone():
            found = self._read(chain)
            if found is None and before is not None:
                self._write(chain, before)
                return
            end = None if found is None else self._trusted(chain, found)
            self._kept[chain] = _Kept(end, found)
        if end is None:
            self._say(chain, f"the note of how it ends {'is gone' if found is None else 'was changed'}")

    def settle(self, chain: str, end: ChainEnd) -> None:
        """Notes an end whatever was noted before: a person has answered for it, in a line of the audit. Blocks."""
        with self._alone():
            self._write(chain, end)
        self.behind.pop(chain, None)

    def committed(self, added: Mapping[str, Added]) -> None:
        """Notes the ends of chains that a transaction has added to, in a thread, the newest of each."""
        with self._lock:
            for chain, one in added.items():
                if chain in self._kept:
                    self._due.setdefault(chain, []).append(one)
            if not self._due or self._writing:
                return
            if self._closing.is_set():
                return
            self._writing = True
        self._thread.submit(self._work)

    def wait(self) -> None:
        """Waits until what is due now is written."""
        self._thread.submit(int).result()

    def close(self) -> None:
        """Waits until what is due is written."""
        self._closing.set()
        self._thread.shutdown()

    def _work(self) -> None:
        while True:
            with self._lock:
                due, self._due = self._due, {}
                if not due:
                    self._writing = False
                    return
            for chain, added in due.items():
                try:
                    with self._alone():
                        self._advance(chain, added)
                except Exception as problem:  # whatever it is: a gateway does not stop for a note
                    self.failures += 1
                    self._say(chain, f"the note of how it ends could not be written: {problem}")
            self._closing.wait(PAUSE_SECONDS)

    def _advance(self, chain: str, added: list[Added]) -> None:
        kept, there = self._kept[chain], self._read(chain)
        if there != kept.written and there is not None:
            # another command on this machine went on with it; what was changed by hand is written over
            end = self._trusted(chain, there)
            if end is not None and kept.end is not None and end.seq > kept.end.seq:
                kept.end, kept.written = end, there
        if kept.end is None:
            return
        end, problem = kept.end, ""
        for one in added:
            if one.before == end:
                end = one.last
            elif not self._stands(chain, end):
                problem = f"line {end.seq}, which is noted, is not in it: it was cut off or written anew"
                break
            elif one.last.seq > end.seq:
                end = one.last
        if end != kept.end or there != kept.written:
            self._write(chain, end)
        self._say(chain, problem)

    def _stands(self, chain: str, end: ChainEnd) -> bool:
        if end.seq == 0:
            return True
        with open_reader(self._url) as reader:
            return reader.hash_of(chain, end.seq) == end.hash

    def _trusted(self, chain: str, held: bytes) -> ChainEnd | None:
        """The end in a note that we, or one whom we know, signed for that chain."""
        try:
            signed = from_file(held)
            note = signed.note
        except BadNote:
            return None
        known = note.key in self._keys | {self._signing().public}
        good = known and note.chain == chain and signed_by(note.key, signed.document, signed.signature)
        return note.end if good else None

    def _signing(self) -> Signer:
        if self._signer is None:
            self._signer = open_signer(self._data)
        return self._signer

    def _path(self, chain: str) -> Path:
        return self._data / FOLDER / f"{quote(chain, safe='')}.note"

    def _read(self, chain: str) -> bytes | None:
        try:
            return self._path(chain).read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, chain: str, end: ChainEnd) -> None:
        signer = self._signing()
        written = document(EndNote(chain, end, signer.public))
        file = to_file(SignedNote(written, signer.sign(written)))
        path = self._path(chain)
        partial = path.with_suffix(".partial")
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.write(descriptor, file)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        self._kept[chain] = _Kept(end, file)

    def _say(self, chain: str, problem: str) -> None:
        """Says once that a note does not go along with its chain, and why; or (with nothing) that it does again."""
        if self.behind.get(chain, "") == problem:
            return
        if problem:
            self.behind[chain] = problem
            log.error("a chain's end is not noted: run gateway audit verify", chain=chain, problem=problem)
        else:
            del self.behind[chain]
            log.info("a chain's end is noted again", chain=chain)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other processes on this data folder from its notes meanwhile."""
        folder = self._data / FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
