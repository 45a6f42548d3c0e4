"""Four clocks, checked against a calendar counted minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.deadlines import DEFAULT_CALENDAR, SHANGHAI, Calendar, TimeUnit, deadline, default_for


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
DAYS = st.dates(date(2026, 1, 1), date(2027, 1, 31))
CALENDARS = st.builds(Calendar, days_off=st.frozensets(DAYS, max_size=20), worked=st.frozensets(DAYS, max_size=10))
UNITS = st.sampled_from(TimeUnit)


@pytest.mark.parametrize(
    ("begin", "unit", "amount", "end"),
    [
        ("2026-11-23T09:00", TimeUnit.WORK_HOURS, 2, "2026-11-23T11:00"),
        ("2026-11-23T09:00", TimeUnit.WORK_HOURS, 4, "2026-11-23T15:00"),
        ("2026-11-23T13:00", TimeUnit.WORK_HOURS, 1, "2026-11-23T15:00"),
        ("2026-11-23T17:30", TimeUnit.WORK_HOURS, 1, "2026-11-24T08:30"),
        ("2026-11-27T17:00", TimeUnit.WORK_HOURS, 2, "2026-11-30T09:00"),
        ("2026-11-28T10:00", TimeUnit.WORK_HOURS, 1, "2026-11-30T09:00"),
        ("2026-11-23T10:00", TimeUnit.WORK_DAYS, 1, "2026-11-24T10:00"),
        ("2026-11-27T10:00", TimeUnit.WORK_DAYS, 1, "2026-11-30T10:00"),
        ("2026-11-23T20:00", TimeUnit.WORK_DAYS, 1, "2026-11-24T18:00"),
        ("2026-11-23T23:00", TimeUnit.URGENT_HOURS, 2, "2026-11-24T01:00"),
        ("2026-11-27T23:00", TimeUnit.NATURAL_DAYS, 2, "2026-11-29T23:00"),
        # National Day, and the Saturday after it that is worked instead
        ("2026-09-30T17:00", TimeUnit.WORK_HOURS, 2, "2026-10-08T09:00"),
        ("2026-10-09T17:00", TimeUnit.WORK_HOURS, 2, "2026-10-10T09:00"),
        ("2026-02-13T10:00", TimeUnit.WORK_DAYS, 2, "2026-02-24T10:00"),
    ],
)
def test_limits_by_hand(begin: str, unit: TimeUnit, amount: int, end: str) -> None:
    assert deadline(local(begin), unit, amount) == local(end)


@given(begin=MOMENTS, calendar=CALENDARS, minutes=st.integers(0, 3_000))
def test_adding_and_measuring_are_inverse(begin: datetime, calendar: Calendar, minutes: int) -> None:
    amount = timedelta(minutes=minutes)
    end = calendar.add(begin, amount)
    assert calendar.between(begin, end) == amount
    assert end >= begin


@given(begin=MOMENTS, calendar=CALENDARS, hours=st.integers(1, 12))
def test_working_time_agrees_with_counting_minutes(begin: datetime, calendar: Calendar, hours: int) -> None:
    begin = begin.replace(second=0, microsecond=0)
    end = calendar.add(begin, timedelta(hours=hours))
    counted, at = 0, begin
    while at < end:
        here = at.astimezone(calendar.zone)
        inside = any(opens <= here.time() < closes for opens, closes in calendar.spans)
        counted += calendar.is_workday(here.date()) and inside
        at += timedelta(minutes=1)
    assert counted == hours * 60


@given(begin=MOMENTS, later=st.timedeltas(timedelta(), timedelta(days=10)), unit=UNITS, amount=st.integers(0, 30))
def test_who_begins_later_ends_no_earlier(begin: datetime, later: timedelta, unit: TimeUnit, amount: int) -> None:
    assert deadline(begin + later, unit, amount) >= deadline(begin, unit, amount)


@given(begin=MOMENTS, unit=UNITS, amount=st.integers(0, 30))
def test_more_lasts_longer_and_ends_in_working_time(begin: datetime, unit: TimeUnit, amount: int) -> None:
    end = deadline(begin, unit, amount)
    assert end.tzinfo is UTC
    assert begin <= end < deadline(begin, unit, amount + 1)
    if unit in (TimeUnit.WORK_HOURS, TimeUnit.WORK_DAYS) and amount:
        here = end.astimezone(SHANGHAI)
        assert DEFAULT_CALENDAR.is_workday(here.date())
        assert any(opens < here.time() <= closes for opens, closes in DEFAULT_CALENDAR.spans)


def test_a_worked_weekend_beats_a_holiday() -> None:
    saturday = date(2026, 11, 28)
    assert not Calendar().is_workday(saturday)
    assert Calendar(worked=frozenset({saturday}), days_off=frozenset({saturday})).is_workday(saturday)


def test_senseless_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        deadline(local("2026-11-23T09:00"), TimeUnit.WORK_HOURS, -1)
    with pytest.raises(ValueError, match="time zone"):
        deadline(datetime(2026, 11, 23), TimeUnit.WORK_HOURS, 1)
    never = Calendar(spans=((time(8), time(8)),))
    with pytest.raises(ValueError, match="no working time"):
        never.add(local("2026-11-23T09:00"), timedelta(hours=1))


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("3206120102", (TimeUnit.WORK_HOURS, 4)),
        ("3206120101", (TimeUnit.WORK_DAYS, 15)),
        ("3206120403", (TimeUnit.URGENT_HOURS, 2)),
        ("3206120199", (TimeUnit.WORK_DAYS, 1)),
        ("3206129999", (TimeUnit.WORK_DAYS, 2)),
        ("", (TimeUnit.WORK_DAYS, 2)),
    ],
)
def test_every_code_has_a_limit(code: str, limit: tuple[TimeUnit, int]) -> None:
    assert default_for(code) == limit
