"""Observations: what a detector says about one picture of one camera."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ObservationKind(StrEnum):
    """What was observed. The last seven are faults of a device, not happenings in the street."""

    MOTION = "motion"
    ANOMALY = "anomaly"
    SIGNAL_LOSS = "signal_loss"
    FREEZE = "freeze"
    BLACK = "black"
    COVERED = "covered"
    DEFOCUS = "defocus"
    SCENE_MOVED = "scene_moved"


FAULTS = frozenset(
    {
        ObservationKind.SIGNAL_LOSS,
        ObservationKind.FREEZE,
        ObservationKind.BLACK,
        ObservationKind.COVERED,
        ObservationKind.DEFOCUS,
        ObservationKind.SCENE_MOVED,
    }
)
"""Kinds that say something about the device; they become maintenance work without confirmation."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the picture, origin top left; all four within 0..1."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box as picture fractions (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2


WHOLE_PICTURE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Observation:
    """One finding in one picture: what, where, how strong, and the threshold it passed.

    ``at`` is the picture's Unix time in seconds. ``measure`` and ``threshold`` share a unit that belongs to the kind;
    ``detail`` names further figures that help a person see why (short keys, plain numbers or words).
    """

    kind: ObservationKind
    at: float
    box: Box
    measure: float
    threshold: float
    detail: dict[str, float | str] = field(default_factory=dict)
