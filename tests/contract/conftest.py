"""Real servers for the contract tests, from wheels, each started once a session and only if a test asks for it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from gateway.storage.migrating import migrate
from gateway.storage.store import Store, open_store, sqlite_url
from tests.postgres import running_postgres

FAST = "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\nshared_buffers=32MB\nmax_connections=60\n"
"""A server whose data nobody needs tomorrow."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server without TCP; made as its own system user when we are root."""
    with running_postgres(FAST) as url:
        yield url


async def _run(postgres: str, statement: str) -> None:
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def _database(postgres: str, template: str, name: str | None = None) -> Iterator[str]:
    """A copy of the template for as long as the block runs; gives its URL."""
    name = name or f"t{uuid4().hex}"
    asyncio.run(_run(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield _named(postgres, name)
    finally:
        asyncio.run(_run(postgres, f'DROP DATABASE "{name}" WITH (FORCE)'))


def _named(postgres: str, name: str) -> str:
    return postgres.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def empty_postgres(postgres: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, without even a schema."""
    with _database(postgres, "template0") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, without even a schema, of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "empty.sqlite3")
    url: str = request.getfixturevalue("empty_postgres")
    return url


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> Iterator[str]:
    """The name of a PostgreSQL database with today's schema, to be copied."""
    with _database(postgres, "template0", "migrated") as url:
        asyncio.run(migrate(url))
        yield "migrated"


@pytest.fixture
def postgres_url(postgres: str, migrated_postgres: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with today's schema and no rows."""
    with _database(postgres, migrated_postgres) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with today's schema and no rows, of each kind in turn."""
    if request.param == "sqlite":
        target = tmp_path / "contract.sqlite3"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), target)
        return sqlite_url(target)
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def opened(database_url: str) -> Callable[[], AbstractAsyncContextManager[Store]]:
    """Opens the database as one gateway would; call it twice for two gateways."""
    return lambda: open_store(database_url)


@pytest.fixture
async def store(opened: Callable[[], AbstractAsyncContextManager[Store]]) -> AsyncIterator[Store]:
    """An empty store, on each kind of database in turn."""
    async with opened() as found:
        yield found
