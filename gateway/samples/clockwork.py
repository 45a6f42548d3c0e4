"""The one loop that paces every sample camera."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.samples.device import SLOTS, SampleCamera
from gateway.samples.tape import FPS

MAX_LATE = 2 * FPS
"""Ticks that are caught up after a delay; what is older is skipped."""


class Clockwork:
    """Ticks ten times a second from its making on; every camera is shown in its own slot of the tick."""

    def __init__(self, cameras: Sequence[SampleCamera], *, pace: float = 1.0) -> None:
        self._slots = [[camera for camera in cameras if camera.slot == slot] for slot in range(SLOTS)]
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._per_second = FPS * SLOTS * pace
        self.skipped = 0

    def next_tick(self, camera: SampleCamera) -> int:
        """The tick of the picture that the camera shows next."""
        step = int((self._loop.time() - self._began) * self._per_second)
        return step // SLOTS + (camera.slot <= step % SLOTS)

    async def run(self) -> None:
        """Shows pictures until it is cancelled."""
        step = 0
        while True:
            due = self._began + step / self._per_second
            delay = due - self._loop.time()
            if delay > 0:
                await asyncio.sleep(delay)
            elif -delay * self._per_second > MAX_LATE * SLOTS:
                behind = int(-delay * self._per_second) // SLOTS * SLOTS
                step += behind
                self.skipped += behind // SLOTS
            tick = step // SLOTS
            for camera in self._slots[step % SLOTS]:
                if camera.players:
                    camera.tick(tick)
            step += 1
