"""Scene moved: the view no longer matches the one learned for this camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from gateway.domain.observations import WHOLE_PICTURE, Observation, ObservationKind
from gateway.ports import Frame
from inference.picture import Luma, reduced

Field = npt.NDArray[np.complex64]

EVERY_SECONDS = 1.0
LONGEST = 120
SOFT = 24.0
"""Gradient at which an edge counts half: strong edges count alike by day and by night."""
SHIFT_SHARE = 0.06
"""A shift under this share of the picture's longer side is wind on the mast, or a dome that came back inexactly."""
LOST_PART = 0.4
LEAST_STRUCTURE = 0.02
"""Mean edge strength under which a picture (night without lamps, a lens cap) says nothing about the place."""
DARKEST, BRIGHTEST, LEAST_EXPOSED = 20, 244, 0.3
"""So much of a picture must be neither black nor burnt out before it is compared."""
LEARN_SECONDS = 300.0
START_CHECKS = 5
CHECKS_NEEDED = 2
RELEARN_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Match:
    """How well the view fits the reference nearby, at the best shift of all, and that shift in picture shares."""

    near: float
    best: float
    shift_x: float
    shift_y: float

    @property
    def shift(self) -> float:
        """Length of the best shift as a share of the picture."""
        return float(np.hypot(self.shift_x, self.shift_y))


class Scene:
    """Compares edge directions with a slowly learned reference, at every shift at once, once a second."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._reference: Field | None = None
        self._usual = 1.0
        self._checks = 0
        self._run = 0
        self._moved_since: float | None = None

    @property
    def doubtful(self) -> bool:
        """Whether the latest check did not know the view again."""
        return self._run > 0

    def detect(self, frame: Frame) -> Sequence[Observation]:
        """An observation per check while the view differs."""
        at = frame.at
        if self._at is not None and 0 <= at - self._at < EVERY_SECONDS:
            return ()
        elapsed = 0.0 if self._at is None else min(max(at - self._at, 0.0), 10.0)
        self._at = at
        small = reduced(frame.luma, LONGEST)
        if min(small.shape) < 16:
            return ()
        now = edge_field(small)
        exposed = np.count_nonzero((small > DARKEST) & (small < BRIGHTEST)) / small.size
        if exposed < LEAST_EXPOSED or float(np.abs(now).mean()) < LEAST_STRUCTURE:
            return ()
        reference = self._reference
        if reference is None or reference.shape != now.shape:
            self._begin(now)
            return ()
        match = matched(reference, now, 0.6 * self._usual)
        # By chance the best of all shifts is nearby once in fifty: a weak fit that is still the best one is night.
        moved = match.shift >= SHIFT_SHARE and match.near < LOST_PART * self._usual
        self._run = self._run + 1 if moved else 0
        if not moved:
            self._learn(reference, now, match.near, elapsed)
        return self._judged(match, at, now)

    def _judged(self, match: Match, at: float, now: Field) -> Sequence[Observation]:
        if self._run < CHECKS_NEEDED:
            self._moved_since = None
            return ()
        if self._moved_since is None:
            self._moved_since = at
        if at - self._moved_since > RELEARN_SECONDS:
            self._begin(now)
        difference = 1.0 - max(match.near, 0.0) / self._usual
        detail: dict[str, float | str] = {
            "shift_x": round(match.shift_x, 3),
            "shift_y": round(match.shift_y, 3),
            "fit": round(match.near, 3),
            "usual_fit": round(self._usual, 3),
            "best_fit": round(match.best, 3),
        }
        threshold = min(difference, 1.0 - LOST_PART)
        return (Observation(ObservationKind.SCENE_MOVED, at, WHOLE_PICTURE, difference, threshold, detail),)

    def _begin(self, now: Field) -> None:
        self._reference, self._usual, self._checks, self._run = now, 1.0, 1, 0
        self._moved_since = None

    def _learn(self, reference: Field, now: Field, near: float, elapsed: float) -> None:
        self._checks += 1
        part = max(1.0 / self._checks if self._checks <= START_CHECKS else 0.0, elapsed / LEARN_SECONDS)
        self._reference = reference + (now - reference) * np.float32(part)
        self._usual += (near - self._usual) * max(part, 0.02)


def edge_field(small: Luma) -> Field:
    """Edge directions as complex numbers: sideways slope + i x upward slope, strong slopes flattened to length 1."""
    across = cv2.Sobel(small, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(small, cv2.CV_32F, 0, 1)
    length = cv2.magnitude(across, down) + np.float32(SOFT)
    field = (across / length) + np.complex64(1j) * (down / length)
    return np.asarray(field, np.complex64)


def matched(reference: Field, now: Field, certain: float = 2.0) -> Match:
    """The fit of two fields at every cyclic shift: 1 for the same view, about 0 for strangers.

    When they fit by ``certain`` as they are, other shifts are not tried.
    """
    height, width = now.shape
    strength = float(np.linalg.norm(reference)) * float(np.linalg.norm(now))
    if strength < 1e-3:
        return Match(0.0, 0.0, 0.0, 0.0)
    here = float(np.vdot(reference, now).real) / strength
    if here >= certain:
        return Match(here, here, 0.0, 0.0)
    plane = np.fft.ifft2(np.fft.fft2(now) * np.conj(np.fft.fft2(reference))).real / strength
    row, column = divmod(int(plane.argmax()), width)
    dy = row - height if row > height // 2 else row
    dx = column - width if column > width // 2 else column
    longest = max(height, width)
    reach = int(SHIFT_SHARE * longest)
    rows, columns = np.arange(-reach, reach + 1)[:, None], np.arange(-reach, reach + 1)[None, :]
    near = float(plane[rows, columns].max())
    return Match(near, float(plane[row, column]), dx / longest, dy / longest)
