"""How late a stream's pictures come: what they waited on the way, in sockets and for a busy worker."""

from __future__ import annotations

import math

from gateway.domain.packets import CLOCK_RATE

WINDOW_SECONDS = 30.0
"""The most punctual picture of this and the last window counts: clocks drift less than a millisecond meanwhile."""
MOST_LATE = 2.0
"""A picture later than this is not late: the device's time line has slipped, and a new comparison begins."""


class Punctuality:
    """Compares each picture's arrival with its time stamp: the most punctual ones say when each was due.

    One for each connection's time line. The way itself (the shortest that any picture took) is not counted.
    """

    def __init__(self) -> None:
        self._generation: int | None = None
        self._begun = 0.0
        self._this = self._last = math.inf

    def late(self, dts: int, arrived_at: float, generation: int = 0) -> float:
        """By how many seconds that packet came later than it was due, never negative.

        ``dts`` is in ticks of the packet's clock, ``arrived_at`` Unix time in seconds.
        """
        line = arrived_at - dts / CLOCK_RATE
        best = min(self._this, self._last)
        if generation != self._generation or line - best > MOST_LATE or arrived_at < self._begun:
            self._generation, self._begun = generation, arrived_at
            self._this, self._last = line, math.inf
            return 0.0
        if arrived_at - self._begun >= WINDOW_SECONDS:
            self._last, self._this, self._begun = self._this, math.inf, arrived_at
        self._this = min(self._this, line)
        return line - min(self._this, self._last)
