"""Anomaly: movement that is unusual for this place: too fast, the wrong way, or where nothing moves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from gateway.domain.observations import Box, Observation, ObservationKind
from gateway.ports import Frame
from inference.habits import SLOWEST, WAYS, Habits
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
REFRESH_SECONDS = 4.0
LEARNT_MOVEMENTS = 400.0
LEARNT_SECONDS, PLACES_LEARNT_SECONDS = 300.0, 1800.0
"""Watching time before anything is told, and before "nothing moves here" means anything."""
SMOOTH_SECONDS = 0.22
"""The score is a running mean over about this time: a wrong match lasts one picture, a cyclist many."""
REACH = 3.0
"""Points within so many cells of each other may belong to one thing."""
AGREEING = 3
"""So many points must agree before a movement is called unusual: one alone is a wrong match."""
THRESHOLD = 1.25
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
        part = 1.0 - math.exp(-elapsed / SMOOTH_SECONDS)
        self.score -= part * self.score
        if mask is None or mask.shape != small.shape or not self._motion.settled:
            return ()
        moving = habits.per_cell(mask)
        habits.watch(moving * np.float32(1 / 255), elapsed)
        if not LEAST_STEP <= step <= LONGEST_STEP or not self._motion.patches:
            return ()
        return self._followed(habits, previous, small, moving, step, at, part)

    def _followed(
        self,
        habits: Habits,
        previous: Luma,
        small: Luma,
        moving: npt.NDArray[np.uint8],
        step: float,
        at: float,
        part: float,
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
        movement = Movements(start, moved, np.float32(step * max(small.shape)), habits)
        if habits.movements >= LEARNT_MOVEMENTS:
            self.score += part * movement.score()
        found: Sequence[Observation] = ()
        if habits.movements >= LEARNT_MOVEMENTS and habits.watched >= LEARNT_SECONDS:
            found = _judged(movement, small.shape, at)
        habits.add(movement.row, movement.column, movement.speed, movement.way)
        return found

    def _points(self, habits: Habits, moving: npt.NDArray[np.uint8]) -> Plane:
        """Middles of moving cells; of too many, every nth in turn."""
        rows, columns = np.nonzero(moving > MOVING_PART)
        if len(rows) > MOST_POINTS:
            every = -(-len(rows) // MOST_POINTS)
            self._turn = (self._turn + 1) % every
            rows, columns = rows[self._turn :: every], columns[self._turn :: every]
        return ((np.stack([columns, rows], axis=1) + 0.5) * habits.pixels).astype(np.float32)


class Movements:
    """What was followed between two pictures: where, how fast in picture widths a second, which way."""

    def __init__(self, start: Plane, moved: Plane, scale: np.float32, habits: Habits) -> None:
        self.start, self.moved, self.habits = start, moved, habits
        self.speed = (np.hypot(moved[:, 0], moved[:, 1]) / scale).astype(np.float32)
        turns = np.arctan2(moved[:, 1], moved[:, 0]) * (WAYS / (2 * np.pi))
        self.way = np.round(turns).astype(np.int64) % WAYS
        self.row, self.column = habits.cells(start)

    def score(self) -> float:
        """How many times the usual speed of their places the fastest few go: continuous, before any threshold."""
        if len(self.speed) < AGREEING:
            return 0.0
        times = self.speed / self.habits.usual[self.row, self.column]
        return float(np.partition(times, -AGREEING)[-AGREEING:].mean())

    def ratios(self) -> Sequence[tuple[str, Plane]]:
        """By reason, how many times each movement passes what is usual at its place."""
        habits, place = self.habits, (self.row, self.column)
        found = [("too fast", self.speed / habits.limit[place])]
        judged = (habits.way_support[place] > WAY_SUPPORT) & (self.speed > 2 * SLOWEST)
        if judged.any():
            share = habits.way_share[self.way, self.row, self.column]
            found.append(("wrong way", judged * (RARE_WAY / np.maximum(share, RARE_WAY / 4))))
        if habits.watched >= PLACES_LEARNT_SECONDS:
            found.append(("unusual place", RARE_PLACE / np.maximum(habits.moved_share[place], RARE_PLACE / 4)))
        return found

    def together(self, ratios: Plane) -> npt.NDArray[np.int64]:
        """The points past the threshold that move as one thing; empty when fewer than ``AGREEING`` do."""
        past = np.nonzero(ratios >= THRESHOLD)[0]
        if len(past) < AGREEING:
            return past[:0]
        start, moved = self.start[past], self.moved[past]
        best = int(ratios[past].argmax())
        near = np.abs(start - start[best]).max(axis=1) <= REACH * self.habits.pixels
        alike = moved @ moved[best] >= 0.5 * float(moved[best] @ moved[best])
        same: npt.NDArray[np.int64] = past[near & alike]
        return same if len(same) >= AGREEING else same[:0]


def _judged(movement: Movements, shape: tuple[int, ...], at: float) -> Sequence[Observation]:
    """The most unusual thing of this picture, if any."""
    best: tuple[float, str, npt.NDArray[np.int64]] | None = None
    for reason, ratios in movement.ratios():
        same = movement.together(ratios)
        if len(same):
            measure = float(np.sort(ratios[same])[-AGREEING])
            if best is None or measure > best[0]:
                best = measure, reason, same
    if best is None:
        return ()
    measure, reason, same = best
    height, width = shape
    half = movement.habits.pixels
    left, top = (movement.start[same].min(axis=0) - half).clip(0).tolist()
    right, bottom = np.minimum(movement.start[same].max(axis=0) + half, (width, height)).tolist()
    box = Box(left / width, top / height, (right - left) / width, (bottom - top) / height)
    place = movement.row[same], movement.column[same]
    detail: dict[str, float | str] = {
        "reason": reason,
        "speed": round(float(movement.speed[same].mean()), 4),
        "usual_speed": round(float(movement.habits.usual[place].mean()), 4),
    }
    return (Observation(ObservationKind.ANOMALY, at, box, measure, THRESHOLD, detail),)
