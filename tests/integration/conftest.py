from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.app.parts import application, build
from gateway.media.hub import open_hub
from gateway.settings import Settings
from gateway.storage.store import Store, open_store, sqlite_url
from gateway.web import whep
from tests.integration import world as district
from tests.integration.world import World

Browsers = Callable[[str], Awaitable[httpx.AsyncClient]]
Opener = Callable[..., Awaitable[httpx.AsyncClient]]


@dataclass(frozen=True)
class Laid:
    """A district as it begins, and the database it was laid into."""

    world: World
    database: Path


@pytest.fixture(scope="session")
def laid(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """Laid once for all tests: doing it anew for each would take a third of their time."""
    folder = tmp_path_factory.mktemp("laid")
    database = shutil.copyfile(migrated_sqlite, folder / "gateway.sqlite3")

    async def lay() -> World:
        async with open_store(sqlite_url(database)) as store:
            return await district.build(store, folder)

    return Laid(asyncio.run(lay()), database)


@pytest.fixture
async def store(laid: Laid, tmp_path: Path) -> AsyncIterator[Store]:
    """A copy of the district's database."""
    copy = shutil.copyfile(laid.database, tmp_path / "gateway.sqlite3")
    async with open_store(sqlite_url(copy)) as opened:
        yield opened


@pytest.fixture
async def world(laid: Laid, store: Store, tmp_path: Path) -> World:
    return district.again(laid.world, store, tmp_path)


@pytest.fixture
async def app(world: World, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The whole application as the gateway composes it; only the workers are missing."""
    parts = build(Settings(data=tmp_path), world.office, world.bus, [])
    async with open_hub(parts.fleet) as hub, whep.open_rooms(parts.viewing, hub) as rooms, asyncio.TaskGroup() as group:
        hearing = group.create_task(parts.listening.run())
        composed: Any = application(parts, hub, rooms)
        world.rooms, world.evidence = rooms, parts.room
        yield composed._app
        hearing.cancel()


@pytest.fixture
async def browser_of(app: FastAPI) -> AsyncIterator[Browsers]:
    """Opens a browser in which somebody has signed in ("" for nobody)."""
    async with AsyncExitStack() as opened:

        async def open_one(login: str) -> httpx.AsyncClient:
            client = await district.signed_in(app, login) if login else district.client_of(app)
            opened.push_async_callback(client.aclose)
            return client

        yield open_one


@pytest.fixture
async def at_https(app: FastAPI) -> AsyncIterator[Opener]:
    """Opens browsers at the gateway's name over HTTPS, or wherever they are told; "" leaves them signed out."""
    async with AsyncExitStack() as opened:

        async def open_one(login: str, origin: str = "https://gateway.test") -> httpx.AsyncClient:
            client = await district.signed_in(app, login, origin) if login else district.client_of(app, origin)
            opened.push_async_callback(client.aclose)
            return client

        yield open_one
