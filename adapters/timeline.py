"""Repairs the time stamps of one stream: strictly increasing, whatever the device says.

Field rule (MediaMTX pull request 6255: a DVR that stamps a picture 9 800 s back or 37 600 s ahead every few seconds):
a stamp more than 5 s off is replaced by one just after the last; three such in a row that agree with each other are the
device's new time line, and are joined to the old one.
"""

from __future__ import annotations

from gateway.domain.packets import CLOCK_RATE

STRAY_TICKS = 5 * CLOCK_RATE
ACCEPT_AFTER = 3
WRAP = 1 << 32
"""RTP time stamps have 32 bits (RFC 3550, section 5.1)."""
USUAL_STEP = CLOCK_RATE // 25
"""Ticks between two pictures while nothing better is known."""


class TimeLine:
    """The time line of one connection. ``joins`` counts time lines joined on, ``strays`` stamps that were replaced."""

    def __init__(self) -> None:
        self.joins = 0
        self.strays = 0
        self._offset: int | None = None
        self._raw = 0
        self._out = -1
        self._arrived = 0.0
        self._step = USUAL_STEP
        self._suspects: list[int] = []

    def repaired(self, pts: int | None, arrived_at: float) -> int:
        """The repaired stamp of the next packet, in ticks; ``arrived_at`` is Unix seconds."""
        out = self._guess(arrived_at) if pts is None else self._follow(pts, arrived_at)
        self._out = max(out, self._out + 1)
        self._arrived = arrived_at
        return self._out

    def _guess(self, arrived_at: float) -> int:
        """Where a packet without a stamp belongs, by its arrival."""
        if self._out < 0:
            return 0
        elapsed = int((arrived_at - self._arrived) * CLOCK_RATE)
        return self._out + min(max(elapsed, 1), STRAY_TICKS)

    def _follow(self, pts: int, arrived_at: float) -> int:
        if self._offset is None:
            out = self._guess(arrived_at)
            self._offset, self._raw = out - pts, pts
            return out
        change = pts - self._raw
        if abs(change + WRAP) <= STRAY_TICKS:
            self._offset += WRAP
            change += WRAP
        if self._is_stray(change, arrived_at):
            return self._suspect(pts)
        self._suspects.clear()
        if 0 < change <= STRAY_TICKS:
            self._step = change
        self._raw = pts
        return pts + self._offset

    def _is_stray(self, change: int, arrived_at: float) -> bool:
        """Further off than the rule allows, and not because the device was silent that long."""
        if abs(change) <= STRAY_TICKS:
            return False
        return abs(change - (arrived_at - self._arrived) * CLOCK_RATE) > STRAY_TICKS

    def _suspect(self, pts: int) -> int:
        self.strays += 1
        if self._suspects and abs(pts - self._suspects[-1]) > STRAY_TICKS:
            self._suspects.clear()
        self._suspects.append(pts)
        out = self._out + self._step
        if len(self._suspects) >= ACCEPT_AFTER:
            self._suspects.clear()
            self._offset, self._raw = out - pts, pts
            self.joins += 1
        return out
