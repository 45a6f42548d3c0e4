"""Notes of how this gateway's own chains end, in its data folder: made after each commit that added lines.

A note only ever moves along its chain. Where the chain does not go on from the noted line the note stays as it is, so
that what was cut off cannot be grown over. It is never ahead of what is committed; a kill may leave it behind.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from sqlalchemy.engine import URL

from gateway.domain.audit_ends import Added, BadNote, EndNote, SignedNote, document, from_file, is_shared, to_file
from gateway.domain.audit_roots import ChainEnd
from gateway.domain.audit_tails import Tail, followed
from gateway.storage.audit_reading import open_reader
from gateway.storage.note_files import NoteFiles, begun_chains
from gateway.storage.signing import Signer, open_signer, signed_by

PAUSE_SECONDS = 0.02
"""How long is waited after a note for more lines: under load one note stands for many commits."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Kept:
    """What is noted of a chain (None: the note is gone or was changed), and the file as this process knows it."""

    note: EndNote | None
    written: bytes | None
    gapless: bool = False
    """True once this process has followed the chain: then what it did not write itself is not its own."""


@dataclass(slots=True)
class Followed:
    """A transaction that is under way: what it added to chains so far, and whether nothing is left but its commit."""

    added: dict[str, Added]
    done: bool = False


class EndNotes:
    """The notes of one data folder. Made before the store; ``close`` waits until what is due is written."""

    def __init__(self, data: Path, url: URL, keys: frozenset[bytes] = frozenset()) -> None:
        self._data = data
        self._files = NoteFiles(data)
        self._url = url
        self._keys = keys
        self._signer: Signer | None = None
        self._kept: dict[str, _Kept] = {}
        self._put_off: dict[str, bool] = {}
        self._open: dict[int, Followed] = {}
        self._due: dict[str, Tail] = {}
        self._news: set[str] = set()
        self._lock = threading.Lock()
        self._writing = False
        self._closing = threading.Event()
        self._thread = ThreadPoolExecutor(1, "audit-ends")
        self.failures = 0
        """How often a note could not be written."""
        self.dropped = 0
        """How many pieces of chains were too many to be kept until they are noted."""
        self.behind: dict[str, str] = {}
        """Why a chain's note does not go along with it, or what it found in its chain, by chain."""

    @property
    def depth(self) -> int:
        """How many pieces of chains wait to be noted."""
        with self._lock:
            return sum(len(tail.sure) + len(tail.perhaps) for tail in self._due.values())

    def begun(self) -> frozenset[str]:
        """The chains that were ever noted from this data folder."""
        return begun_chains(self._data)

    def is_missed(self, chain: str) -> bool:
        """True if the chain was noted from this data folder, and its note is gone. Blocks; raises OSError."""
        return chain in self.begun() and self._files.read(chain) is None

    def take_up(self, chain: str, before: ChainEnd | None) -> None:
        """Goes on with the chain's note; where there is none, begins it at ``before`` or (None) misses it. Blocks.

        Raises OSError if the note can be neither read nor begun.
        """
        with self._files.alone():
            found = self._files.read(chain)
            if found is None and before is not None:
                self._write(chain, before, None)
                self._files.begin(chain)
            else:
                self._take(chain, found)
        self._put_off.pop(chain, None)

    def put_off(self, chain: str, why: str, *, begun: bool) -> None:
        """Keeps that the chain's note could not be taken up; if the chain was begun, its next commit tries again."""
        self.failures += 1
        self._put_off[chain] = begun
        self._say(chain, f"the note of how it ends could not be taken up: {why}")

    def waits(self, chain: str) -> bool:
        """True if the chain's note was put off and has not been taken up since."""
        return chain in self._put_off

    def settle(self, chain: str, end: ChainEnd) -> None:
        """Notes an end whatever was noted before: a person has answered for it, in a line of the audit. Blocks."""
        with self._files.alone():
            self._write(chain, end, None)
            self._files.begin(chain)
        self.behind.pop(chain, None)

    @contextmanager
    def following(self) -> Iterator[Followed]:
        """Follows a transaction, and notes the ends of the chains that it adds to when it is committed.

        One that raises when it is done may have been committed nonetheless: if it was cancelled meanwhile.
        """
        one = Followed({})
        with self._lock:
            self._open[id(one)] = one
        try:
            yield one
        except BaseException:
            self._left(one, committed=False)
            raise
        self._left(one, committed=True)

    def _left(self, one: Followed, *, committed: bool) -> None:
        with self._lock:
            del self._open[id(one)]
            for chain, added in one.added.items():
                if chain not in self._kept and not self._put_off.get(chain):
                    continue
                tail = self._due.get(chain, Tail())
                if one.done:
                    self._due[chain] = tail.with_sure(added) if committed else tail.with_perhaps(added)
                self._news.add(chain)
            if not self._news or self._writing or self._closing.is_set():
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
                due = {chain: self._due.pop(chain) for chain in self._news if chain in self._due}
                self._news.clear()
                if not due:
                    self._writing = False
                    return
                waiting = [dict(one.added) for one in self._open.values()]
            for chain, tail in due.items():
                under_way = [added[chain].first for added in waiting if chain in added]
                left = tail
                try:
                    with self._files.alone():
                        left = self._advance(chain, tail, under_way)
                except Exception as problem:  # whatever it is: a gateway does not stop for a note
                    self.failures += 1
                    self._say(chain, f"the note of how it ends could not be written: {problem}")
                with self._lock:  # what is left is tried again with what comes next
                    if left.sure or left.perhaps or left.dropped:
                        self._due[chain] = left.joined(self._due.get(chain, Tail()))
            self._closing.wait(PAUSE_SECONDS)

    def _advance(self, chain: str, tail: Tail, under_way: Sequence[int]) -> Tail:
        """Moves the note along its chain; returns what has to wait for a transaction that is under way."""
        there = self._files.read(chain)
        if chain not in self._kept:
            self._take(chain, there)
            self._put_off.pop(chain, None)
        kept = self._kept[chain]
        if there != kept.written and there is not None:
            # another command on this machine went on with it; what was changed by hand is written over
            found = self._trusted(chain, there)
            if found is not None and kept.note is not None and found.end.seq > kept.note.end.seq:
                kept.note, kept.written = found, there
        if kept.note is None:
            return Tail()
        if tail.dropped:
            self.dropped += tail.dropped
            kept.gapless, tail = False, replace(tail, dropped=0)
        end, strange, problem = kept.note.end, kept.note.strange, ""
        gapless = kept.gapless and not is_shared(chain)
        while True:
            end, tail = followed(end, tail)
            if not tail.sure:
                break
            one = tail.sure[0]
            if not self._stands(chain, end):
                problem = f"line {end.seq}, which is noted, is not in it: it was cut off or written anew"
                tail = Tail()
                break
            if any(end.seq < first < one.first for first in under_way):
                break
            if gapless and one.first > end.seq + 1 and strange is None:
                strange = (end.seq + 1, one.first - 1)
            end, tail = max(end, one.last, key=lambda known: known.seq), tail.after(one)
            gapless = not is_shared(chain)
        if (end, strange) != (kept.note.end, kept.note.strange) or there != kept.written:
            # what stands behind a note that did not move may still be from before this process
            self._write(chain, end, strange, gapless=kept.gapless or end != kept.note.end)
        self._say(chain, problem or _told_of(strange))
        return tail

    def _stands(self, chain: str, end: ChainEnd) -> bool:
        if end.seq == 0:
            return True
        with open_reader(self._url) as reader:
            return reader.hash_of(chain, end.seq) == end.hash

    def _take(self, chain: str, found: bytes | None) -> None:
        note = None if found is None else self._trusted(chain, found)
        self._kept[chain] = _Kept(note, found)
        if note is None:
            self._say(chain, f"the note of how it ends {'is gone' if found is None else 'was changed'}")
            return
        self._files.begin(chain)
        self._say(chain, _told_of(note.strange))

    def _trusted(self, chain: str, held: bytes) -> EndNote | None:
        """What a note says that we, or one whom we know, signed for that chain."""
        try:
            signed = from_file(held)
            note = signed.note
        except BadNote:
            return None
        known = note.key in self._keys | {self._signing().public}
        good = known and note.chain == chain and signed_by(note.key, signed.document, signed.signature)
        return note if good else None

    def _signing(self) -> Signer:
        if self._signer is None:
            self._signer = open_signer(self._data)
        return self._signer

    def _write(self, chain: str, end: ChainEnd, strange: tuple[int, int] | None, *, gapless: bool = True) -> None:
        signer = self._signing()
        note = EndNote(chain, end, signer.public, strange)
        written = document(note)
        file = to_file(SignedNote(written, signer.sign(written)))
        self._files.write(chain, file)
        self._kept[chain] = _Kept(note, file, gapless)

    def _say(self, chain: str, problem: str) -> None:
        """Says once that a note does not go along with its chain, and why; or (with nothing) that it does again."""
        if self.behind.get(chain, "") == problem:
            return
        if problem:
            self.behind[chain] = problem
            log.error("a chain's end is not noted as it should be: run gateway audit verify", chain=chain, why=problem)
        else:
            del self.behind[chain]
            log.info("a chain's end is noted again", chain=chain)


def _told_of(strange: tuple[int, int] | None) -> str:
    if strange is None:
        return ""
    return f"lines {strange[0]} to {strange[1]} stand in it, and this gateway did not write them"
