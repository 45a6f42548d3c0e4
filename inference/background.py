"""The background of one place: what the empty view looks like, learned without labels in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.picture import Luma, Plane

Mask = npt.NDArray[np.uint8]
LEAST_SPREAD = 12.0
"""Levels between dark and bright under which a gain cannot be told."""
LEAST_GHOST = 8
"""Resting pixels under which there is no patch to examine."""
SQUARE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Constants of the background model; levels are of 0..255, times are seconds of picture time."""

    floor: float = 12.0
    """A difference under this is noise on any camera."""
    spread: float = 3.0
    """A pixel must differ by this many times its usual wavering."""
    learn_seconds: float = 8.0
    start_seconds: float = 2.0
    waver_seconds: float = 4.0
    hold_reviews: int = 225
    """What stands still for so many reviews, 90 seconds, has become part of the place."""
    review_seconds: float = 0.4
    still_reviews: int = 2
    still_levels: float = 8.0
    shadow_low: float = 0.55
    shadow_high: float = 0.97
    shadow_texture: float = 6.0
    """A shadow dims what lies under it and keeps its texture to within so many levels."""
    dense: int = 115
    """Of 255: a pixel moves when twelve of the twenty-five around it differ."""
    learn_every: float = 0.08
    first_samples: int = 7
    """The model begins as the median of so many pictures, one per review: whoever was passing is not learned."""
    flash_share: float = 0.6
    """When more than this share of the picture differs, the light or the view has changed: nothing is called moving."""
    dubious_share: float = 0.04
    """When more than this share differs, it is tried whether a change of gain explains it."""
    jump_share: float = 0.25
    """The same when the share grows by this much from one picture to the next: things come in gradually."""
    jump_seconds: float = 1.0


class Background:
    """The empty place as learned so far. ``mask`` (255 = moving) belongs to the latest picture.

    ``settled`` is false for the first seconds and after the light changed, while the model learns fast.
    """

    def __init__(self, first: Luma, at: float, tuning: Tuning) -> None:
        self.tuning = tuning
        self.mask: Mask = np.zeros(first.shape, np.uint8)
        self._level = first.astype(np.float32)
        self._waver = np.full(first.shape, 2.0, np.float32)
        self._age: Mask = np.zeros(first.shape, np.uint8)
        self._still: Mask = np.zeros(first.shape, np.uint8)
        self._begin(first, at)

    def _begin(self, first: Luma, at: float) -> None:
        np.copyto(self._level, first)
        self._age.fill(0)
        self._still.fill(0)
        self.mask = np.zeros(first.shape, np.uint8)
        self._share = 0.0
        self._began = self._at = self._reviewed_at = self._learned_at = at
        self._reviewed = first.copy()
        self._samples = [self._reviewed]
        self._refresh()

    def _refresh(self) -> None:
        """Planes derived from the model, renewed at each review rather than at each picture."""
        self._limit = np.maximum(self._waver * self.tuning.spread, np.float32(self.tuning.floor))
        self._local = cv2.blur(self._level, (5, 5)) + np.float32(1.0)
        sample = self._level[::5, ::5].ravel()
        self._order = np.argsort(sample)
        self._sorted = sample[self._order]
        third = sample.size // 3
        self._dark, self._bright = _middle(self._sorted[: max(third, 1)]), _middle(self._sorted[-max(third, 1) :])

    @property
    def settled(self) -> bool:
        """Whether the model has seen the present light long enough to be believed."""
        return self._at - self._began >= self.tuning.start_seconds

    def update(self, small: Luma, at: float) -> Mask:
        """The mask of what moves in this picture; learns from the rest."""
        t = self.tuning
        elapsed = min(max(at - self._at, 0.001), 5.0)
        self._at = at
        now = small.astype(np.float32)
        sample = now[::5, ::5].ravel()[self._order]
        distance = self._distance(now, 1.0, _middle(sample - self._sorted))
        raw = _mask(distance > self._limit)
        if cv2.countNonZero(raw) > t.dubious_share * raw.size:
            gain, offset = self._light(sample)
            relit = self._distance(now, gain, offset)
            other = _mask(relit > self._limit)
            if 2 * cv2.countNonZero(other) < cv2.countNonZero(raw):
                distance, raw = relit, other
                # The place itself has not changed: the model is seen in the new light from now on.
                self._level *= np.float32(gain)
                self._level += np.float32(offset)
                self._refresh()
        count = cv2.countNonZero(raw)
        share, before = count / raw.size, self._share
        self._share = share
        if share > t.flash_share or (share - before > t.jump_share and elapsed < t.jump_seconds):
            self._begin(small, at)
            return self.mask
        self.mask = self._cleaned(raw, small, now) if count else raw
        if at - self._learned_at >= t.learn_every:
            self._learn(now, distance, min(at - self._learned_at, 5.0))
            self._learned_at = at
        if at - self._reviewed_at >= self.tuning.review_seconds:
            self._review(small, now, min(at - self._reviewed_at, 5.0))
            self._reviewed_at = at
        return self.mask

    def _distance(self, now: Plane, gain: float, offset: float) -> Plane:
        """How much each pixel differs from the model seen in that light."""
        if gain != 1.0:
            now = now * np.float32(1 / gain)
            offset /= gain
        difference = now - self._level
        if abs(offset) > 0.75:
            difference -= np.float32(offset)
        distance: Plane = np.abs(difference, out=difference)
        return distance

    def _light(self, sample: Plane) -> tuple[float, float]:
        """Gain and offset of the present light against the model's, from the middles of its dark and bright thirds."""
        third = sample.size // 3
        spread = self._bright - self._dark
        if third < 8 or spread < LEAST_SPREAD:
            return 1.0, 0.0
        dark, bright = _middle(sample[:third]), _middle(sample[-third:])
        gain = min(max((bright - dark) / spread, 0.2), 5.0)
        return gain, (dark + bright - gain * (self._dark + self._bright)) / 2

    def _cleaned(self, raw: Mask, small: Luma, now: Plane) -> Mask:
        """Without shadows and specks, with small holes closed."""
        t = self.tuning
        gain = cv2.divide(cv2.blur(small, (5, 5)).astype(np.float32), self._local)
        residual = cv2.convertScaleAbs(now - self._level * gain)
        shadow = np.asarray(cv2.inRange(gain, t.shadow_low, t.shadow_high), np.uint8)
        shadow &= _mask(cv2.blur(residual, (3, 3)) < t.shadow_texture)
        raw = raw & ~shadow
        return _mask(cv2.blur(raw, (5, 5)) > t.dense)

    def _learn(self, now: Plane, distance: Plane, elapsed: float) -> None:
        t = self.tuning
        quiet = cv2.bitwise_not(self.mask)
        part = 1.0 - math.exp(-elapsed / t.learn_seconds)
        cv2.accumulateWeighted(now, self._level, part, quiet)
        cv2.accumulateWeighted(distance, self._waver, 1.0 - math.exp(-elapsed / t.waver_seconds), quiet)

    def _review(self, small: Luma, now: Plane, elapsed: float) -> None:
        """A few times a second: ages what stands, takes in what has stood long, drops ghosts."""
        t = self.tuning
        steps = min(max(round(elapsed / t.review_seconds), 1), 20)
        self._age = _counted(self._age, steps, self.mask)
        unchanged = _mask(cv2.absdiff(small, self._reviewed) <= t.still_levels)
        self._still = _counted(self._still, steps, unchanged)
        self._reviewed = small.copy()
        if self._samples:
            self._sample(self._reviewed)
        resting = (self._still >= t.still_reviews).view(np.uint8) & self.mask
        if cv2.countNonZero(resting) > LEAST_GHOST:
            taken = (self._age >= t.hold_reviews) | self._ghosts(now, resting)
            np.copyto(self._level, now, where=taken)
            self._age[taken] = 0
        self._refresh()

    def _sample(self, small: Luma) -> None:
        self._samples.append(small)
        np.copyto(self._level, np.median(np.stack(self._samples), axis=0))
        if len(self._samples) >= self.tuning.first_samples:
            self._samples = []

    def _ghosts(self, now: Plane, resting: Mask) -> npt.NDArray[np.bool_]:
        """Where a still patch has its outline in the model and not in the picture: a thing learned that has left."""
        count, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(self.mask, 8, cv2.CV_16U, cv2.CCL_GRANA)
        ring = np.nonzero(cv2.morphologyEx(self.mask, cv2.MORPH_GRADIENT, SQUARE))
        around = cv2.dilate(labels, SQUARE)[ring]
        present = np.bincount(around, _slope(now)[ring], count)
        learned = np.bincount(around, _slope(self._level)[ring], count)
        rests = np.bincount(labels[resting > 0], minlength=count)
        ghost = (learned > 1.3 * present) & (rests > 0.7 * stats[:, cv2.CC_STAT_AREA])
        ghost[0] = False
        return np.asarray(ghost[labels], np.bool_)


def _counted(counts: Mask, steps: int, where: Mask) -> Mask:
    """The counts raised, up to 255, where the mask is set and back at 0 elsewhere."""
    return (np.minimum(counts, np.uint8(255 - steps)) + np.uint8(steps)) & where


def _middle(sample: Plane) -> float:
    half = sample.size >> 1
    return float(np.partition(sample, half)[half])


def _mask(where: npt.NDArray[np.bool_]) -> Mask:
    return where.view(np.uint8) * np.uint8(255)


def _slope(plane: Plane) -> Plane:
    slope = np.abs(cv2.Sobel(plane, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(plane, cv2.CV_32F, 0, 1))
    return slope.astype(np.float32, copy=False)
