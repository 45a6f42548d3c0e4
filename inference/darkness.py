"""Black, covered and defocused pictures, judged against what this camera usually shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from gateway.domain.observations import WHOLE_PICTURE, Observation, ObservationKind
from gateway.ports import Frame
from inference.picture import Luma, Plane, halved, reduced

EVERY_SECONDS = 1.0
MIDDLE = 480
DARK_LEVEL = 32
BLACK_SHARE = 0.98
BLOCKS = (12, 8)
TEXTURED = 2.5
"""Mean gradient (levels per pixel) above which a block has something to lose."""
LOST_PART = 0.3
LEAST_RICH = 0.15
"""Share of blocks that must have something to lose before anything can be said of the picture."""
COVERED_SHARE = 0.5
SOFTER = 2.2
"""How many times less fine detail than usual, against coarse detail, counts as out of focus."""
LEARN_SECONDS = 300.0
START_CHECKS = 5
CHECKS_NEEDED = 2
RELEARN_SECONDS = 1800.0
LEAST_OWN = 1 / 3
"""Share of the usual number of textured blocks that a view must have of its own before it may become the usual one."""
STRANGER = 0.4
"""Correlation with the usual texture, where there is texture now, under which a view is another one: real streets are
seldom above it among each other, and the same one in fog, out of focus or partly covered is seldom below."""
TOO_SOFT = 3.3
"""As ``SOFTER``, for another view: streets in focus differ by less than three times among each other."""


@dataclass(slots=True)
class View:
    """What a camera shows, learned slowly: texture per block, and fine detail against coarse."""

    texture: Plane
    sharpness: float
    checks: int = 1

    def learn(self, texture: Plane, sharpness: float, elapsed: float) -> None:
        """Takes one more check in."""
        self.checks += 1
        part = max(1.0 / self.checks if self.checks <= START_CHECKS else 0.0, elapsed / LEARN_SECONDS)
        self.texture = self.texture + (texture - self.texture) * np.float32(part)
        self.sharpness += (sharpness - self.sharpness) * part

    def replaces(self, usual: View) -> bool:
        """Whether it shows something else, and enough of it in focus to be judged by; not the usual view spoilt."""
        if usual.sharpness >= TOO_SOFT * self.sharpness:
            return False
        rich = self.texture > TEXTURED
        count = np.count_nonzero(rich)
        if count < max(LEAST_RICH * rich.size, LEAST_OWN * np.count_nonzero(usual.texture > TEXTURED)):
            return False
        now, before = self.texture[rich] - self.texture[rich].mean(), usual.texture[rich] - usual.texture[rich].mean()
        return float(np.vdot(now, before)) < STRANGER * float(np.linalg.norm(now)) * float(np.linalg.norm(before))


class Darkness:
    """Looks once a second at a middle-sized picture: dark share, texture per block, fine against coarse detail."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._usual: View | None = None
        self._instead: View | None = None
        """What is seen while a fault stands without a break, and for how long."""
        self._instead_seconds = 0.0
        self._runs = {ObservationKind.COVERED: 0, ObservationKind.DEFOCUS: 0}

    def due(self, at: float) -> bool:
        """Whether it is time to look again."""
        return self._at is None or at < self._at or at - self._at >= EVERY_SECONDS

    def detect(self, frame: Frame) -> Sequence[Observation]:
        """Observations of this check; nothing between checks."""
        at = frame.at
        if not self.due(at):
            return ()
        elapsed = 0.0 if self._at is None else min(max(at - self._at, 0.0), 10.0)
        self._at = at
        middle = reduced(frame.luma, MIDDLE)
        dark = float(np.count_nonzero(middle < DARK_LEVEL)) / middle.size
        if dark >= BLACK_SHARE:
            detail: dict[str, float | str] = {"mean": round(float(middle.mean()), 1)}
            self._instead = None
            return (Observation(ObservationKind.BLACK, at, WHOLE_PICTURE, dark, BLACK_SHARE, detail),)
        if min(middle.shape) < 32:
            return ()
        texture, sharpness = _texture(middle)
        return self._judged(texture, sharpness, at, elapsed)

    def _judged(self, texture: Plane, sharpness: float, at: float, elapsed: float) -> Sequence[Observation]:
        usual = self._usual
        if usual is None:
            self._usual = View(texture, sharpness)
            return ()
        rich = usual.texture > TEXTURED
        lost = 0.0
        if np.count_nonzero(rich) >= LEAST_RICH * rich.size:
            gone = texture[rich] < LOST_PART * usual.texture[rich]
            lost = float(np.count_nonzero(gone)) / float(np.count_nonzero(rich))
        softer = usual.sharpness / max(sharpness, 1e-6)
        covered, soft = lost >= COVERED_SHARE, softer >= SOFTER
        if covered or soft:
            self._look_instead(usual, texture, sharpness, elapsed)
        else:
            self._instead = None
            usual.learn(texture, sharpness, elapsed)
        found = []
        if self._lasting(ObservationKind.COVERED, covered):
            found.append(Observation(ObservationKind.COVERED, at, WHOLE_PICTURE, lost, COVERED_SHARE))
        if self._lasting(ObservationKind.DEFOCUS, soft and not covered):
            found.append(Observation(ObservationKind.DEFOCUS, at, WHOLE_PICTURE, softer, SOFTER))
        return found

    def _look_instead(self, usual: View, texture: Plane, sharpness: float, elapsed: float) -> None:
        """Learns beside what is usual, and begins anew with it after long: somebody turned the camera for good."""
        if self._instead is None:
            self._instead, self._instead_seconds = View(texture, sharpness), 0.0
            return
        self._instead.learn(texture, sharpness, elapsed)
        self._instead_seconds += elapsed
        if self._instead_seconds > RELEARN_SECONDS and self._instead.replaces(usual):
            self._usual, self._instead = self._instead, None

    def _lasting(self, kind: ObservationKind, present: bool) -> bool:
        self._runs[kind] = self._runs[kind] + 1 if present else 0
        return self._runs[kind] >= CHECKS_NEEDED


def _texture(middle: Luma) -> tuple[npt.NDArray[np.float32], float]:
    """Mean gradient per block of the quarter-size picture, and fine detail over coarse detail of the whole."""
    coarse = halved(halved(middle))
    slope = np.abs(cv2.Sobel(coarse, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(coarse, cv2.CV_32F, 0, 1))
    fine = np.abs(cv2.Laplacian(middle, cv2.CV_32F))
    blocks = cv2.resize(slope, BLOCKS, interpolation=cv2.INTER_AREA) / np.float32(8)
    return np.asarray(blocks, np.float32), float(fine.mean()) / (float(slope.mean()) + 1.0)
