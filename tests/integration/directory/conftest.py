"""A directory of its own for each test, and the application that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.integration.directory.ground import Ground, laid_ground
from tests.integration.world import World, client_of


@pytest.fixture
def ground(free_ports: Callable[[int], list[int]], tmp_path: Path) -> Iterator[Ground]:
    with laid_ground(tmp_path, free_ports(2)) as laid:
        yield laid


@pytest.fixture
def app(world: World, ground: Ground) -> FastAPI:
    return ground.app(world)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as browser:
        yield browser
