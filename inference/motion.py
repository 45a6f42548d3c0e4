"""Motion: what differs from the empty place, as boxes and as a share of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2

from gateway.domain.observations import Box, Observation, ObservationKind
from gateway.ports import Frame
from inference.background import Background, Mask, Tuning

SMALLEST_SHARE = 0.0008
"""A patch under this share of the picture is a bird, a leaf or noise."""
MOST_BOXES = 12
LONG_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Patch:
    """One connected moving region: rectangle and area in pixels of the small picture."""

    x: int
    y: int
    width: int
    height: int
    area: float


class Motion:
    """Moving regions, largest first. The measure is a region's share of the picture.

    ``mask`` and ``patches`` of the latest picture are there for other detectors of the same camera.
    """

    def __init__(self, tuning: Tuning | None = None) -> None:
        self._tuning = tuning or Tuning()
        self._background: Background | None = None
        self._at = 0.0
        self.mask: Mask | None = None
        self.patches: Sequence[Patch] = ()
        self.settled = False

    def detect(self, frame: Frame) -> Sequence[Observation]:
        """One observation per moving region; none while the model is still learning the light."""
        small, at = frame.luma, frame.at
        known = self._background
        self.patches, self.settled = (), False
        if known is None or known.mask.shape != small.shape or not 0 <= at - self._at < LONG_PAUSE_SECONDS:
            self._background = Background(small, at, self._tuning)
            self.mask, self._at = self._background.mask, at
            return ()
        self._at = at
        self.mask = known.update(small, at)
        self.settled = known.settled
        if not self.settled:
            return ()
        self.patches = _patches(self.mask)
        return [_observation(patch, self.mask.shape, at) for patch in self.patches]


def _patches(mask: Mask) -> Sequence[Patch]:
    if not cv2.countNonZero(mask):
        return ()
    # Outlines are several times cheaper than labelled components; what lies inside an outline counts as of the thing.
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    smallest = max(SMALLEST_SHARE * mask.size, 1.0)
    found = []
    for outline in outlines:
        x, y, width, height = cv2.boundingRect(outline)
        if width * height < smallest:
            continue
        # The outline runs through the middles of the outer pixels: half its length is missing from its area.
        area = cv2.contourArea(outline) + cv2.arcLength(outline, True) / 2 + 1
        if area >= smallest:
            found.append(Patch(x, y, width, height, min(area, float(width * height))))
    found.sort(key=lambda patch: -patch.area)
    return found[:MOST_BOXES]


def _observation(patch: Patch, shape: tuple[int, ...], at: float) -> Observation:
    height, width = shape
    box = Box(patch.x / width, patch.y / height, patch.width / width, patch.height / height)
    return Observation(ObservationKind.MOTION, at, box, patch.area / (width * height), SMALLEST_SHARE)
