"""Keeps one stream of one camera pulled: finds its address, waits its turn, pulls, and says how it stands."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack

from adapters.rtsp import Busy, RtspAdapter, Withheld
from gateway.domain.cameras import CameraState
from gateway.ports import Adapter, Clock, Connection, Credential, DeviceAddress, Refused, Unavailable
from gateway.supervise import Backoff, keep
from gateway.worker.breaker import SLOW_RETRY_SECONDS, Gate
from gateway.worker.handoff import Handoff
from gateway.worker.pulling import Pull, pulling
from gateway.worker.stream import Stream

BUSY_SECONDS = 30.0
"""How long a device that takes no further session (453) is left alone."""

LOOK_SECONDS = 10.0
"""How often it is looked whether packets come. Two looks in vain are longer than the adapter waits for a keyframe, and
its sentence says more; a loop that hung for a while finds at the second look what came meanwhile."""
MOST_LEFT = 2
"""How many pulls may be left behind that still read: nothing but a packet or the device ends a read."""
QUIET = "the device keeps the connection open but sends no pictures"


class Source:
    """One stream's way from the device. ``address`` finds where it is; ``forget`` makes it look again next time.

    ``pulls`` are those of the same stream that may read still, also from before it was wanted again.
    """

    def __init__(
        self,
        stream: Stream,
        gate: Gate,
        credential: Credential | None,
        address: Callable[[], Awaitable[DeviceAddress]],
        forget: Callable[[], None],
        handoff: Handoff,
        adapter: Adapter | None = None,
        look_seconds: float = LOOK_SECONDS,
        pulls: list[Pull] | None = None,
    ) -> None:
        self._stream, self._gate, self._credential = stream, gate, credential
        self._address, self._forget, self._handoff = address, forget, handoff
        self._adapter = adapter or RtspAdapter()
        self._look_seconds = look_seconds
        self._pulls = [] if pulls is None else pulls

    async def run(self, clock: Clock, name: str) -> None:
        """Pulls, and pulls again, until cancelled."""
        backoff = Backoff(first=1.0, longest=60.0)
        await keep(self._pull_once, clock, name=name, backoff=backoff, failed=self._failed, settled_after=20.0)

    async def _pull_once(self) -> None:
        self._pulls[:] = [pull for pull in self._pulls if pull.reading]
        if len(self._pulls) >= MOST_LEFT:
            raise Unavailable(QUIET)
        self._stream.say(CameraState.CONNECTING, "")
        async with AsyncExitStack() as scope:
            async with self._gate.turn():
                try:
                    address = await self._address()
                    self._stream.begin()
                    pull = await scope.enter_async_context(self._pulling(address))
                    self._pulls.append(pull)
                    self._stream.device_clock = lambda: pull.clock_offset
                    await pull.opened
                except Refused:
                    self._gate.refused()
                    raise
                self._gate.accepted()
            await self._until_it_ends(pull)

    async def _until_it_ends(self, pull: Pull) -> None:
        """Waits for the end of a pull, or until no packet has come for long: then it raises ``Unavailable``.

        FFmpeg's own limit does not tell: reports of a device whose encoder hangs count as something read.
        """
        began = seen = self._stream.received
        vain = 0
        while not (await asyncio.wait([pull.ended], timeout=self._look_seconds))[0]:
            vain = 0 if self._stream.received != seen else vain + 1
            seen = self._stream.received
            if vain == 2:
                raise Unavailable(QUIET) if seen != began else Busy(QUIET)
        await pull.ended

    def _pulling(self, address: DeviceAddress) -> AbstractAsyncContextManager[Pull]:
        def connect() -> AbstractContextManager[Connection]:
            return self._adapter.open(address, self._credential)

        return pulling(connect, self._stream.take, self._handoff, str(self._stream.key))

    def _failed(self, error: BaseException | None) -> float | None:
        """Says how the stream stands and how long to wait, where the usual back-off is not right."""
        if isinstance(error, Refused):
            self._stream.say(CameraState.REFUSED, str(error))
            return self._gate.closed_for() + random.uniform(0.1, 2.0)
        if not isinstance(error, Withheld):
            self._gate.doubted()
        self._forget()
        if isinstance(error, Unavailable):
            self._stream.say(CameraState.OFFLINE, str(error))
            return _pause(error)
        reason = "the device ended the stream" if error is None else "the worker failed to read the stream"
        self._stream.say(CameraState.OFFLINE, reason)
        return None


def _pause(error: Unavailable) -> float | None:
    """How long a device is left alone that said why it sends nothing; None is the usual back-off."""
    if isinstance(error, Withheld):
        return SLOW_RETRY_SECONDS + random.uniform(0.1, 2.0)
    return random.uniform(0.5, 1.0) * BUSY_SECONDS if isinstance(error, Busy) else None
