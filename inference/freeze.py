"""Freeze: packets flow, but the picture has stopped changing."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from gateway.domain.observations import WHOLE_PICTURE, Observation, ObservationKind
from gateway.ports import Frame
from inference.picture import Luma

EVERY_SECONDS = 1.0
FROZEN_SECONDS = 8.0
QUIET_SECONDS = 300.0
"""How long a picture must stand still of which no life is known: a still scene may be coded as mere repetition."""
KNOWN_CHANGES = 10
"""Changes after which it is known how long the picture stands still by itself."""
TIMES_LONGEST = 3.0
LIVELY_SHARE = 0.10
"""A camera whose pictures usually differ in this share of pixels shows sensor noise: a freeze stands out."""
STILL_OF_USUAL = 0.05
LEARN_PART = 0.02


class Freeze:
    """Compares pictures a second apart; a running clock in a corner does not count as life.

    The measure is how many seconds nothing has changed. A still scene is told from a frozen one by noise: through a
    sensor and an encoder two pictures are hardly ever equal, and how much they differ on this camera is learned. Where
    an encoder repeats a still scene exactly, until its next keyframe or for longer, it is learned how long that lasts.
    """

    def __init__(self) -> None:
        self._before: Luma | None = None
        self._before_at = 0.0
        self._frozen_since: float | None = None
        self._pictures = 0
        self._usual = 0.0
        self._changes = 0
        self._longest = 0.0

    @property
    def _patience(self) -> float:
        """Seconds after which standing still is not what this camera does by itself."""
        if self._changes < KNOWN_CHANGES:
            return QUIET_SECONDS
        return min(max(FROZEN_SECONDS, TIMES_LONGEST * self._longest), QUIET_SECONDS)

    def detect(self, frame: Frame) -> Sequence[Observation]:
        """A freeze observation per check while the picture stands still."""
        small, at = frame.luma, frame.at
        before = self._before
        if before is None or before.shape != small.shape or at < self._before_at:
            self._forget(small, at)
            return ()
        if at - self._before_at < EVERY_SECONDS:
            return ()
        changed = int(np.count_nonzero(cv2.absdiff(small, before))) / small.size
        still = changed == 0 or (self._usual >= LIVELY_SHARE and changed < STILL_OF_USUAL * self._usual)
        if not still:
            self._learn(changed, at)
            self._frozen_since, self._pictures = None, 0
        elif self._frozen_since is None:
            self._frozen_since = self._before_at
        self._pictures += still
        self._before, self._before_at = small.copy(), at
        limit = self._patience
        if self._frozen_since is None or at - self._frozen_since < limit or self._pictures < 4:
            return ()
        detail: dict[str, float | str] = {"changed": round(changed, 5), "usual": round(self._usual, 5)}
        seconds = at - self._frozen_since
        return (Observation(ObservationKind.FREEZE, at, WHOLE_PICTURE, seconds, limit, detail),)

    def _learn(self, changed: float, at: float) -> None:
        """Takes note of how much changes at once, and of a pause that ended by itself before it was called a freeze."""
        self._usual += (changed - self._usual) * LEARN_PART if self._usual else changed
        self._changes += 1
        pause = 0.0 if self._frozen_since is None else self._before_at - self._frozen_since
        if pause < self._patience:
            self._longest = max(self._longest, pause)

    def _forget(self, small: Luma, at: float) -> None:
        self._before, self._before_at = small.copy(), at
        self._frozen_since, self._pictures = None, 0
