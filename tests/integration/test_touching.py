"""A session that is used is written to; those of one moment share a transaction."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.services.touching import Touches
from gateway.storage import sessions
from gateway.storage.sessions import Session
from gateway.storage.store import Store
from tests.integration.world import START, World

LATER = START + timedelta(minutes=5)


@dataclass
class Counted:
    """A store that counts its write transactions."""

    store: Store
    begun: int = 0

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A write transaction."""
        self.begun += 1
        return self.store.begin()


async def test_sessions_that_are_used_at_one_moment_share_transactions(world: World) -> None:
    store, person = world.office.store, world.people["jinsha"]
    one = Session("S-0", "hash-0", person.id, None, START, START, START + timedelta(hours=8), "192.0.2.1")
    async with store.begin() as conn:
        for number in range(50):
            await sessions.insert(conn, replace(one, id=f"S-{number}", token_hash=f"hash-{number}"))
    counted, touches = Counted(store), Touches()
    async with asyncio.TaskGroup() as group:
        for number in range(50):
            by_hand = number % 2 == 0
            group.create_task(touches.touch(cast(Store, counted), f"S-{number}", LATER, by_hand=by_hand))
    async with store.read() as conn:
        found = {session.id: session for session in await sessions.running(conn, LATER)}
    for number in range(50):
        session = found[f"S-{number}"]
        assert session.last_seen_at == LATER
        assert session.input_at == (LATER if number % 2 == 0 else None)
    assert counted.begun == 2, "the first goes at once, and the second takes all others along"


async def test_a_session_used_alone_is_written_to_before_it_goes_on(world: World) -> None:
    store, person = world.office.store, world.people["jinsha"]
    async with store.begin() as conn:
        term = START + timedelta(hours=8)
        await sessions.insert(conn, Session("S-1", "hash-1", person.id, None, START, START, term, "192.0.2.1"))
    await world.office.touches.touch(store, "S-1", LATER, by_hand=False)
    async with store.read() as conn:
        assert {one.id: one.last_seen_at for one in await sessions.running(conn, LATER)}["S-1"] == LATER
