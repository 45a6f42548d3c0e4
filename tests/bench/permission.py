"""Permission at the size of a city: one camera in memory, and a page of 100 of 100,000 cameras under 5,000 grants.

A page is what the console shows: found, sorted, with what the reader may do with each camera; without a total. Pages
are taken at random from the first 40, by name, as somebody scrolls. Each user is measured on each database.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.domain.actions import Action
from gateway.domain.grants import Held, given_to, permits
from gateway.domain.operators import Operator
from gateway.services.camera_views import Permissions
from gateway.storage import camera_lists
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.migrating import migrate
from gateway.storage.store import Store, open_store, sqlite_url
from tests.bench import city
from tests.bench.processes import percentile
from tests.postgres import running_postgres

ROUNDS = 300
PAGES = 40
WORST = "list_100k_p99_ms"


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """The one camera, then the lists."""
    if not only or "permits_us" in only:
        yield {"key": "permits_us", "value": round(one_camera(), 2), "unit": "us"}
    if not only or only - {"permits_us"}:
        found = asyncio.run(lists())
        for key, value in found.items():
            yield {"key": key, "value": round(value, 1), "unit": "ms"}
        yield {"key": WORST, "value": round(max(found[key] for key in MUST_HOLD), 1), "unit": "ms"}


MUST_HOLD = tuple(
    f"list_100k_{database}_{who}_p99_ms" for database in ("sqlite", "postgresql") for who in ("all", "three")
)


def one_camera() -> float:
    """Microseconds for a decision on a camera that costs more than 99 of 100 others do.

    Thousands of grants speak to the operator; each camera is asked as often as it takes to be sure of its cost.
    """
    chance = random.Random(1)
    who = city.people().many
    held = Held(one for one in city.grants_of_the_city(chance) if given_to(one, who))
    costs = []
    for facts in city.some_facts(chance, 3_000):
        best = float("inf")
        for _ in range(5):
            begin = time.perf_counter()
            for _ in range(5):
                permits(who, Action.VIEW_LIVE, facts, held, city.NOW, "PS-ORDER")
            best = min(best, (time.perf_counter() - begin) / 5)
        costs.append(best * 1e6)
    sys.stderr.write(f"one camera of {len(held)} grants: median {statistics.median(costs):.1f} us\n")
    return percentile(costs, 0.99)


async def lists() -> dict[str, float]:
    """The 99th percentile of each user on each database."""
    found: dict[str, float] = {}
    with TemporaryDirectory(prefix="bench-") as folder, running_postgres() as url:
        for name, address in (("sqlite", sqlite_url(Path(folder) / "city.sqlite3")), ("postgresql", url)):
            async with a_city(address) as store:
                who = city.people()
                for word, operator in (("all", who.everything), ("three", who.three), ("many", who.many)):
                    times = await pages(store, operator)
                    found[f"list_100k_{name}_{word}_p99_ms"] = percentile(times, 0.99)
                    sys.stderr.write(f"{name}, {word}: median {statistics.median(times):.1f} ms\n")
    return found


@asynccontextmanager
async def a_city(url: str) -> AsyncIterator[Store]:
    """A store with the city in it."""
    await migrate(url)
    async with open_store(url) as store:
        async with store.begin() as connection:
            await city.build(connection)
        async with store.begin() as connection:
            await city.analyse(connection)
        yield store


async def pages(store: Store, operator: Operator) -> list[float]:
    """Milliseconds for pages at random."""
    cursors: list[str | None] = [None]
    while len(cursors) < PAGES and (following := await page(store, operator, cursors[-1])) is not None:
        cursors.append(following)
    chance, times = random.Random(2), []
    for _ in range(ROUNDS):
        cursor = chance.choice(cursors)
        begin = time.perf_counter()
        await page(store, operator, cursor)
        times.append((time.perf_counter() - begin) * 1000)
    return times


async def page(store: Store, operator: Operator, after: str | None) -> str | None:
    """One page with what may be done with each camera; returns the next one's cursor."""
    async with store.read() as connection:
        held = (await store.grants.of(connection, operator, city.NOW)).held
        found = await camera_lists.page(
            connection, operator, Action.DIRECTORY, city.NOW, CameraQuery(), after=after, limit=100, held=held
        )
    may = Permissions(operator, held, city.NOW)
    rows = [may.summary(item) for item in found.items]
    if not rows:
        raise RuntimeError("a page was empty")
    return found.next
