"""Repairs the time stamps of one stream: when its packets are decoded, strictly increasing, and when they are shown.

Field rule (MediaMTX pull request 6255: a DVR that stamps a picture 9 800 s back or 37 600 s ahead every few seconds):
a stamp more than 5 s off is replaced by one just after the last; three such in a row that agree with each other are the
device's new time line, and are joined to the old one.

RTP says when a picture is shown and nothing of when it is decoded, which differs once pictures are sent out of order
(B pictures). How many a stream holds back is found out as it goes: with n held back, the n-th largest stamp so far is
the newest that may be decoded (as FFmpeg and every muxer without foreknowledge do it).
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from gateway.domain.packets import CLOCK_RATE

STRAY_TICKS = 5 * CLOCK_RATE
ACCEPT_AFTER = 3
WRAP = 1 << 32
"""RTP time stamps have 32 bits (RFC 3550, section 5.1)."""
USUAL_STEP = CLOCK_RATE // 25
"""Ticks between two pictures while nothing better is known."""


MOST_HELD_BACK = 16
"""The most that either codec allows (ITU-T H.264 and H.265, Annex A: 16 pictures in the decoder's store)."""
LEAST_APART = CLOCK_RATE // 120
"""Pictures sent out of order are this far apart at least; what is nearer is a clock that trembles."""
FARTHEST = 5 * CLOCK_RATE
"""No picture is shown this long after it was decoded: whatever is held back then is from before a silence."""


class Stamp(NamedTuple):
    """When a packet is decoded, and how much later it is shown, in ticks."""

    dts: int
    offset: int


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
        self._held_back = 0
        self._shown: deque[int] = deque(maxlen=MOST_HELD_BACK + 1)
        self._largest: list[int] = []
        """The largest stamps so far, one more than are held back, smallest first."""

    def repaired(self, pts: int | None, arrived_at: float) -> Stamp:
        """The repaired stamp of the next packet; ``arrived_at`` is Unix seconds."""
        shown = self._guess(arrived_at) if pts is None else self._follow(pts, arrived_at)
        if shown <= self._top and not self._is_out_of_order(shown):
            shown = max(self._top, self._out) + 1
        stamp = self._placed(shown)
        self._out = stamp.dts
        self._arrived = arrived_at
        return stamp

    @property
    def _top(self) -> int:
        return self._largest[-1] if self._largest else -1

    def _is_out_of_order(self, shown: int) -> bool:
        """Whether a stamp before the newest can be a picture's that was sent late on purpose."""
        return min(self._shown) < shown and all(abs(shown - other) >= LEAST_APART for other in self._shown)

    def _placed(self, shown: int) -> Stamp:
        self._shown.append(shown)
        largest = sorted([*self._largest, shown])
        if largest[0] == shown and len(largest) > self._held_back + 1:
            # It would have had to be shown already: the stream holds back more than was known.
            self._held_back = min(self._held_back + 1, MOST_HELD_BACK)
        self._largest = largest[-(self._held_back + 1) :]
        if shown - self._largest[0] > FARTHEST:
            self._largest = [shown]
        dts = max(self._largest[0], self._out + 1)
        return Stamp(dts, shown - dts)

    def _guess(self, arrived_at: float) -> int:
        """Where a packet without a stamp belongs, by its arrival."""
        if self._out < 0:
            return 0
        elapsed = int((arrived_at - self._arrived) * CLOCK_RATE)
        return max(self._out, self._top) + min(max(elapsed, 1), STRAY_TICKS)

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
        out = max(self._out, self._top) + self._step
        if len(self._suspects) >= ACCEPT_AFTER:
            self._suspects.clear()
            self._offset, self._raw = out - pts, pts
            self.joins += 1
        return out
