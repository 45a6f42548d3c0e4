"""Fan-out of messages to subscribers with bounded queues: the oldest message is dropped and counted."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.bus.tally import BusTally
from gateway.domain.messages import Message

LIMIT = 1000
"""Messages that wait for one subscriber."""


class _Queue:
    def __init__(self) -> None:
        self.waiting: deque[Message] = deque()
        self.some = asyncio.Event()


class Fan:
    """Hands every message to every subscriber of this process."""

    def __init__(self, tally: BusTally, limit: int = LIMIT) -> None:
        self._tally = tally
        self._limit = limit
        self._queues: set[_Queue] = set()

    def deliver(self, message: Message) -> None:
        """Puts the message in every queue; never waits."""
        for queue in self._queues:
            if len(queue.waiting) >= self._limit:
                queue.waiting.popleft()
                self._tally.dropped += 1
            queue.waiting.append(message)
            queue.some.set()
            self._tally.delivered += 1

    @property
    def depth(self) -> int:
        """The longest queue."""
        return max((len(queue.waiting) for queue in self._queues), default=0)

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Message]]:
        """Messages from now on."""
        queue = _Queue()
        self._queues.add(queue)
        try:
            yield _read(queue)
        finally:
            self._queues.discard(queue)


async def _read(queue: _Queue) -> AsyncIterator[Message]:
    while True:
        await queue.some.wait()
        queue.some.clear()
        while queue.waiting:
            yield queue.waiting.popleft()
