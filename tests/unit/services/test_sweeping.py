"""Sweeps run in turn, and one that fails keeps no other from running."""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from gateway.bus.local import LocalBus
from gateway.services.office import Office
from gateway.services.sweeping import EVERY_SECONDS, Sweeping
from gateway.storage.secrets import open_box
from gateway.storage.store import open_store, sqlite_url
from tests.hand_clock import HandClock


async def test_a_failing_sweep_is_counted_and_the_others_run(tmp_path: Path) -> None:
    seen: list[datetime] = []

    async def failing(_: Office, at: datetime) -> None:
        raise SQLAlchemyError("the disk is full")

    thrice = asyncio.Event()

    async def working(_: Office, at: datetime) -> None:
        seen.append(at)
        if len(seen) == 3:
            thrice.set()

    async with open_store(sqlite_url(tmp_path / "a.sqlite3")) as store:
        clock = HandClock()
        office = Office(store, clock, LocalBus(), "g1", tmp_path, open_box(tmp_path))
        sweeping = Sweeping(office, {"failing": failing, "working": working})
        async with asyncio.TaskGroup() as group:
            running = group.create_task(sweeping.run())
            await thrice.wait()
            running.cancel()
    assert [(later - earlier).total_seconds() for earlier, later in pairwise(seen[:3])] == [EVERY_SECONDS] * 2
    assert sweeping.tally["failing"].failures >= 3
    assert sweeping.tally["failing"].runs == 0
    assert sweeping.tally["working"].failures == 0


async def test_a_mistake_in_a_sweep_is_not_hidden(tmp_path: Path) -> None:
    async def mistaken(_: Office, at: datetime) -> None:
        raise KeyError("a bug")

    async with open_store(sqlite_url(tmp_path / "a.sqlite3")) as store:
        office = Office(store, HandClock(), LocalBus(), "g1", tmp_path, open_box(tmp_path))
        with pytest.raises(KeyError):
            await Sweeping(office, {"mistaken": mistaken}).round()
