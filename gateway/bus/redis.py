"""The bus over Redis or Valkey publish/subscribe: a doorbell between gateways that may be down at any time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import redis.asyncio as client
import structlog
from redis.exceptions import RedisError

from gateway.bus.fan import LIMIT, Fan
from gateway.bus.tally import BusTally
from gateway.domain.messages import Message, Topic
from gateway.ports import Clock, Unavailable
from gateway.supervise import Backoff, keep

log = structlog.get_logger(__name__)

CHANNEL = "sharp-eyes:messages"
_TIMEOUT = 2.0
_HEALTH = 5.0
_PAUSES = Backoff(0.2, 5.0)


class RedisBus:
    """Rings for every gateway on one Redis. While Redis is away, this gateway's own subscribers still hear it."""

    def __init__(self, url: str, clock: Clock, limit: int = LIMIT) -> None:
        self._url = url
        self._clock = clock
        self._limit = limit
        self._tally = BusTally()
        self._fan = Fan(self._tally, limit)
        self._own = secrets.token_hex(8)
        self._outgoing: deque[Message] = deque()
        self._some = asyncio.Event()
        self.connected = asyncio.Event()

    async def publish(self, message: Message) -> None:
        """Rings here at once and elsewhere soon; never raises and never waits for Redis."""
        self._tally.published += 1
        self._fan.deliver(message)
        if len(self._outgoing) >= self._limit:
            self._outgoing.popleft()
            self._tally.failed += 1
        self._outgoing.append(message)
        self._some.set()

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Messages from now on; bounded, oldest dropped and counted."""
        return self._fan.subscribe()

    @property
    def tally(self) -> BusTally:
        """What happened so far."""
        self._tally.depth = max(self._fan.depth, len(self._outgoing))
        return self._tally

    async def carry_out(self) -> None:
        """Carries what is published here to Redis until cancelled, whatever becomes of it."""
        await keep(self._send, self._clock, name="bus sending", backoff=_PAUSES)

    async def carry_in(self) -> None:
        """Carries what others publish from Redis until cancelled, whatever becomes of it."""
        await keep(self._receive, self._clock, name="bus receiving", backoff=_PAUSES)

    def _connection(self) -> client.Redis:
        return client.Redis.from_url(
            self._url, socket_timeout=_HEALTH * 2, socket_connect_timeout=_TIMEOUT, health_check_interval=_HEALTH
        )

    async def _send(self) -> None:
        async with self._connection() as redis:
            while True:
                await self._some.wait()
                self._some.clear()
                while self._outgoing:
                    message = self._outgoing.popleft()
                    try:
                        async with asyncio.timeout(_TIMEOUT):
                            await redis.publish(CHANNEL, _encoded(message, self._own))
                    except (RedisError, OSError, TimeoutError) as problem:
                        self._tally.failed += 1
                        if self._outgoing:
                            self._some.set()
                        raise Unavailable(f"Redis does not take messages: {problem}") from None

    async def _receive(self) -> None:
        try:
            async with self._connection() as redis, redis.pubsub(ignore_subscribe_messages=True) as listener:
                await listener.subscribe(CHANNEL)
                await listener.get_message(ignore_subscribe_messages=False, timeout=_TIMEOUT)
                self._tally.reconnects += 1
                self.connected.set()
                while True:
                    heard = await listener.get_message(timeout=_HEALTH)
                    if heard is not None and (message := _decoded(heard["data"], self._own)) is not None:
                        self._fan.deliver(message)
        except (RedisError, OSError, TimeoutError) as problem:
            raise Unavailable(f"Redis does not answer: {problem}") from None
        finally:
            self.connected.clear()


def _encoded(message: Message, own: str) -> str:
    return json.dumps({"t": message.topic.value, "i": list(message.ids), "o": message.origin, "p": own})


def _decoded(data: bytes, own: str) -> Message | None:
    """The message, or None for our own (heard already) and for what a newer gateway says."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        value = json.loads(data)
        if value["p"] != own:
            return Message(Topic(value["t"]), tuple(map(str, value["i"])), str(value["o"]))
    return None


@asynccontextmanager
async def open_redis_bus(url: str, clock: Clock, limit: int = LIMIT) -> AsyncIterator[RedisBus]:
    """A bus on that Redis for the length of the block; Redis need not be up."""
    bus = RedisBus(url, clock, limit)
    async with asyncio.TaskGroup() as group:
        carriers = {group.create_task(bus.carry_out()), group.create_task(bus.carry_in())}
        try:
            yield bus
        finally:
            # The client swallows a cancellation that comes at the wrong moment: say it again until it is heard.
            while carriers:
                for task in carriers:
                    task.cancel()
                _, carriers = await asyncio.wait(carriers, timeout=0.2)
