"""The store: one way to read and write, over a SQLite file or a PostgreSQL server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.storage.auditing import ADDED
from gateway.storage.end_notes import EndNotes, Followed
from gateway.storage.kept_cameras import KeptCameras
from gateway.storage.kept_grants import KeptGrants
from gateway.storage.migrating import migrate, refuse_newer
from gateway.storage.sqlite_trips import connect

READERS = 8
"""SQLite connections kept for reading; they never wait for the writer (WAL)."""

POOL = 10
"""PostgreSQL connections kept; as many again may be opened under load."""


class Store:
    """Transactions on the database, and what was read from it of late: ``grants`` and ``cameras``.

    Made by ``open_store``; ``dialect`` is "sqlite" or "postgresql". ``ends`` notes how chains end.
    """

    def __init__(self, url: URL, writer: AsyncEngine, reader: AsyncEngine, ends: EndNotes | None = None) -> None:
        self.url = url
        self.dialect: str = writer.dialect.name
        self._writer = writer
        self._reader = reader
        self.ends = ends
        self.grants = KeptGrants()
        self.cameras = KeptCameras()
        # SQLite takes one writer: queueing here is fair and cheap, queueing in busy_timeout is neither.
        self._turn: asyncio.Lock | None = asyncio.Lock() if self.dialect == "sqlite" else None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction, committed (to disk) when the block ends and rolled back if it raises.

        Must not be nested: the inner one would wait for the outer one for ever.
        """
        with nullcontext(Followed({})) if self.ends is None else self.ends.following() as followed:
            async with self._turn or nullcontext(), self._writer.begin() as connection:
                connection.info[ADDED] = followed.added
                yield connection
                followed.done = True

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; what it wrote would be lost (and SQLite refuses it)."""
        async with self._reader.connect() as connection:
            yield connection


def database_url(url: str | URL) -> URL:
    """The URL with the asynchronous driver that we use. Raises ValueError for any other kind of database."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # What is wrong is not repeated: it may hold a password.
        shapes = "sqlite:///path or postgresql://user:password@host/name"
        raise ValueError(f"this is no database address: give {shapes}") from None
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise ValueError("the database must be a SQLite file, not one in memory: give sqlite:///path/to/file")
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return parsed.set(drivername="postgresql+asyncpg")
        case other:
            raise ValueError(f"the database {other!r} is not supported: give a sqlite:/// or postgresql:// address")


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path.absolute()}"


@asynccontextmanager
async def open_store(
    url: str | URL, *, migrating: bool = True, ends: tuple[Path, frozenset[bytes]] | None = None
) -> AsyncIterator[Store]:
    """The store at that URL, brought to this version's schema first unless ``migrating`` is False.

    ``ends`` is the data folder that notes how chains of the audit end, and the keys besides its own that sign there.
    Raises ``SchemaTooNew`` (its text is one sentence for the operator) if a newer version of the gateway wrote it.
    """
    target = database_url(url)
    await (migrate(target) if migrating else refuse_newer(target))
    if target.get_backend_name() == "sqlite":
        writer = _sqlite_engine(target, writing=True)
        reader = _sqlite_engine(target, writing=False)
    else:
        writer = reader = create_async_engine(
            target, pool_size=POOL, max_overflow=POOL, pool_pre_ping=True, json_serializer=_dump
        )
    notes = None if ends is None else EndNotes(ends[0], target, ends[1])
    try:
        yield Store(target, writer, reader, notes)
    finally:
        if notes is not None:
            await asyncio.to_thread(notes.close)
        await reader.dispose()
        await writer.dispose()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sqlite_engine(url: URL, *, writing: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        async_creator=partial(connect, str(url.database)),
        pool_size=1 if writing else READERS,
        max_overflow=0,
        pool_timeout=60,
        json_serializer=_dump,
    )

    def on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 30000")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.execute("PRAGMA temp_store = MEMORY")
        if not writing:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        if writing:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            opened: Any = connection.connection.driver_connection
            opened.begin_reading()

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine
