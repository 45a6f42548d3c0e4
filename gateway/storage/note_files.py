"""The files of the notes of how chains end, in the data folder: each replaced as a whole, by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from gateway.storage.owning import give, make_given, sync_folder

FOLDER = "audit-ends"
"""The folder of the notes, in the data folder; a backup leaves it out."""
BEGUN = "audit-noted"
"""The file beside it with the chains that were ever noted from this data folder, so that a folder of notes that is gone
is missed even if the lines went with it.
"""

Held = bytes | OSError
"""A note as it is, or why it cannot be read."""


def kept_notes(data: Path) -> dict[str, Held]:
    """Every note in that data folder, by chain."""
    try:
        names = sorted(name for name in os.listdir(data / FOLDER) if name.endswith(".note"))
    except OSError:
        return {}  # each is then missed, or found unreadable, by its own name
    found = {chain: note_of(data, chain) for chain in (unquote(name.removesuffix(".note")) for name in names)}
    return {chain: held for chain, held in found.items() if held is not None}


def note_of(data: Path, chain: str) -> Held | None:
    """The note of one chain; None if there is none."""
    try:
        return _path(data, chain).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        return problem


def begun_chains(data: Path) -> frozenset[str]:
    """The chains that were ever noted from that data folder; none if nothing says so."""
    try:
        lines = (data / BEGUN).read_text("ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(unquote(line) for line in lines if line)


class NoteFiles:
    """Writes the notes of one data folder. Every method but ``alone`` is called within it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other processes on this data folder from its notes meanwhile."""
        folder = self.data / FOLDER
        if make_given(folder, self.data):
            sync_folder(self.data)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            give(descriptor, self.data)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self, chain: str) -> bytes | None:
        """The note of a chain; None if there is none. Raises OSError."""
        found = note_of(self.data, chain)
        if isinstance(found, OSError):
            raise found
        return found

    def write(self, chain: str, held: bytes) -> None:
        """Puts the note of a chain in the place of the one before. Raises OSError."""
        path = _path(self.data, chain)
        self._replace(path, held, new=not path.exists())

    def begin(self, chain: str) -> None:
        """Keeps that the chain is noted from this data folder. Raises OSError."""
        known = begun_chains(self.data)
        if chain in known:
            return
        lines = "".join(f"{quote(one, safe='')}\n" for one in sorted({*known, chain}))
        self._replace(self.data / BEGUN, lines.encode("ascii"), new=True)

    def _replace(self, path: Path, held: bytes, *, new: bool) -> None:
        partial = path.with_name(f"{path.name}.partial")
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            try:
                give(descriptor, self.data)
                os.write(descriptor, held)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        if new:
            sync_folder(path.parent)  # else a power cut takes the name, and its line of the audit stays


def _path(data: Path, chain: str) -> Path:
    return data / FOLDER / f"{quote(chain, safe='')}.note"
