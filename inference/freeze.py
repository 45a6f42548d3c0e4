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
LIVELY_SHARE = 0.10
"""A camera whose pictures usually differ in this share of pixels shows sensor noise: a freeze stands out."""
STILL_OF_USUAL = 0.05
LEARN_PART = 0.02


class Freeze:
    """Compares pictures a second apart; a running clock in a corner does not count as life.

    The measure is how many seconds nothing has changed. A still scene is told from a frozen one by noise: through a
    sensor and an encoder two pictures are never equal, and how much they differ on this camera is learned.
    """

    def __init__(self) -> None:
        self._before: Luma | None = None
        self._before_at = 0.0
        self._frozen_since: float | None = None
        self._pictures = 0
        self._usual = 0.0

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
            self._usual += (changed - self._usual) * LEARN_PART if self._usual else changed
            self._frozen_since, self._pictures = None, 0
        elif self._frozen_since is None:
            self._frozen_since = self._before_at
        self._pictures += still
        self._before, self._before_at = small.copy(), at
        if self._frozen_since is None or at - self._frozen_since < FROZEN_SECONDS or self._pictures < 4:
            return ()
        detail: dict[str, float | str] = {"changed": round(changed, 5), "usual": round(self._usual, 5)}
        seconds = at - self._frozen_since
        return (Observation(ObservationKind.FREEZE, at, WHOLE_PICTURE, seconds, FROZEN_SECONDS, detail),)

    def _forget(self, small: Luma, at: float) -> None:
        self._before, self._before_at = small.copy(), at
        self._frozen_since, self._pictures = None, 0
