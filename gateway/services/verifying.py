"""Verifying the audit: every chain line by line, in parallel, then the signed roots, here and kept elsewhere."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from gateway.domain.audit import GENESIS
from gateway.domain.audit_ends import BadNote, EndNote, from_file
from gateway.domain.audit_lines import Stretch, check
from gateway.domain.audit_roots import BadRoot, SignedRoot, follows
from gateway.storage import view_reading
from gateway.storage.audit_reading import BATCH, Reader, open_reader
from gateway.storage.note_files import Held, begun_chains, kept_notes, note_of
from gateway.storage.signing import signed_by

STRETCH = 100_000
"""Lines that one process checks at a time."""
ALONE = 2 * STRETCH
"""Up to so many lines no other process is started."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold; ``chain`` and ``seq`` name the first broken line where there is one."""

    message: str
    chain: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class HeldRoot:
    """A root that was kept elsewhere, and where."""

    name: str
    signed: SignedRoot


@dataclass(frozen=True, slots=True)
class Outside:
    """The data folder with the notes of how chains end, and the chains of its gateway.

    On a PostgreSQL server other gateways have chains, which they note; in a SQLite file every chain is this folder's.
    """

    data: Path
    own: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What a verification saw and found; all is well if nothing was found."""

    chains: dict[str, int] = field(default_factory=dict)
    """The number of lines that hold, by chain."""
    roots: int = 0
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def lines(self) -> int:
        """How many lines hold."""
        return sum(self.chains.values())


Checker = Callable[[str, int, int], "Future[Stretch] | Stretch"]


def verify(
    url: str | URL,
    keys: frozenset[bytes],
    held: Sequence[HeldRoot] = (),
    *,
    processes: int | None = None,
    views: bool = False,
    outside: Outside | None = None,
) -> Report:
    """Verifies the audit of that database. Blocks; lines that are written meanwhile are left out.

    ``keys`` are the public keys that a root may be signed with; ``views`` also compares the register of views with the
    lines that cover it, which takes longer; ``outside`` is where this machine notes how its own chains end.
    """
    began = time.monotonic()
    notes = {} if outside is None else kept_notes(outside.data)  # before the chains: they may only have grown since
    target = make_url(url)
    report = Report()
    with open_reader(target) as reader:
        ends = {chain: reader.ends(chain) for chain in reader.chains()}
        together = sum(last for _, last in ends.values())
        with _checkers(target, reader, together, processes or os.cpu_count() or 1) as (checker, window):
            for chain, (first, last) in ends.items():
                _verify_chain(report, chain, first, last, checker, window)
        _verify_roots(report, reader, keys, held)
        if outside is not None:
            own = ends if target.get_backend_name() == "sqlite" else outside.own
            _verify_notes(report, reader, keys, {*own, *notes}, notes, outside.data)
        for chain, (first, last) in ends.items() if views else ():
            for start in range(max(1, first), last + 1, view_reading.BATCH):
                for fault in view_reading.faults(reader, chain, start, min(last, start + view_reading.BATCH - 1)):
                    report.findings.append(Finding(fault.message, chain, fault.seq))
    report.seconds = time.monotonic() - began
    return report


def check_stretch(url: str, chain: str, first: int, last: int) -> Stretch:
    """Checks a stretch of a chain with a connection of its own; what the other processes run."""
    with open_reader(make_url(url)) as reader:
        return _stretch(reader, chain, first, last)


def _stretch(reader: Reader, chain: str, first: int, last: int) -> Stretch:
    begun: bytes | None = None
    previous: bytes | None = None
    for start in range(first, last + 1, BATCH):
        end = min(last, start + BATCH - 1)
        part = check(
            chain, reader.lines(chain, start, end), reader.texts(chain, start, end), start, end, previous, reader
        )
        begun, previous = part.previous if begun is None else begun, part.hash
        if part.broken is not None:
            return Stretch(first, begun, part.last, b"", part.broken)
    return Stretch(first, begun or b"", last, previous or b"")


@contextmanager
def _checkers(url: URL, reader: Reader, lines: int, processes: int) -> Iterator[tuple[Checker, int]]:
    """How stretches are checked, and how many at a time."""
    if lines <= ALONE or processes == 1:
        yield partial(_stretch, reader), 1
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=os.nice, initargs=(5,)) as pool:
        address = url.render_as_string(hide_password=False)
        yield lambda chain, first, last: pool.submit(check_stretch, address, chain, first, last), 2 * processes
        pool.shutdown(cancel_futures=True)


def _verify_chain(report: Report, chain: str, first: int, last: int, checker: Checker, window: int) -> None:
    """Adds what is broken first in the chain, if anything is."""
    if first < 1:
        report.findings.append(Finding(f"line {first} stands before the first", chain, first))
    previous = GENESIS
    starts = iter(range(1, last + 1, STRETCH))
    waiting: deque[Future[Stretch] | Stretch] = deque()
    report.chains[chain] = 0
    while True:
        while len(waiting) < window and (start := next(starts, None)) is not None:
            waiting.append(checker(chain, start, min(last, start + STRETCH - 1)))
        if not waiting:
            return
        got = waiting.popleft()
        stretch = got if isinstance(got, Stretch) else got.result()
        broken = stretch.broken
        if stretch.previous != previous and (broken is None or broken.seq > stretch.first):
            message = f"line {stretch.first} does not follow the one before it"
            report.findings.append(Finding(message, chain, stretch.first))
            return
        if broken is not None:
            report.chains[chain] = broken.seq - 1
            report.findings.append(Finding(broken.reason, chain, broken.seq))
            return
        report.chains[chain] = stretch.last
        previous = stretch.hash


def _verify_roots(report: Report, reader: Reader, keys: frozenset[bytes], held: Sequence[HeldRoot]) -> None:
    stored: dict[int, SignedRoot] = {}
    previous: SignedRoot | None = None
    seen: set[tuple[str, int]] = set()
    for document, signature in reader.roots():
        signed = SignedRoot(document, signature)
        try:
            root = signed.root
        except BadRoot:
            report.findings.append(Finding("a stored root cannot be read: it was changed"))
            continue
        if wrong := follows(root, previous):
            report.findings.append(Finding(wrong))
        _verify_root(report, reader, f"root {root.number}", signed, keys, seen)
        stored[root.number] = previous = signed
        report.roots += 1
    for one in held:
        number = one.signed.root.number
        if number not in stored:
            report.findings.append(Finding(f"root {number}, kept in {one.name}, is gone from the database"))
        elif stored[number] != one.signed:
            report.findings.append(Finding(f"root {number} is not the one kept in {one.name}"))
        _verify_root(report, reader, f"root {number}, kept in {one.name},", one.signed, keys, seen)
        report.roots += 1


def _verify_root(
    report: Report, reader: Reader, name: str, signed: SignedRoot, keys: frozenset[bytes], seen: set[tuple[str, int]]
) -> None:
    """Adds what the root shows to be wrong: itself, or a chain that is shorter or other than it was then."""
    root = signed.root
    if not signed_by(root.key, signed.document, signed.signature):
        report.findings.append(Finding(f"{name} does not bear its signature: it was changed"))
        return
    if root.key not in keys:
        report.findings.append(Finding(f"{name} is signed with a key that is not known here: {root.key.hex()}"))
    for chain, end in root.chains.items():
        there = reader.hash_of(chain, end.seq)
        if there == end.hash or (chain, end.seq) in seen:
            continue
        seen.add((chain, end.seq))
        if there is None:
            last = reader.ends(chain)[1] if chain in reader.chains() else 0
            message = f"{name} knows line {end.seq}, and the chain ends at line {last}: it was cut off"
            report.findings.append(Finding(message, chain, last + 1))
        else:
            message = f"line {end.seq} is not the one that {name} was made over: the chain was written anew"
            report.findings.append(Finding(message, chain, end.seq))


def _verify_notes(
    report: Report, reader: Reader, keys: frozenset[bytes], chains: Set[str], notes: Mapping[str, Held], data: Path
) -> None:
    """Adds where a chain does not have the line that is noted as its end, or the note is gone or was changed."""
    begun = begun_chains(data)
    for chain in sorted({*chains, *begun}):
        since = reader.noted_since(chain)
        # a chain that began to be noted meanwhile has its note by now: it is written before that line is committed
        held = notes[chain] if chain in notes else note_of(data, chain)
        found = None
        if held is not None:
            found = _noted_wrong(reader, chain, held, keys)
        elif since is not None:
            message = f"the note of how the chain ends, kept since line {since}, is gone from the data folder"
            found = Finding(message, chain, since)
        elif chain in begun:
            message = "the chain was noted in this data folder, and neither its note nor the line that says so is left"
            found = Finding(message, chain, 1)
        if found is not None:
            report.findings.append(found)


def _noted_wrong(reader: Reader, chain: str, held: Held, keys: frozenset[bytes]) -> Finding | None:
    last = reader.ends(chain)[1] if chain in reader.chains() else 0
    if isinstance(held, OSError):
        why = held.strerror or type(held).__name__
        message = f"the note of how the chain ends (it has {last} lines) cannot be read ({why}): give it to the service"
        return Finding(message, chain, last)
    try:
        signed = from_file(held)
        note = signed.note
    except BadNote:
        message = f"the note of how the chain ends (it has {last} lines) cannot be read: it was changed"
        return Finding(message, chain, last)
    name, end = f"the note that the chain ends at line {note.end.seq}", note.end
    if note.chain != chain or not signed_by(note.key, signed.document, signed.signature):
        return Finding(f"{name} does not bear its signature: it was changed", chain, end.seq)
    if note.key not in keys:
        return Finding(f"{name} is signed with a key that is not known here: {note.key.hex()}", chain, end.seq)
    there = reader.hash_of(chain, end.seq)
    if end.seq == 0 or there == end.hash:
        return _strange(note)
    if there is None and last < end.seq:
        message = f"line {end.seq} was noted as the chain's end, and it ends at line {last}: it was cut off"
        return Finding(message, chain, last + 1)
    message = f"line {end.seq} is not the one that was noted as the chain's end: it was written anew"
    return Finding(message, chain, end.seq)


def _strange(note: EndNote) -> Finding | None:
    if note.strange is None:
        return None
    first, last = note.strange
    message = f"lines {first} to {last} were not written by the gateway whose chain it is: somebody else added them"
    return Finding(message, note.chain, first)
