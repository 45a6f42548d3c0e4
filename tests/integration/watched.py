"""The gateway's watching with a worker's end of the link, for tests of what workers report."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from gateway.services.evidence import EvidenceRoom
from gateway.services.office import Office
from gateway.services.watching import Watching
from tests.integration.moving_clock import MovingClock
from tests.integration.world import World

STILL = b"\xff\xd8still\xff\xd9"
HASH = hashlib.sha256(STILL).hexdigest()


@dataclass
class Worker:
    """The way back to a worker, which remembers what was acknowledged."""

    acknowledged: list[tuple[str, int]] = field(default_factory=list)
    evidence: list[tuple[str, str]] = field(default_factory=list)

    async def acknowledge(self, items: Sequence[tuple[str, int]]) -> None:
        self.acknowledged += items

    async def acknowledge_evidence(self, event_id: str, kind: str) -> None:
        self.evidence.append((event_id, kind))


@dataclass
class Fleet:
    links: dict[str, Worker] = field(default_factory=lambda: {"w1": Worker()})
    present: list[str] = field(default_factory=lambda: ["w1"])

    def alive(self) -> list[str]:
        return self.present


@dataclass
class Scene:
    world: World
    office: Office
    clock: MovingClock
    watching: Watching
    room: EvidenceRoom
    fleet: Fleet
    folder: Path

    @property
    def worker(self) -> Worker:
        return self.fleet.links["w1"]

    async def count(self, table: Any) -> int:
        async with self.office.store.read() as conn:
            return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


@asynccontextmanager
async def scene(world: World, tmp_path: Path, quota: int = 1 << 20) -> AsyncIterator[Scene]:
    clock = MovingClock()
    office = replace(world.office, clock=clock)
    room = EvidenceRoom(office, tmp_path / "evidence", quota, timedelta(days=1))
    watching, fleet = Watching(office, room), Fleet()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(watching.run(fleet))
        yield Scene(world, office, clock, watching, room, fleet, tmp_path / "evidence")
        running.cancel()


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
