"""Deadlines: four ways of counting time, a working calendar, and the limit of each category (domain notes 2.4, 2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

from gateway.domain.holidays import DAYS_OFF, WORKED_WEEKENDS

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one offset all year, so no time zone database is needed."""

HORIZON_DAYS = 4_000
"""A calendar that has no working time within this many days is a mistake, not a long holiday."""


class TimeUnit(StrEnum):
    """How a limit is counted."""

    URGENT_HOURS = "urgent_hours"
    """紧急工作时: runs through nights, weekends and holidays."""
    WORK_HOURS = "work_hours"
    """工作时: only inside working hours."""
    WORK_DAYS = "work_days"
    """工作日: each as long as one day's working hours."""
    NATURAL_DAYS = "natural_days"
    """自然日: 24 hours each."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When work is done: spans of local time on working days, days off, and weekend days worked instead."""

    spans: tuple[tuple[time, time], ...] = ((time(8), time(12)), (time(14), time(18)))
    days_off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    zone: timezone = SHANGHAI

    def is_workday(self, day: date) -> bool:
        """True if people work on that day: an adjusted work day beats a holiday, a holiday beats the week."""
        if day in self.worked:
            return True
        return day not in self.days_off and day.weekday() < 5

    @property
    def day_length(self) -> timedelta:
        """Working time of one working day."""
        anchor = date(2000, 1, 1)
        return sum((self._at(anchor, end) - self._at(anchor, begin) for begin, end in self.spans), timedelta())

    def stretches(self, begin: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working stretches from that moment on, in order, the first one cut to it. Ends at the horizon."""
        first = begin.astimezone(self.zone).date()
        for offset in range(HORIZON_DAYS):
            day = first + timedelta(days=offset)
            if not self.is_workday(day):
                continue
            for opens, closes in self.spans:
                start, end = max(self._at(day, opens), begin), self._at(day, closes)
                if start < end:
                    yield start, end

    def add(self, begin: datetime, amount: timedelta) -> datetime:
        """The moment at which that much working time has passed. Raises ``ValueError`` if there is none in sight."""
        left = amount
        for start, end in self.stretches(begin):
            if left <= end - start:
                return (start + left).astimezone(UTC)
            left -= end - start
        raise ValueError("the calendar has no working time within the horizon")

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Working time from begin to end; zero if end is not later."""
        total = timedelta()
        for start, stop in self.stretches(begin):
            if start >= end:
                break
            total += min(stop, end) - start
        return total

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone)


def day_of(at: datetime) -> date:
    """The day that it is here at that time."""
    return at.astimezone(SHANGHAI).date()


def _days(first: str, last: str) -> Iterator[date]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        yield day
        day += timedelta(days=1)


DEFAULT_CALENDAR = Calendar(
    days_off=frozenset(day for first, last in DAYS_OFF for day in _days(first, last)),
    worked=frozenset(date.fromisoformat(day) for day in WORKED_WEEKENDS),
)


def deadline(begin: datetime, unit: TimeUnit, amount: int, calendar: Calendar = DEFAULT_CALENDAR) -> datetime:
    """When a limit that starts at ``begin`` ends, UTC. Raises ``ValueError`` on a negative amount or a naive begin."""
    if amount < 0:
        raise ValueError("a limit cannot be negative")
    if begin.tzinfo is None:
        raise ValueError("a limit needs a begin with a time zone")
    match unit:
        case TimeUnit.URGENT_HOURS:
            return begin.astimezone(UTC) + timedelta(hours=amount)
        case TimeUnit.NATURAL_DAYS:
            return begin.astimezone(UTC) + timedelta(days=amount)
        case TimeUnit.WORK_HOURS:
            return calendar.add(begin, timedelta(hours=amount))
        case TimeUnit.WORK_DAYS:
            return calendar.add(begin, amount * calendar.day_length)


Limit = tuple[TimeUnit, int]

URGENT_LIMIT: Limit = (TimeUnit.URGENT_HOURS, 2)
"""What "urgent" shortens any longer limit to."""


_BY_MINOR: dict[str, Limit] = {
    "0101": (TimeUnit.WORK_DAYS, 15),
    "0102": (TimeUnit.WORK_HOURS, 4),
    "0103": (TimeUnit.WORK_DAYS, 2),
    "0104": (TimeUnit.WORK_HOURS, 2),
    "0105": (TimeUnit.WORK_DAYS, 3),
    "0106": (TimeUnit.WORK_HOURS, 4),
    "0110": (TimeUnit.WORK_DAYS, 5),
    "0302": (TimeUnit.WORK_HOURS, 4),
    "0401": (TimeUnit.URGENT_HOURS, 4),
    "0402": (TimeUnit.URGENT_HOURS, 4),
    "0403": (TimeUnit.URGENT_HOURS, 2),
    "0406": (TimeUnit.WORK_HOURS, 4),
    "0408": (TimeUnit.URGENT_HOURS, 4),
    "0501": (TimeUnit.WORK_HOURS, 2),
    "0504": (TimeUnit.WORK_HOURS, 2),
    "0505": (TimeUnit.WORK_HOURS, 2),
    "0506": (TimeUnit.WORK_HOURS, 2),
}

_BY_MAJOR: dict[str, Limit] = {
    "01": (TimeUnit.WORK_DAYS, 1),
    "02": (TimeUnit.WORK_DAYS, 1),
    "03": (TimeUnit.WORK_DAYS, 1),
    "04": (TimeUnit.URGENT_HOURS, 4),
    "05": (TimeUnit.WORK_HOURS, 4),
}

_OTHERWISE: Limit = (TimeUnit.WORK_DAYS, 2)


def default_for(code: str) -> Limit:
    """The default limit of a 10-digit category code: by its minor, else its major, else two working days."""
    minor = code[6:10]
    return _BY_MINOR.get(minor) or _BY_MAJOR.get(minor[:2]) or _OTHERWISE
