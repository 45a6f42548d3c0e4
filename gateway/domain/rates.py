"""Rates: how much of the time cameras were there (在线率) and showed a good picture (完好率), by written formulas.

Every rate is a numerator over a denominator and knows both; over nothing it has no value. Planned works suppress
tickets, not statistics: only the instant online rate leaves out cameras that are suspended for works, because nobody
expects them now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.cameras import CameraState

ONLINE = frozenset({CameraState.ONLINE, CameraState.FAULTY})
"""A camera with a bad picture is online."""

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Rate:
    """A numerator over a denominator; ``value`` is None over nothing."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        """The share, rounded to four digits."""
        return round(self.numerator / self.denominator, 4) if self.denominator else None


@dataclass(frozen=True, slots=True)
class Now:
    """One camera at this moment: its state as shown, and whether it is suspended for works."""

    state: CameraState
    works: bool = False


@dataclass(frozen=True, slots=True)
class Spell:
    """A time that a camera spent in one state; ``ended_at`` None means it still does."""

    state: CameraState
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CameraDay:
    """Seconds of one camera within one period: in service, online, and online with a good picture."""

    due: float
    online: float
    good: float


@dataclass(frozen=True, slots=True)
class Rates:
    """The four rates of some cameras."""

    cameras: int
    instant: Rate
    """瞬时在线率: online now / should be online (in service, not suspended for works)."""
    timed: Rate
    """时间在线率: the sum of each camera's share of its time online / cameras that were in service."""
    picture: Rate
    """图像完好率: good now / diagnosed now, and diagnosed are those online."""
    overall: Rate
    """综合完好率: good now / all in service."""


def measured(spells: Iterable[Spell], since: datetime, until: datetime, created_at: datetime) -> CameraDay:
    """One camera's seconds between two moments, from its history of states.

    Before its first report a camera in the catalogue is expected and not online; while it is switched off, a draft or
    out of service it is not expected.
    """
    begin = max(since, created_at)
    if begin >= until:
        return CameraDay(0.0, 0.0, 0.0)
    due, online, good = (until - begin).total_seconds(), 0.0, 0.0
    for spell in spells:
        start, end = max(spell.began_at, begin), min(spell.ended_at or until, until)
        seconds = max(0.0, (end - start).total_seconds())
        if spell.state is CameraState.DISABLED:
            due -= seconds
        if spell.state in ONLINE:
            online += seconds
        if spell.state is CameraState.ONLINE:
            good += seconds
    return CameraDay(due, online, good)


def instant_online(cameras: Iterable[Now]) -> Rate:
    """瞬时在线率."""
    expected = [one for one in cameras if one.state is not CameraState.DISABLED and not one.works]
    return Rate(sum(one.state in ONLINE for one in expected), len(expected))


def picture_good(cameras: Iterable[Now]) -> Rate:
    """图像完好率."""
    diagnosed = [one for one in cameras if one.state in ONLINE]
    return Rate(sum(one.state is CameraState.ONLINE for one in diagnosed), len(diagnosed))


def overall_good(cameras: Iterable[Now]) -> Rate:
    """综合完好率."""
    served = [one for one in cameras if one.state is not CameraState.DISABLED]
    return Rate(sum(one.state is CameraState.ONLINE for one in served), len(served))


def timed_online(days: Iterable[CameraDay]) -> Rate:
    """时间在线率: the mean over cameras of online time / time in service; cameras never in service are left out."""
    shares = [min(1.0, day.online / day.due) for day in days if day.due > 0]
    return Rate(round(sum(shares), 6), len(shares))


def rates_of(cameras: Sequence[Now], days: Sequence[CameraDay]) -> Rates:
    """All four of some cameras now, with their time since the period began."""
    return Rates(
        len(cameras), instant_online(cameras), timed_online(days), picture_good(cameras), overall_good(cameras)
    )
