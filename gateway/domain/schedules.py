"""Schedules: on which local days and hours a rule looks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Local days and hours. ``hours`` are minutes of the day (from, to); one over midnight belongs to its first day."""

    days: frozenset[int]
    hours: tuple[tuple[int, int], ...]

    def holds(self, at: float, offset_minutes: int) -> bool:
        """Whether the Unix time lies within, at that offset from UTC."""
        local = datetime.fromtimestamp(at, UTC) + timedelta(minutes=offset_minutes)
        minute, day = local.hour * 60 + local.minute, local.weekday()
        for start, end in self.hours:
            if start < end:
                if day in self.days and start <= minute < end:
                    return True
            elif (day in self.days and minute >= start) or ((day - 1) % 7 in self.days and minute < end):
                return True
        return False


def schedule_from(item: object) -> Schedule:
    """A schedule of {days: [mon, ...], hours: ["22:00-06:00", ...]}; a missing key means every day or all hours.

    Raises ``ValueError`` with one sentence.
    """
    if not isinstance(item, Mapping):
        raise ValueError(f"a schedule is a mapping with days and hours, not {item!r}")
    unknown = sorted(str(key) for key in item if key not in ("days", "hours"))
    if unknown:
        raise ValueError(f"a schedule has no key {unknown[0]!r}: it knows days and hours")
    days = frozenset(_day(day) for day in _listed("days", item.get("days", DAYS)))
    return Schedule(days, tuple(_window(text) for text in _listed("hours", item.get("hours", ["00:00-24:00"]))))


def _listed(key: str, value: object) -> Sequence[object]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ValueError(f"a schedule's {key} are a list with at least one entry, not {value!r}")
    return value


def _day(day: object) -> int:
    if day not in DAYS:
        raise ValueError(f"a schedule's days are {', '.join(DAYS)}, not {day!r}")
    return DAYS.index(str(day))


def _window(text: object) -> tuple[int, int]:
    found = _WINDOW.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f'a schedule\'s hours look like "22:00-06:00", not {text!r}')
    from_hour, from_minute, to_hour, to_minute = (int(group) for group in found.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if end > 24 * 60 or start == end:
        raise ValueError(f"a schedule's hours begin and end at different minutes of a day, not {text!r}")
    return start, end
