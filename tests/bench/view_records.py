"""View records: how many looks a second begin with a durable record, by the code that opens every picture.

Forty seats open sixteen pictures each at a time, half of them as a wall; every open asks permission and waits for the
commit (SQLite with synchronous FULL, PostgreSQL as it comes). Both databases are measured, the slower one is reported.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.domain.actions import Action
from gateway.domain.packets import StreamKind
from gateway.services.leasing import Wish
from gateway.services.office import Caller, new_id
from gateway.services.viewing import Viewing
from gateway.storage import sessions
from gateway.storage.sessions import Session
from gateway.storage.store import open_store, sqlite_url
from tests.integration import world as district
from tests.integration.moving_clock import MovingClock
from tests.integration.world import OWNERS, World
from tests.postgres import running_postgres

SEATS = 40
TILES = 16
ROUNDS = 8
KEY = "view_records_per_s"


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """The slower database's figure."""
    with TemporaryDirectory(prefix="bench-") as folder:
        found = {"SQLite": asyncio.run(_rate(sqlite_url(Path(folder) / "bench.sqlite3"), Path(folder)))}
        with running_postgres() as url:
            found["PostgreSQL"] = asyncio.run(_rate(url, Path(folder)))
    sys.stderr.write(", ".join(f"{name}: {rate:.0f} records/s" for name, rate in found.items()) + "\n")
    yield {"key": KEY, "value": round(min(found.values())), "unit": "records/s"}


async def _rate(url: str, data: Path) -> float:
    async with open_store(url) as store:
        world = await district.build(store, data)
        world.office = replace(world.office, clock=MovingClock())
        viewing = Viewing(world.office)
        callers = [await _seat(world) for _ in range(SEATS)]
        cameras = [camera.id for owner in OWNERS for camera in world.cameras[owner]]
        async with asyncio.TaskGroup() as group:
            running = group.create_task(viewing.run())
            began = time.monotonic()
            await asyncio.gather(
                *(_sit(viewing, caller, cameras, wall=seat % 2 == 0) for seat, caller in enumerate(callers))
            )
            took = time.monotonic() - began
            running.cancel()
    return SEATS * TILES * ROUNDS / took


async def _seat(world: World) -> Caller:
    at, person = world.office.clock.now(), world.people["district"]
    session = Session(new_id(at), new_id(at), person.id, None, at, at, at + timedelta(hours=12), "192.0.2.1")
    async with world.office.store.begin() as conn:
        await sessions.insert(conn, session)
    return Caller(person, session.id, None, "192.0.2.1")


async def _sit(viewing: Viewing, caller: Caller, cameras: list[str], *, wall: bool) -> None:
    for turn in range(ROUNDS):
        async with AsyncExitStack() as shown:
            wishes = [
                Wish(cameras[(turn + tile) % len(cameras)], Action.VIEW_LIVE, "ws-fmp4", StreamKind.SUB, wall=wall)
                for tile in range(TILES)
            ]
            await asyncio.gather(*(shown.enter_async_context(viewing.open(caller, wish)) for wish in wishes))
