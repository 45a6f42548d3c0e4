"""Anomaly: movement that is unusual for this place: too fast, the wrong way, or where nothing moves."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from gateway.domain.observations import Box, Observation, ObservationKind
from gateway.ports import Frame
from inference.habits import SLOWEST, WAYS, Habits, Indices
from inference.motion import Motion
from inference.picture import Luma, Plane

LEAST_STEP, LONGEST_STEP = 0.03, 0.35
"""Seconds between two pictures over which a displacement can be followed."""
PAUSE_SECONDS = 0.15
"""Displacements are measured about five times a second, each over two neighbouring pictures."""
MOST_POINTS = 24
MOVING_PART = 90
"""Of 255: how much of a cell must move for a point to be followed in it."""
WINDOW = (9, 9)
REFRESH_SECONDS = 2.0
LEARNT_MOVEMENTS = 400.0
LEARNT_SECONDS = 600.0
"""Watching time before "nothing moves here" means anything."""
AGREEING = 3
"""So many points must agree before a movement is called unusual: one alone is a wrong match."""
THRESHOLD = 1.5
RARE_WAY, RARE_PLACE = 0.02, 0.0002
WAY_SUPPORT = 150.0


class Anomaly:
    """Follows points in moving regions and compares them with the habits of their cells, which it learns as it goes.

    The measure is how many times the usual limit: of speed, or of how rare a direction or a place may be.
    """

    def __init__(self, motion: Motion) -> None:
        self._motion = motion
        self._habits: Habits | None = None
        self._previous: Luma | None = None
        self._previous_at = 0.0
        self._followed_at = 0.0
        self._refreshed_at = 0.0
        self._turn = 0
        self.score = 0.0

    def detect(self, frame: Frame) -> Sequence[Observation]:
        """At most one observation: the most unusual movement of this picture. Call after motion saw the picture."""
        small, at, mask = frame.luma, frame.at, self._motion.mask
        habits, previous = self._habits, self._previous
        if habits is None or previous is None or previous.shape != small.shape:
            if habits is None or previous is not None:
                self._habits = Habits(small.shape)
            self._previous, self._previous_at = small, at
            self._followed_at = self._refreshed_at = at
            return ()
        step, self._previous_at = at - self._previous_at, at
        if not 0 < step <= LONGEST_STEP:
            self.score = 0.0
        self._previous = small
        if at - self._refreshed_at >= REFRESH_SECONDS or at < self._refreshed_at:
            habits.refresh(min(max(at - self._refreshed_at, 0.0), 60.0))
            self._refreshed_at = at
        if 0 <= at - self._followed_at < PAUSE_SECONDS:
            return ()
        elapsed = min(max(at - self._followed_at, 0.0), 5.0)
        self._followed_at = at
        self.score = 0.0
        if mask is None or mask.shape != small.shape or not self._motion.settled:
            return ()
        moving = np.asarray(cv2.resize(mask, (habits.columns, habits.rows), interpolation=cv2.INTER_AREA), np.uint8)
        habits.watch(moving * np.float32(1 / 255), elapsed)
        if not LEAST_STEP <= step <= LONGEST_STEP or not self._motion.patches:
            return ()
        return self._followed(habits, previous, small, moving, step, at)

    def _followed(
        self, habits: Habits, previous: Luma, small: Luma, moving: npt.NDArray[np.uint8], step: float, at: float
    ) -> Sequence[Observation]:
        start = self._points(habits, moving)
        if not len(start):
            return ()
        end, status, _ = cv2.calcOpticalFlowPyrLK(
            previous, small, start[:, None], start[:, None].copy(), winSize=WINDOW, maxLevel=2, criteria=(3, 6, 0.03)
        )
        good = status[:, 0] > 0
        start, moved = start[good], (end[good, 0] - start[good]).astype(np.float32)
        if not len(start):
            return ()
        speed = np.hypot(moved[:, 0], moved[:, 1]) / np.float32(step * max(small.shape))
        turns = np.arctan2(moved[:, 1], moved[:, 0]) * (WAYS / (2 * np.pi))
        way = np.round(turns).astype(np.int64) % WAYS
        row, column = habits.cells(start)
        found: Sequence[Observation] = ()
        if habits.movements >= LEARNT_MOVEMENTS:
            found = self._judged(habits, start, row, column, speed, way, small.shape, at)
        habits.add(row, column, speed, way)
        return found

    def _points(self, habits: Habits, moving: npt.NDArray[np.uint8]) -> Plane:
        """Middles of moving cells; of too many, every nth in turn."""
        rows, columns = np.nonzero(moving > MOVING_PART)
        if len(rows) > MOST_POINTS:
            every = -(-len(rows) // MOST_POINTS)
            self._turn = (self._turn + 1) % every
            rows, columns = rows[self._turn :: every], columns[self._turn :: every]
        return ((np.stack([columns, rows], axis=1) + 0.5) * habits.pixels).astype(np.float32)

    def _judged(
        self,
        habits: Habits,
        start: Plane,
        row: Indices,
        column: Indices,
        speed: Plane,
        way: Indices,
        shape: tuple[int, ...],
        at: float,
    ) -> Sequence[Observation]:
        fast = speed / habits.limit[row, column]
        self.score = float(np.sort(fast)[-AGREEING:].mean()) if len(fast) >= AGREEING else 0.0
        wrong = np.where(
            (habits.way_support[row, column] > WAY_SUPPORT) & (speed > 2 * SLOWEST),
            RARE_WAY / np.maximum(habits.way_share[way, row, column], RARE_WAY / 4),
            0.0,
        )
        if habits.watched >= LEARNT_SECONDS:
            lonely = RARE_PLACE / np.maximum(habits.moved_share[row, column], RARE_PLACE / 4)
        else:
            lonely = np.zeros_like(fast)
        best = max(
            (("too fast", fast), ("wrong way", wrong), ("unusual place", lonely)), key=lambda pair: _agreed(pair[1])
        )
        reason, ratios = best
        measure = _agreed(ratios)
        if measure < THRESHOLD:
            return ()
        height, width = shape
        points = start[ratios >= measure]
        half = habits.pixels
        left, top = (points.min(axis=0) - half).clip(0).tolist()
        right, bottom = (points.max(axis=0) + half).tolist()
        right, bottom = min(right, width), min(bottom, height)
        box = Box(left / width, top / height, (right - left) / width, (bottom - top) / height)
        index = int(np.argmax(ratios))
        detail: dict[str, float | str] = {"reason": reason, "speed": round(float(speed[index]), 4)}
        detail["usual_limit"] = round(float(habits.limit[row[index], column[index]]), 4)
        return (Observation(ObservationKind.ANOMALY, at, box, measure, THRESHOLD, detail),)


def _agreed(ratios: Plane) -> float:
    """The ratio that at least ``AGREEING`` points reach; 0 with fewer points."""
    return float(np.sort(ratios)[-AGREEING]) if len(ratios) >= AGREEING else 0.0
