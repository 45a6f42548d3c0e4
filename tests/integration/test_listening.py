"""Open consoles: who stops hearing when, and that a bell for many leaves the database to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from gateway.domain.messages import Message, Topic
from gateway.services import listening as listening_module
from gateway.services.listening import Listening
from gateway.services.office import Caller
from gateway.storage import operators, sessions
from gateway.storage.sessions import Session
from tests.integration.world import B, World


@pytest.fixture
async def listening(world: World) -> AsyncIterator[Listening]:
    running = Listening(world.office)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(running.run())
        yield running
        task.cancel()


async def caller(world: World, login: str, lasts: float = 3600) -> Caller:
    """Somebody with a fresh session, as if just signed in."""
    at, person = world.clock.now(), world.people[login]
    session = Session(
        world.office.new_id(), world.office.new_id(), person.id, None, at, at, at + timedelta(seconds=lasts), ""
    )
    async with world.office.store.begin() as conn:
        await sessions.insert(conn, session)
    return Caller(person, session.id, None)


@pytest.mark.parametrize("bell", [True, False])
async def test_who_was_disabled_hears_no_more_with_and_without_the_bell(
    world: World, listening: Listening, bell: bool
) -> None:
    one, other = await caller(world, "jinsha"), await caller(world, "jinxin")
    async with listening.listen(one) as ear, listening.listen(other) as stays:
        async with world.office.store.begin() as conn:
            await operators.disable(conn, one.operator.id, world.clock.now())
        if bell:
            await world.office.ring(Topic.PERMISSIONS, one.operator.id)
        assert await listening.next(ear) is None
        assert not stays.over


async def test_a_session_that_ends_by_its_own_time_hears_no_more(
    world: World, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening_module, "POLL_SECONDS", 0.02)
    async with listening.listen(await caller(world, "jinsha", lasts=40)) as ear:
        await world.clock.sleep(41)
        assert await listening.next(ear) is None


async def test_a_bell_for_many_is_answered_a_few_at_a_time(world: World, listening: Listening) -> None:
    """Lists that somebody asks for meanwhile must find a connection free."""
    camera = world.camera(B)
    callers = [await caller(world, "jinxin") for _ in range(30)]
    reading, most = 0, 0
    read = world.office.store.read

    @asynccontextmanager
    async def counted():  # type: ignore[no-untyped-def]
        nonlocal reading, most
        async with read() as conn:
            reading += 1
            most = max(most, reading)
            yield conn
            reading -= 1

    object.__setattr__(world.office.store, "read", counted)
    async with AsyncExitStack() as opened:
        ears = [await opened.enter_async_context(listening.listen(one)) for one in callers]
        await world.bus.publish(Message(Topic.CAMERAS, (camera.id,), "test"))
        told = await asyncio.gather(*(listening.next(ear) for ear in ears))
    assert told == [[(Topic.CAMERAS, [camera.id])]] * 30
    assert most <= listening_module.AT_ONCE + 1, "the watch over sessions reads too"
