"""Events: what rules made of observations, from birth in a worker to a person's decision."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from gateway.domain.observations import Box, ObservationKind


class Phase(StrEnum):
    """A moment in an event's life; an event is opened once, extended any number of times and closed once."""

    OPEN = "open"
    EXTEND = "extend"
    CLOSE = "close"


CUT_SHORT = "cut_short"
"""In the ``why`` of a closing: the watching ended, not what was watched."""


class CandidateState(StrEnum):
    """Where a candidate stands."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Event:
    """A report of one phase of one event. ``id`` is a UUIDv7 given at birth; times are Unix seconds.

    ``picture_at`` is when the device sent the picture that opened it. ``why`` holds the measure, the
    threshold and what else a person needs to see why the rule fired.
    """

    id: str
    camera_id: str
    rule_id: str
    kind: ObservationKind
    phase: Phase
    opened_at: float
    last_at: float
    picture_at: float
    box: Box
    measure: float
    threshold: float
    fault: bool
    why: dict[str, float | str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether this report says that what was seen is over; if the watching only stopped, it may be going on."""
        return self.phase is Phase.CLOSE and CUT_SHORT not in self.why

    def cut_short(self, reason: str) -> Event:
        """The closing of an event whose end nobody saw."""
        return replace(self, phase=Phase.CLOSE, why={**self.why, CUT_SHORT: reason})
