from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.domain.packets import Packet, StreamKey
from gateway.media.channel import Subscription
from gateway.media.hub import Hub
from gateway.ports import Unavailable
from gateway.services.evidence import EvidenceRoom
from gateway.services.listening import Listening
from gateway.services.viewing import Viewing
from gateway.storage.migrating import migrate
from gateway.storage.store import Store, open_store, sqlite_url
from gateway.web import evidence, live, messages
from gateway.web.api import create_api
from tests.integration import world as district
from tests.integration.world import World

Browsers = Callable[[str], Awaitable[httpx.AsyncClient]]


class NoWorkers:
    """No worker is there: nothing can be pulled."""

    def subscribe(self, key: StreamKey, sink: Callable[[Packet], None], ended: Callable[[str], None]) -> Subscription:
        raise Unavailable("no worker has this camera")

    async def still(self, camera_id: str, width: int | None) -> bytes:
        raise Unavailable("no worker has this camera")


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated empty database to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite3"
    asyncio.run(migrate(sqlite_url(path)))
    return path


@pytest.fixture
async def store(empty_file: Path, tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "gateway.sqlite3"
    shutil.copyfile(empty_file, path)
    async with open_store(sqlite_url(path), migrating=False) as opened:
        yield opened


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> World:
    return await district.build(store, tmp_path)


@pytest.fixture
async def app(world: World, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The whole API, with live view, messages and evidence; only the workers are missing."""
    viewing, listening = Viewing(world.office), Listening(world.office)
    room = EvidenceRoom(world.office, tmp_path / "evidence", 1 << 20, timedelta(days=1))
    async with asyncio.TaskGroup() as group:
        hub = Hub(NoWorkers(), group)
        hearing = group.create_task(listening.run())
        routers = (
            live.router(viewing, hub, NoWorkers()),
            messages.router(listening),
            evidence.router(viewing, room),
        )
        yield create_api(world.office, routers=routers)
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
