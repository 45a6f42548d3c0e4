"""SQLite connections whose every statement is one trip to the connection's thread.

aiosqlite makes a trip to make a cursor, one to execute, one to fetch and one to close. Of a list of cameras those trips
cost more than its SQL, so here the thread makes the cursor, executes and fetches at once, and closing needs no trip:
what has been fetched to its end holds nothing. Results are small: nothing in the gateway streams from the database.
A transaction that reads begins with its first statement, as SQLite has it anyway, and nobody waits for its end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from aiosqlite import Connection, Cursor

CHUNK = 64
"""Rows at a time for those who iterate over a cursor, as aiosqlite has it."""


class OneTripCursor(Cursor):
    """A cursor that executes and fetches in one trip."""

    _conn: OneTripConnection
    _rows: Sequence[Any] = ()

    def __init__(self, connection: OneTripConnection) -> None:
        super().__init__(connection, None)  # type: ignore[arg-type] # made in the thread, by the first statement

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> OneTripCursor:
        """Executes one statement; its rows wait for ``fetchall``. Raises what sqlite3 raises."""
        self._rows = await self._conn.trip(partial(self._run, sql, parameters or ()))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> OneTripCursor:
        """Executes one statement for each of the parameters."""
        await self._conn.trip(partial(self._run_many, sql, parameters))
        return self

    async def fetchall(self) -> Sequence[Any]:
        """The rows of the last statement, once."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Forgets the rows."""
        self._rows = ()

    def _run(self, sql: str, parameters: Any) -> Sequence[Any]:
        self._cursor = self._conn._conn.cursor()
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchall() if self._cursor.description else ()

    def _run_many(self, sql: str, parameters: Any) -> None:
        self._cursor = self._conn._conn.cursor()
        self._cursor.executemany(sql, parameters)


class OneTripConnection(Connection):
    """A connection that hands out such cursors."""

    _due = False
    """A transaction that reads begins with the next statement."""
    _reads = False
    """One that was begun so runs."""

    def cursor(self) -> OneTripCursor:  # type: ignore[override] # theirs is a coroutine, because it makes a trip
        """A cursor; the database hears of it with its first statement."""
        return OneTripCursor(self)

    def begin_reading(self) -> None:
        """Begins a transaction that will only read."""
        self._due = True

    async def trip(self, work: Callable[[], Any]) -> Any:
        """What the work gives, done in the connection's thread, within the transaction that is due."""
        if self._due:
            self._due, self._reads = False, True
            work = partial(self._begun, work)
        return await self._execute(work)  # type: ignore[no-untyped-call]

    def _begun(self, work: Callable[[], Any]) -> Any:
        self._conn.execute("BEGIN")
        return work()

    async def rollback(self) -> None:
        """Ends the transaction. The thread does things in their order, so that an end of reading needs no waiting."""
        if self._due:
            self._due = False
        elif self._reads:
            self._reads = False
            self._tx.put_nowait((None, self._conn.rollback))
        else:
            await super().rollback()


async def connect(path: str) -> OneTripConnection:
    """Opens the file."""
    connection = OneTripConnection(partial(sqlite3.connect, path), CHUNK)
    connection._thread.daemon = True  # a process that ends does not wait for it, as with SQLAlchemy's own
    await connection
    return connection
