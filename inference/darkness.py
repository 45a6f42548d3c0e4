"""Black, covered and defocused pictures, judged against what this camera usually shows."""

from __future__ import annotations

from collections.abc import Sequence

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
COVERED_SHARE = 0.5
SOFTER = 2.2
"""How many times less fine detail than usual, against coarse detail, counts as out of focus."""
LEARN_SECONDS = 300.0
START_CHECKS = 5
CHECKS_NEEDED = 2


class Darkness:
    """Looks once a second at a middle-sized picture: dark share, texture per block, fine against coarse detail."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._checks = 0
        self._texture: Plane | None = None
        self._sharpness = 0.0
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
            return (Observation(ObservationKind.BLACK, at, WHOLE_PICTURE, dark, BLACK_SHARE, detail),)
        if min(middle.shape) < 32:
            return ()
        texture, sharpness = _texture(middle)
        return self._judged(texture, sharpness, at, elapsed)

    def _judged(self, texture: Plane, sharpness: float, at: float, elapsed: float) -> Sequence[Observation]:
        usual = self._texture
        if usual is None or usual.shape != texture.shape:
            self._texture, self._sharpness, self._checks = texture, sharpness, 1
            return ()
        rich = usual > TEXTURED
        lost = 0.0
        if np.count_nonzero(rich) >= 0.15 * rich.size:
            lost = float(np.count_nonzero(texture[rich] < LOST_PART * usual[rich])) / float(np.count_nonzero(rich))
        softer = self._sharpness / max(sharpness, 1e-6)
        covered, soft = lost >= COVERED_SHARE, softer >= SOFTER
        if not covered and not soft:
            self._checks += 1
            part = max(1.0 / self._checks if self._checks <= START_CHECKS else 0.0, elapsed / LEARN_SECONDS)
            self._texture = usual + (texture - usual) * np.float32(part)
            self._sharpness += (sharpness - self._sharpness) * part
        found = []
        if self._lasting(ObservationKind.COVERED, covered):
            found.append(Observation(ObservationKind.COVERED, at, WHOLE_PICTURE, lost, COVERED_SHARE))
        if self._lasting(ObservationKind.DEFOCUS, soft and not covered):
            found.append(Observation(ObservationKind.DEFOCUS, at, WHOLE_PICTURE, softer, SOFTER))
        return found

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
