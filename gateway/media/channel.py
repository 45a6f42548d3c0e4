"""Channels: one upstream subscription, the pictures since the last keyframe, and every viewer of one stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.packets import Packet, StreamKey
from gateway.media.units import Chronicle, Unit

GOP_BYTES = 16 << 20
GOP_UNITS = 1500
"""How much is kept since the last keyframe, and for one viewer; beyond it they wait for the next one."""
QUEUE_UNITS = 120
QUEUE_BYTES = 6 << 20
"""How far a viewer may be behind when a keyframe comes before it is skipped to it. Between keyframes it is not cut: a
group reaches newcomers all at once, what is dropped of it leaves them black up to the next, and the channel keeps it
in any case."""


class Subscription(Protocol):
    """A running pull of one stream from its worker."""

    def close(self) -> None:
        """Ends it; safe to call twice."""
        ...


class Upstream(Protocol):
    """Where channels get their packets: the worker that owns the camera, whichever that is now."""

    def subscribe(
        self, key: StreamKey, sink: Callable[[Packet], None], ended: Callable[[str], None], words: str = ""
    ) -> Subscription:
        """Begins a pull, with the words burned into every picture if there are any. ``sink`` and ``ended`` are called
        on the loop. Raises ``Unavailable``.
        """
        ...


class Ended(Exception):
    """The stream is over for this viewer; ``code`` is one of the contract's words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class Tally:
    """What happened on all channels of a hub, for the metrics."""

    packets: int = 0
    bytes: int = 0
    skipped: int = 0
    gop_overflows: int = 0
    interruptions: int = 0


class Viewer:
    """One reader of a channel: a bounded queue that is cut to the next keyframe when the reader is slow."""

    def __init__(self, tally: Tally, units: list[Unit]) -> None:
        self._tally = tally
        self._queue: deque[Unit] = deque(units)
        self._bytes = sum(unit.size for unit in units)
        self._waiting_for_key = not units
        self._begun = bool(units)
        self._wake: asyncio.Future[None] | None = None
        self._end: Ended | None = None

    @property
    def depth(self) -> int:
        """Units waiting to be read."""
        return len(self._queue)

    def offer(self, unit: Unit) -> None:
        """Takes a unit in, or drops what is queued and waits for a keyframe if the reader is too far behind."""
        queue = self._queue
        if self._waiting_for_key:
            if not unit.keyframe:
                self._tally.skipped += self._begun
                return
            self._waiting_for_key, self._begun = False, True
        elif self._has_no_room(unit):
            self._tally.skipped += len(queue)
            queue.clear()
            self._bytes = 0
            if not unit.keyframe:
                self._tally.skipped += 1
                self._waiting_for_key = True
                return
        queue.append(unit)
        self._bytes += unit.size
        self._ring()

    def _has_no_room(self, unit: Unit) -> bool:
        units, size = (QUEUE_UNITS, QUEUE_BYTES) if unit.keyframe else (GOP_UNITS, GOP_BYTES)
        return len(self._queue) >= units or self._bytes + unit.size > size

    def end(self, code: str, message: str) -> None:
        """Nothing more is read from here; whoever reads gets ``Ended``."""
        if self._end is None:
            self._end = Ended(code, message)
            self._queue.clear()
            self._bytes = 0
            self._ring()

    async def next(self) -> Unit:
        """The next unit. Raises ``Ended``."""
        while not self._queue:
            if self._end is not None:
                raise self._end
            await self._rung()
        unit = self._queue.popleft()
        self._bytes -= unit.size
        return unit

    async def ahead(self, count: int) -> list[Unit]:
        """What waits to be read, left where it is: that many units at least. Raises ``Ended``."""
        while self._end is None and len(self._queue) < count:
            await self._rung()
        if self._end is not None:
            raise self._end
        return list(self._queue)

    async def _rung(self) -> None:
        self._wake = asyncio.get_running_loop().create_future()
        try:
            await self._wake
        finally:
            self._wake = None

    def _ring(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


class Channel:
    """One stream's fan-out. It pulls from ``upstream`` while it lives; the hub decides how long that is."""

    def __init__(self, key: StreamKey, upstream: Upstream, tally: Tally, words: str = "") -> None:
        self.key = key
        self.words = words
        self.viewers: set[Viewer] = set()
        self.left = asyncio.Event()
        self.interruption = asyncio.Event()
        self.reason = ""
        self.heard_at = 0.0
        self._upstream = upstream
        self._tally = tally
        self._chronicle = Chronicle()
        self._gop: list[Unit] = []
        self._gop_bytes = 0
        self._subscription: Subscription | None = None

    def open(self) -> None:
        """Subscribes upstream. Raises ``Unavailable``."""
        self.interruption.clear()
        self._chronicle.interrupted()
        current: list[bool] = [True]

        def ended(reason: str) -> None:
            if current.pop() if current else False:
                self.reason = reason
                self._tally.interruptions += 1
                self.interruption.set()

        self._subscription = self._upstream.subscribe(self.key, self._packet, ended, self.words)

    def close(self) -> None:
        """Lets the upstream go."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()

    def end_viewers(self, code: str, message: str) -> None:
        """Tells everyone who watches that it is over."""
        for viewer in list(self.viewers):
            viewer.end(code, message)

    def join(self) -> Viewer:
        """A new viewer that starts with the pictures since the last keyframe."""
        viewer = Viewer(self._tally, self._gop)
        self.viewers.add(viewer)
        return viewer

    @property
    def depth(self) -> int:
        """The longest queue of any viewer."""
        return max((viewer.depth for viewer in self.viewers), default=0)

    def _packet(self, packet: Packet) -> None:
        unit = self._chronicle.unit(packet)
        if unit is None:
            return
        self.heard_at = asyncio.get_running_loop().time()
        self._tally.packets += 1
        self._tally.bytes += unit.size
        self._remember(unit)
        for viewer in self.viewers:
            viewer.offer(unit)

    def _remember(self, unit: Unit) -> None:
        if unit.keyframe:
            self._gop = []
            self._gop_bytes = 0
        elif not self._gop:
            return
        if self._gop_bytes + unit.size > GOP_BYTES or len(self._gop) >= GOP_UNITS:
            self._tally.gop_overflows += 1
            self._gop = []
            return
        self._gop.append(unit)
        self._gop_bytes += unit.size
