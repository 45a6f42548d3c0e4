"""Bringing a database to this version's schema, and refusing one that a newer version wrote."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

REVISIONS = (
    "0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013", "0014",
    "0015", "0016", "0017", "0018", "0019", "0020", "0021", "0022", "0023", "0024", "0025", "0026", "0027", "0028",
    "0029", "0030", "0031",
)  # fmt: skip
"""Every schema revision, oldest first; a test compares it with the files in ``migrations/versions``."""

HEAD = REVISIONS[-1]


class SchemaTooNew(Exception):
    """The database was written by a newer version; the text is one sentence for the operator."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"this data was written by a newer version of the gateway (schema {found}, this version knows {HEAD}): "
            "run that version again, or restore a backup made with this one"
        )


async def migrate(url: str | URL, to: str = HEAD) -> None:
    """Brings the database to a revision; fast when it is already there (Alembic is then not even imported).

    Raises ``SchemaTooNew`` if the database is at a revision this version does not know.
    """
    _make_private(make_url(url))
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(_found)
        _check(found)
        if found == to:
            return
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, to)
    finally:
        await engine.dispose()


def _make_private(url: URL) -> None:
    """Sees to it that only its owner reads a SQLite file, however open its folder is; its journals take after it."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    with suppress(OSError):  # what is wrong with the path is said by who opens it
        try:
            os.chmod(url.database, 0o600)  # by name: closing a file of one's own drops the locks SQLite holds on it
        except FileNotFoundError:
            os.close(os.open(url.database, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


async def refuse_newer(url: str | URL) -> None:
    """Returns if the database is at this version's schema or an earlier one; raises ``SchemaTooNew`` otherwise."""
    _check(await revision(url))


async def revision(url: str | URL) -> str | None:
    """The schema revision the database is at, None for an empty one."""
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_found)
    finally:
        await engine.dispose()


def _engine(url: str | URL) -> AsyncEngine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return create_async_engine(parsed.set(drivername="sqlite+aiosqlite"), connect_args={"timeout": 30})
    return create_async_engine(parsed.set(drivername="postgresql+asyncpg"))


def _check(found: str | None) -> None:
    if found is not None and found not in REVISIONS:
        raise SchemaTooNew(found)


def _found(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        # Two gateways that start together must not both migrate; released with the transaction.
        connection.execute(text("SELECT pg_advisory_xact_lock(742201)"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
