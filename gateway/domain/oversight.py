"""Oversight: what looks unusual about somebody's viewing, and what the public is told of all of it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

SHANGHAI = timedelta(hours=8)
NIGHT_BEGINS, NIGHT_ENDS = 22, 6
"""Hours in Shanghai between which only the duty desk is expected to watch."""
WITHIN = timedelta(minutes=10)


class AlertKind(StrEnum):
    """What is unusual."""

    MANY_CAMERAS = "many_cameras"
    MANY_ON_WALL = "many_on_wall"
    OFF_HOURS = "off_hours"
    NO_TICKET = "no_ticket"


class Figure(StrEnum):
    """What the public page counts."""

    VIEWS = "views"
    EXPORTS = "exports"
    REFUSALS = "refusals"


@dataclass(frozen=True, slots=True)
class Look:
    """One look as oversight sees it."""

    at: datetime
    camera_id: str
    wall: bool
    purpose: str
    ticket: bool


@dataclass(frozen=True, slots=True)
class Burst:
    """So many different cameras between these times."""

    since: datetime
    until: datetime
    cameras: int


def first_burst(looks: Iterable[Look], most: int, within: timedelta = WITHIN) -> Burst | None:
    """The first time at which ``most`` different cameras were opened ``within`` so long; looks come in their order."""
    window: deque[Look] = deque()
    seen: Counter[str] = Counter()
    for look in looks:
        window.append(look)
        seen[look.camera_id] += 1
        while window[0].at < look.at - within:
            gone = window.popleft()
            seen[gone.camera_id] -= 1
            if not seen[gone.camera_id]:
                del seen[gone.camera_id]
        if len(seen) >= most:
            return Burst(window[0].at, look.at, len(seen))
    return None


def at_night(at: datetime) -> bool:
    """True between the hours in which only the duty desk is expected to watch."""
    hour = local(at).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def local(at: datetime) -> datetime:
    """The clock on the wall in Shanghai, without its zone."""
    return at.astimezone(UTC).replace(tzinfo=None) + SHANGHAI


def night_of(at: datetime) -> date:
    """The day on which the night began that the time lies in."""
    return (local(at) - timedelta(hours=NIGHT_ENDS)).date()


def month_of(at: datetime) -> str:
    """The month in Shanghai, as 2026-11."""
    return local(at).strftime("%Y-%m")


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """When the month begins and ends."""
    year, number = (int(part) for part in month.split("-"))
    begins = datetime(year, number, 1, tzinfo=UTC) - SHANGHAI
    following = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC) - SHANGHAI
    return begins, following


def months_before(at: datetime, count: int) -> Sequence[str]:
    """The last so many whole months, the newest first."""
    here = local(at)
    year, number = here.year, here.month
    found = []
    for _ in range(count):
        year, number = (year, number - 1) if number > 1 else (year - 1, 12)
        found.append(f"{year:04}-{number:02}")
    return found


COUNTED = {
    "begin_views": Figure.VIEWS,
    "hand_over_export": Figure.EXPORTS,
    "refuse_views": Figure.REFUSALS,
    "refuse_access": Figure.REFUSALS,
    "refuse_export": Figure.REFUSALS,
}
"""Which lines of the audit the public figures count, by action; a line whose detail has a count stands for as many."""
