from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.app.parts import application, build
from gateway.media.hub import open_hub
from gateway.settings import Settings
from gateway.storage.store import Store
from gateway.web import whep
from tests.integration import world as district
from tests.integration.world import World

Browsers = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> World:
    return await district.build(store, tmp_path)


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
