"""Rates within the reader's scope: as they are now, day by day, and for one camera; and the sweep that counts days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from gateway.domain.actions import Action
from gateway.domain.deadlines import SHANGHAI, day_of
from gateway.domain.rates import CameraDay, Rate, Rates, measured, rates_of
from gateway.services.catalogue import known
from gateway.services.office import Caller, Office
from gateway.storage import camera_days, cameras, organisations, places, status
from gateway.storage.camera_days import Counted, DaySums, Narrowed
from gateway.storage.status import Stretch

TREND_DAYS = 30

By = Literal["owner", "kind", "township"]


@dataclass(frozen=True, slots=True)
class RateView:
    """A rate with what it is made of; ``value`` is null over nothing ("n/a")."""

    numerator: float
    denominator: float
    value: float | None


@dataclass(frozen=True, slots=True)
class RatesView:
    """The four rates of a group of cameras. A group of all has the id ""."""

    id: str
    name_zh: str
    name_en: str
    cameras: int
    instant: RateView
    timed: RateView
    picture: RateView
    overall: RateView


@dataclass(frozen=True, slots=True)
class Today:
    """The rates now, with the time online since the day began at ``since``; groups by their timed rate, worst first."""

    at: datetime
    since: datetime
    by: By
    total: RatesView
    groups: list[RatesView]


@dataclass(frozen=True, slots=True)
class DayRates:
    """The rates of one whole day; a day that was not counted has none."""

    day: str
    cameras: int
    timed: RateView
    picture: RateView
    overall: RateView


@dataclass(frozen=True, slots=True)
class Health:
    """One camera's last thirty days: its states, newest first, and each day's share of time."""

    since: datetime
    stretches: list[Stretch]
    days: list[DayRates]
    today: DayRates


async def read(office: Office, caller: Caller, by: By) -> Today:
    """The rates of the cameras whose file the caller may see, in groups by owner, kind or township."""
    at = office.clock.now()
    since = _midnight(at)
    async with office.store.read() as conn:
        found = await camera_days.counted(conn, caller.operator, at)
        spells = await camera_days.spells(conn, since, at, [one.id for one in found])
        names = {one.id: (one.name_zh, one.name_en) for one in await organisations.every(conn)}
        names |= {one.code: (one.name_zh, one.name_en) for one in await places.every_township(conn)}
    groups: dict[str, list[Counted]] = {}
    for one in found:
        key = {"owner": one.owner_id, "kind": one.kind, "township": one.township_code}[by]
        groups.setdefault(key, []).append(one)
    days = {one.id: measured(spells.get(one.id, ()), since, at, one.created_at) for one in found}

    def view(key: str, members: Sequence[Counted]) -> RatesView:
        rates = rates_of([one.now for one in members], [days[one.id] for one in members])
        return _view(key, names.get(key, (key, key)), rates)

    ranked = sorted((view(key, members) for key, members in groups.items()), key=_rank)
    return Today(at, since, by, view("", found), ranked)


async def trend(office: Office, caller: Caller, days: int, only: Narrowed) -> list[DayRates]:
    """The last whole days, oldest first, of the cameras whose file the caller may see."""
    at = office.clock.now()
    wanted = _days_before(at, days)
    async with office.store.read() as conn:
        sums = {one.day: one for one in await camera_days.sums(conn, caller.operator, at, wanted, only)}
    return [_day(sums.get(day, DaySums(day, 0, 0.0, 0.0, 0.0, 0.0))) for day in wanted]


async def health(office: Office, caller: Caller, camera_id: str) -> Health:
    """One camera's states and days. Raises ``NotFound`` or ``Forbidden``."""
    at = office.clock.now()
    wanted = _days_before(at, TREND_DAYS)
    since = _start_of(wanted[0])
    async with office.store.read() as conn:
        await known(office, conn, caller, camera_id, Action.LIST)
        stretches = await status.history(conn, camera_id, since)
        there = await camera_days.of_camera(conn, camera_id, wanted)
        file = await cameras.get_file(conn, camera_id)
        spells = await camera_days.spells(conn, _midnight(at), at, [camera_id])
    born = at if file is None else file.created_at
    today = measured(spells.get(camera_id, ()), _midnight(at), at, born)
    days = [_own(day, there.get(day, CameraDay(0, 0, 0))) for day in wanted]
    return Health(since, stretches, days, _own(day_of(at).isoformat(), today))


async def count_days(office: Office, at: datetime) -> None:
    """Sweep: keeps every whole day's figures of each camera, once; days missed for want of a gateway are made up."""
    wanted = _days_before(at, TREND_DAYS)
    async with office.store.read() as conn:
        due = await camera_days.uncounted(conn, wanted)
    for day in due:
        since = _start_of(day)
        until = since + timedelta(days=1)
        async with office.store.read() as conn:
            births = await camera_days.births(conn)
            spells = await camera_days.spells(conn, since, until)
        figures = {name: measured(spells.get(name, ()), since, until, born) for name, born in births.items()}
        async with office.store.begin() as conn:
            await camera_days.store(conn, day, figures, at)


def _midnight(at: datetime) -> datetime:
    return _start_of(day_of(at).isoformat())


def _start_of(day: str) -> datetime:
    local = datetime.combine(datetime.fromisoformat(day).date(), time(), SHANGHAI)
    return local.astimezone(UTC)


def _days_before(at: datetime, days: int) -> list[str]:
    today = day_of(at)
    return [(today - timedelta(days=back)).isoformat() for back in range(days, 0, -1)]


def _view(key: str, names: tuple[str, str], rates: Rates) -> RatesView:
    four = (rates.instant, rates.timed, rates.picture, rates.overall)
    return RatesView(key, *names, rates.cameras, *(_rate(one) for one in four))


def _rate(rate: Rate) -> RateView:
    return RateView(rate.numerator, rate.denominator, rate.value)


def _day(sums: DaySums) -> DayRates:
    timed = Rate(round(sums.online_shares, 6), sums.cameras)
    overall = Rate(round(sums.good_shares, 6), sums.cameras)
    picture = Rate(round(sums.good, 3), round(sums.online, 3))
    return DayRates(sums.day, sums.cameras, _rate(timed), _rate(picture), _rate(overall))


def _own(day: str, seconds: CameraDay) -> DayRates:
    timed, overall = Rate(seconds.online, seconds.due), Rate(seconds.good, seconds.due)
    return DayRates(day, int(seconds.due > 0), _rate(timed), _rate(Rate(seconds.good, seconds.online)), _rate(overall))


def _rank(view: RatesView) -> tuple[float, float, str]:
    def value(rate: RateView) -> float:
        return 2.0 if rate.value is None else rate.value

    return value(view.timed), value(view.overall), view.id
