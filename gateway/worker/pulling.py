"""One connection to a device, read by a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from gateway.domain.packets import Packet
from gateway.ports import Connection, Unavailable
from gateway.worker.handoff import Handoff


class Pull:
    """A running pull. ``opened`` and ``ended`` fail with what the device did wrong."""

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Connection]],
        take: Callable[[Packet], None],
        handoff: Handoff,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._connect, self._take, self._handoff = connect, take, handoff
        self.reading = True
        """Whether its thread has not ended yet; an abandoned one may read on while its device sends no packet."""
        self._connection: Connection | None = None
        self._abandoned = False

    @property
    def clock_offset(self) -> float | None:
        """By how many seconds the device's clock is ahead of ours, None while it has not told its time."""
        return None if self._connection is None else self._connection.clock_offset

    def read(self) -> None:
        """The thread's work: until the device ends the stream or the pull is abandoned."""
        error: Exception | None = None
        try:
            with self._connect() as connection:
                self._connection = connection
                if self._abandoned:
                    return
                self._handoff.call(_settle, self.opened, None)
                self._pass_on(connection)
        except Exception as caught:
            error = caught
        finally:
            self.reading = False
            self._handoff.call(self._over, error)

    def _pass_on(self, connection: Connection) -> None:
        skipping = False
        for packet in connection.packets():
            if self._abandoned:
                return
            if skipping and not packet.keyframe:
                continue
            skipping = not self._handoff.put(self._deliver, packet)

    def _deliver(self, packet: Packet) -> None:
        if not self._abandoned:
            self._take(packet)

    def _over(self, error: Exception | None) -> None:
        if self._abandoned:
            return
        _settle(self.opened, error or Unavailable("the device hung up before it sent anything"))
        _settle(self.ended, error)

    def abandon(self) -> None:
        """Takes nothing more. The thread ends by itself: joining it could block for as long as the device is silent."""
        self._abandoned = True
        for future in (self.opened, self.ended):
            future.cancel()
        if self._connection is not None:
            self._connection.close()


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
        # Whoever waits for ``opened`` may never look at ``ended``: that is no unheard-of failure.
        future.exception()


@asynccontextmanager
async def pulling(
    connect: Callable[[], AbstractContextManager[Connection]],
    take: Callable[[Packet], None],
    handoff: Handoff,
    name: str,
) -> AsyncIterator[Pull]:
    """A pull in a thread of its own; ``take`` gets its packets on the loop. Leaving abandons it."""
    pull = Pull(connect, take, handoff)
    # A daemon: a silent device must not keep the process from ending.
    threading.Thread(target=pull.read, name=f"pull {name}", daemon=True).start()
    try:
        yield pull
    finally:
        pull.abandon()
