"""The catalogue of detectors: composes what one camera needs and shares the work between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2

from gateway.domain.observations import Observation, ObservationKind
from gateway.ports import Detector, Frame
from inference.anomaly import Anomaly
from inference.darkness import Darkness
from inference.freeze import Freeze
from inference.motion import Motion
from inference.picture import reduced
from inference.scene import Scene

NAMES = ("motion", "anomaly", "freeze", "darkness", "scene")
BLINDING = frozenset({ObservationKind.BLACK, ObservationKind.COVERED})


class DefaultSet:
    """Motion, anomaly, freeze, darkness and scene over one reduction of each picture.

    A picture that is black or covered says nothing about focus or place, and one whose place is in doubt nothing about
    focus: only the plainest fault is told. While a fault stands, movement in the picture is not told either.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self._motion = Motion() if names & {"motion", "anomaly"} else None
        self._tells_motion = "motion" in names
        self._anomaly = Anomaly(self._motion) if self._motion is not None and "anomaly" in names else None
        self._freeze = Freeze() if "freeze" in names else None
        self._darkness = Darkness() if "darkness" in names else None
        self._scene = Scene() if "scene" in names else None
        self._faults: frozenset[ObservationKind] = frozenset()

    def detect(self, frame: Frame) -> Sequence[Observation]:
        """Findings in this picture by every detector of the set; boxes are fractions of it."""
        if frame.luma.ndim != 2 or min(frame.luma.shape) < 1:
            return ()
        small = Frame(reduced(frame.luma), frame.at, frame.keyframe)
        found = self._faulty(frame, small)
        if self._motion is not None:
            moving = self._motion.detect(small)
            unusual = () if self._anomaly is None else self._anomaly.detect(small)
            if not self._faults:
                found.extend(moving if self._tells_motion else ())
                found.extend(unusual)
        return found

    def _faulty(self, frame: Frame, small: Frame) -> list[Observation]:
        found: list[Observation] = []
        checked = self._darkness is not None and self._darkness.due(frame.at)
        if self._freeze is not None:
            found.extend(self._freeze.detect(small))
        if self._darkness is not None:
            found.extend(self._darkness.detect(frame))
        moved = () if self._scene is None else self._scene.detect(small)
        kinds = {observation.kind for observation in found}
        if not kinds & BLINDING:
            found.extend(moved)
        if self._scene is not None and self._scene.doubtful:
            found = [observation for observation in found if observation.kind is not ObservationKind.DEFOCUS]
        if (kinds | self._faults) & BLINDING:
            found = [observation for observation in found if observation.kind is not ObservationKind.FREEZE]
        if checked:
            self._faults = frozenset(observation.kind for observation in found) - {ObservationKind.FREEZE}
        return found


def build(settings: Mapping[str, Any]) -> Detector:
    """The detectors of one camera. ``settings`` may switch some off, {"scene": False}; none named means all.

    Raises ``ValueError`` with one sentence for an unknown name or a value other than true and false.
    """
    for name, on in settings.items():
        if name not in NAMES:
            raise ValueError(f"there is no detector {name!r}: there are {', '.join(NAMES)}")
        if not isinstance(on, bool):
            raise ValueError(f"detector {name!r} is switched by true or false, not {on!r}")
    # The pictures are small: spreading one over threads costs more than it saves, and starves the other cameras.
    cv2.setNumThreads(1)
    return DefaultSet(frozenset(name for name in NAMES if settings.get(name, True)))
