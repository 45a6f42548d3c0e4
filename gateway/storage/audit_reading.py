"""Reading the audit for its verification: plain rows in big batches, straight from the driver."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy.engine import URL

from gateway.domain.audit_lines import Kept, Line

BATCH = 5000
"""Lines that are held in memory at once."""

Row = Sequence[Any]

_LINES = (
    "SELECT seq, at, actor_id, action, object_kind, object_id, canonical, previous, hash FROM audit_entries "
    "WHERE chain = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq"
)
_TEXTS = (
    "SELECT seq, field, id, salt, text, erased_at IS NOT NULL FROM audit_texts "
    "WHERE chain = $1 AND seq BETWEEN $2 AND $3"
)
_ERASURE = (
    "SELECT 1 FROM audit_entries WHERE object_kind = 'audit_text' AND object_id = $1 AND action = 'erase_text' LIMIT 1"
)
_NEXT_CHAIN = "SELECT min(chain) FROM audit_entries WHERE chain > $1"
_ENDS = "SELECT min(seq), max(seq) FROM audit_entries WHERE chain = $1"
_HASH = "SELECT hash FROM audit_entries WHERE chain = $1 AND seq = $2"
_NOTED = (
    "SELECT min(seq) FROM audit_entries "
    "WHERE object_kind = 'audit_chain' AND object_id = $1 AND action = 'note_chain_end' AND chain = $1"
)
_ROOTS = "SELECT document, signature FROM audit_roots ORDER BY seq"


class Asking(Protocol):
    """A connection: runs a statement with ``$1`` parameters and gives all its rows."""

    def __call__(self, statement: str, *values: Any) -> Sequence[Row]:
        """All rows."""
        ...


class Reader:
    """The audit as plain rows. Made by ``open_reader``; blocks."""

    def __init__(self, ask: Asking) -> None:
        self.ask = ask

    def chains(self) -> list[str]:
        """The names of all chains; jumps from one to the next instead of reading every line."""
        found: list[str] = []
        while (name := self.ask(_NEXT_CHAIN, found[-1] if found else "")[0][0]) is not None:
            found.append(name)
        return found

    def ends(self, chain: str) -> tuple[int, int]:
        """The chain's first and last sequence number."""
        first, last = self.ask(_ENDS, chain)[0]
        return int(first), int(last)

    def lines(self, chain: str, first: int, last: int) -> list[Line]:
        """The lines in that range that there are."""
        return list(map(Line._make, self.ask(_LINES, chain, first, last)))

    def texts(self, chain: str, first: int, last: int) -> dict[int, dict[str, Kept]]:
        """The typed texts of that range, by sequence number and field."""
        found: dict[int, dict[str, Kept]] = {}
        for seq, field, text_id, salt, text, erased in self.ask(_TEXTS, chain, first, last):
            found.setdefault(seq, {})[field] = Kept(text_id, salt, text, bool(erased))
        return found

    def __contains__(self, text_id: object) -> bool:
        """True if the audit says that this text was erased."""
        return bool(self.ask(_ERASURE, text_id))

    def hash_of(self, chain: str, seq: int) -> bytes | None:
        """The hash of one line."""
        rows = self.ask(_HASH, chain, seq)
        return _bytes(rows[0][0]) if rows else None

    def noted_since(self, chain: str) -> int | None:
        """The first line that says that the chain's end is noted outside the database."""
        found: int | None = self.ask(_NOTED, chain)[0][0]
        return found

    def roots(self) -> list[tuple[bytes, bytes]]:
        """Every stored root: its document and its signature."""
        return [(_bytes(document), _bytes(signature)) for document, signature in self.ask(_ROOTS)]


def _bytes(value: Any) -> bytes:
    """The value as bytes, whatever somebody made of the column."""
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


@contextmanager
def open_reader(url: URL) -> Iterator[Reader]:
    """The reader of that database; it writes nothing."""
    if url.get_backend_name() == "sqlite":
        with _sqlite(str(url.database)) as reader:
            yield reader
        return
    with _postgresql(url) as reader:
        yield reader


def has_roots(url: URL) -> bool:
    """True if a SQLite file holds a root; False for one that is not there, or from before roots were made."""
    if not Path(str(url.database)).is_file():
        return False
    try:
        with open_reader(url) as reader:
            return bool(reader.ask("SELECT 1 FROM audit_roots LIMIT 1"))
    except sqlite3.OperationalError:
        return False


@contextmanager
def _sqlite(path: str) -> Iterator[Reader]:
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=30)
    connection.execute("PRAGMA mmap_size = 1073741824")

    def ask(statement: str, *values: Any) -> Sequence[Row]:
        named = {str(number): value for number, value in enumerate(values, 1)}
        return connection.execute(statement, named).fetchall()

    try:
        yield Reader(ask)
    finally:
        connection.close()


@contextmanager
def _postgresql(url: URL) -> Iterator[Reader]:
    import asyncpg  # type: ignore[import-untyped]

    with asyncio.Runner() as runner:
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = runner.run(asyncpg.connect(address))

        def ask(statement: str, *values: Any) -> Sequence[Row]:
            rows: Sequence[Row] = runner.run(connection.fetch(statement, *values))
            return rows

        try:
            yield Reader(ask)
        finally:
            runner.run(connection.close())
