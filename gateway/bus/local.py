"""The bus inside one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from gateway.bus.fan import LIMIT, Fan
from gateway.bus.tally import BusTally
from gateway.domain.messages import Message


class LocalBus:
    """Rings for the subscribers of this process only."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._tally = BusTally()
        self._fan = Fan(self._tally, limit)

    async def publish(self, message: Message) -> None:
        """Rings; never raises and never waits."""
        self._tally.published += 1
        self._fan.deliver(message)

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Messages from now on; bounded, oldest dropped and counted."""
        return self._fan.subscribe()

    @property
    def tally(self) -> BusTally:
        """What happened so far."""
        self._tally.depth = self._fan.depth
        return self._tally
