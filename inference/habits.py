"""Habits of a place: where things move, how fast and which way, learned per cell without labels.

The memory is a grid of small histograms whose counts fade: it does not grow, and last month weighs less than today.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.picture import Luma, Plane, halved

Indices = npt.NDArray[np.int64]

CELLS_ALONG = 24
SPEEDS = 24
SLOWEST = 0.01
"""Lower edge of the first speed class, in picture widths a second; each class is a third of an octave wide."""
PER_OCTAVE = 3.0
WAYS = 8
USUAL_TOP = 0.9
"""The usual limit of speed is what this part of all movements stays under."""
FADE_SECONDS = 6 * 3600.0
SUPPORT = 30.0
"""Movements seen nearby before a cell is judged by its own; until then its row and the whole picture stand in."""


class Habits:
    """Counts of movements by cell, speed class and direction, and the limits that follow from them."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        height, width = shape
        self.pixels = max(4.0, max(height, width) / CELLS_ALONG)
        self.rows = max(1, round(height / self.pixels))
        self.columns = max(1, round(width / self.pixels))
        self._speeds = np.zeros((SPEEDS, self.rows, self.columns), np.float32)
        self._ways = np.zeros((WAYS, self.rows, self.columns), np.float32)
        self._moved = np.zeros((self.rows, self.columns), np.float32)
        self.watched = 0.0
        self.movements = 0.0
        self.usual: Plane = np.full((self.rows, self.columns), SLOWEST, np.float32)
        self.limit: Plane = np.full((self.rows, self.columns), SLOWEST, np.float32)
        self.way_share: Plane = np.full((WAYS, self.rows, self.columns), 1.0 / WAYS, np.float32)
        self.way_support: Plane = np.zeros((self.rows, self.columns), np.float32)
        self.moved_share: Plane = np.ones((self.rows, self.columns), np.float32)

    def cells(self, points: Plane) -> tuple[Indices, Indices]:
        """Row and column of each (x, y) in pixels of the small picture."""
        column = np.minimum((points[:, 0] / self.pixels).astype(np.int64), self.columns - 1)
        row = np.minimum((points[:, 1] / self.pixels).astype(np.int64), self.rows - 1)
        return row, column

    def per_cell(self, mask: Luma) -> Luma:
        """The mean of the mask in each cell."""
        coarse = halved(mask) if min(mask.shape) > 1 else mask
        return np.asarray(cv2.resize(coarse, (self.columns, self.rows), interpolation=cv2.INTER_AREA), np.uint8)

    def add(self, row: Indices, column: Indices, speed: Plane, way: Indices) -> None:
        """Counts movements; those too slow to have a direction count for speed only."""
        level = np.clip(PER_OCTAVE * np.log2(np.maximum(speed, 1e-6) / SLOWEST), 0, SPEEDS - 1).astype(np.int64)
        np.add.at(self._speeds, (level, row, column), 1.0)
        quick = speed > SLOWEST
        np.add.at(self._ways, (way[quick], row[quick], column[quick]), 1.0)
        self.movements += len(speed)

    def watch(self, moving: Plane, elapsed: float) -> None:
        """Time passes; ``moving`` is the share of each cell that moves now."""
        self._moved += moving * np.float32(elapsed)
        self.watched += elapsed

    def refresh(self, elapsed: float) -> None:
        """Renews the limits from the counts and lets the counts fade; to be called every few seconds."""
        keep = np.float32(np.exp(-elapsed / FADE_SECONDS))
        for counts in (self._speeds, self._ways, self._moved):
            counts *= keep
        self.watched *= float(keep)
        # Things at one height of a picture are about equally far away: neighbours along the row say more.
        near = np.stack([cv2.blur(plane, (7, 3)) for plane in self._speeds]).astype(np.float32)
        row = self._speeds.mean(axis=2, keepdims=True)
        whole = self._speeds.mean(axis=(1, 2), keepdims=True)
        mixed = _backed(_backed(near * np.float32(21), row * self.columns), whole * self._moved.size)
        self.usual, self.limit = _quantile(mixed, 0.5), _quantile(mixed, USUAL_TOP)
        ways = np.stack([cv2.blur(plane, (5, 5)) for plane in self._ways]).astype(np.float32) * np.float32(25)
        self.way_support = ways.sum(axis=0, dtype=np.float32)
        wide = ways + np.roll(ways, 1, axis=0) + np.roll(ways, -1, axis=0)
        self.way_share = np.asarray(wide / np.maximum(self.way_support, 1.0), np.float32)
        self.moved_share = np.asarray(cv2.blur(self._moved, (3, 3)) / max(self.watched, 1.0), np.float32)


def _backed(counts: Plane, wider: Plane) -> Plane:
    """Shares per class: those of ``counts``, with ``wider`` standing in as far as counts are few."""
    total = counts.sum(axis=0, keepdims=True)
    wider_share = wider / np.maximum(wider.sum(axis=0, keepdims=True), 1e-6)
    return np.asarray((counts + np.float32(SUPPORT) * wider_share) / (total + np.float32(SUPPORT)), np.float32)


def _quantile(shares: Plane, part: float) -> Plane:
    """The speed that this part of the movements stays under, interpolated within its class."""
    summed = np.cumsum(shares / np.maximum(shares.sum(axis=0, keepdims=True), 1e-6), axis=0)
    level = np.minimum((summed < part).sum(axis=0), SPEEDS - 1)
    upper = np.take_along_axis(summed, level[None], axis=0)[0]
    lower = np.where(level > 0, np.take_along_axis(summed, np.maximum(level - 1, 0)[None], axis=0)[0], 0.0)
    inside = np.clip((part - lower) / np.maximum(upper - lower, 1e-6), 0, 1)
    return np.asarray(SLOWEST * 2.0 ** ((level + inside) / PER_OCTAVE), np.float32)
