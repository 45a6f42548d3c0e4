"""Hours: the weekly windows of local time in which a grant holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.domain.schedules import Schedule

WEEK = 7
CHINA_MINUTES = 480
"""China keeps one offset from UTC all year, so no time zone database is needed."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A weekly schedule and the offset from UTC, in minutes, of the clocks it speaks of."""

    schedule: Schedule
    offset_minutes: int = CHINA_MINUTES

    def hold(self, at: datetime) -> bool:
        """Whether the moment lies in a window."""
        return self.schedule.holds(at.timestamp(), self.offset_minutes)

    def end(self, at: datetime) -> datetime | None:
        """When the windows that hold at that moment are over; None if they never are, or hold nothing then."""
        return next((edge for edge in self._edges(at) if not self.hold(edge)), None) if self.hold(at) else None

    def start(self, at: datetime) -> datetime | None:
        """The first moment from then on that lies in a window; None if no window ever comes."""
        return at if self.hold(at) else next((edge for edge in self._edges(at) if self.hold(edge)), None)

    def within(self, other: Hours) -> bool:
        """True if every moment of these hours is one of the other's."""
        first = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday; every week is like the next
        edges = [first, *self._edges(first), *other._edges(first)]
        return all(other.hold(edge) for edge in edges if self.hold(edge))

    def _edges(self, at: datetime) -> Iterator[datetime]:
        """Every moment in the week to come at which some window begins or ends, in order."""
        local = at.astimezone(UTC) + timedelta(minutes=self.offset_minutes)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(minutes=self.offset_minutes)
        minutes = sorted({minute % 1440 for window in self.schedule.hours for minute in window})
        for day in range(WEEK + 2):
            for minute in minutes:
                edge = midnight + timedelta(days=day, minutes=minute)
                if edge > at:
                    yield edge
