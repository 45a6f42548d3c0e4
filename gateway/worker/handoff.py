"""Packets on their way from the pulling threads to the loop: many at once, so that waking the loop costs little."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from gateway.domain.packets import Packet

GATHER_SECONDS = 0.01
"""How long packets are gathered before the loop takes them; it is also the latency this adds."""
MAX_WAITING = 20_000


class Handoff:
    """A bounded queue from many threads into one loop. Full means the loop hangs: ``put`` says no and counts it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, delivered: Callable[[], None]) -> None:
        self._loop = loop
        self._delivered = delivered
        self._waiting: deque[tuple[Callable[[Packet], None], Packet]] = deque()
        self._rung = False
        self.dropped = 0

    @property
    def depth(self) -> int:
        """How many packets wait."""
        return len(self._waiting)

    def put(self, sink: Callable[[Packet], None], packet: Packet) -> bool:
        """Hands a packet over, from any thread; False if it was dropped."""
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return False
        self._waiting.append((sink, packet))
        if not self._rung:
            self._rung = True
            self.call(self._ring)
        return True

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Has something called on the loop, from any thread; nothing happens once the loop is closed."""
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            return

    def _ring(self) -> None:
        self._loop.call_later(GATHER_SECONDS, self._drain)

    def _drain(self) -> None:
        # Lowered before draining: a packet put meanwhile rings again, at worst for nothing.
        self._rung = False
        waiting = self._waiting
        for _ in range(len(waiting)):
            sink, packet = waiting.popleft()
            sink(packet)
        self._delivered()
