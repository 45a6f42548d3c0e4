"""Open consoles: who stops hearing when, and that a bell for many leaves the database to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.messages import Message, Topic
from gateway.services import listening as listening_module
from gateway.services.listening import Listening
from gateway.services.office import Caller
from gateway.storage import grants, operators, sessions
from gateway.storage.sessions import Session
from tests.integration.world import A, B, World, policy


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
    assert most <= 2, "one reading for all of them, and the watch over sessions reads too"


async def test_many_hear_of_what_each_may_know_and_of_nothing_else(
    world: World, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when what they may know changes in between, and when they are answered in several readings."""
    monkeypatch.setattr(listening_module, "AT_ONCE", 2)
    theirs, shared = world.camera(A).id, world.camera(A, 1)
    candidate, foreign = world.candidates[world.camera(B).id], world.candidates[theirs]
    logins = ("jinxin", "jinsha", "district", "transport", "jinxin")
    async with AsyncExitStack() as opened:
        ears = [await opened.enter_async_context(listening.listen(await caller(world, login))) for login in logins]

        async def heard() -> list[set[str]]:
            ring = world.bus.publish
            await ring(Message(Topic.CAMERAS, (theirs, shared.id), "test"))
            await ring(Message(Topic.CANDIDATES, (candidate, foreign, "unknown"), "test"))
            answers = await asyncio.gather(*(listening.next(ear) for ear in ears))
            return [{one for _, ids in told or () for one in ids} for told in answers]

        everything = {theirs, shared.id, candidate, foreign}
        own = {theirs, shared.id, foreign}
        assert await heard() == [{candidate}, own, everything, set(), {candidate}]
        given = policy((GranteeKind.ORGANISATION, B), (TargetKind.CAMERA, shared.id), frozenset({Action.DIRECTORY}))
        async with world.office.store.begin() as conn:
            await grants.insert(conn, given)
        assert await heard() == [{candidate, shared.id}, own, everything, set(), {candidate, shared.id}]
        async with world.office.store.begin() as conn:
            await grants.revoke(conn, given.id, world.clock.now(), "test", "over")
        assert (await heard())[0] == {candidate}
