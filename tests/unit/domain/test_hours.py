"""Hours: what holds at a moment, when it ends, when it begins, and what lies within what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.hours import Hours
from gateway.domain.schedules import Schedule, schedule_from

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)  # eight in the morning in Shanghai
MINUTES = st.integers(0, 47).map(lambda half: half * 30)
WINDOWS = st.tuples(MINUTES, st.integers(1, 48).map(lambda half: half * 30)).filter(lambda pair: pair[0] != pair[1])
HOURS = st.builds(
    Hours,
    st.builds(
        Schedule,
        st.frozensets(st.integers(0, 6)),
        st.lists(WINDOWS, min_size=1, max_size=3).map(tuple),
    ),
    st.sampled_from([480, 0, -300]),
)
MOMENTS = st.integers(0, 14 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


def test_office_hours_end_in_the_evening_and_begin_on_monday() -> None:
    office = Hours(schedule_from({"days": ["mon", "fri"], "hours": ["08:00-18:00"]}))
    evening = MONDAY + timedelta(hours=10)
    assert office.hold(MONDAY)
    assert office.end(MONDAY) == evening
    assert not office.hold(evening)
    assert office.start(evening) == MONDAY + timedelta(days=4)


def test_a_window_over_midnight_belongs_to_its_first_day() -> None:
    night = Hours(schedule_from({"days": ["mon"], "hours": ["22:00-06:00"]}))
    late = MONDAY + timedelta(hours=15)
    assert night.hold(late)
    assert night.end(late) == MONDAY + timedelta(hours=22)
    assert not night.hold(MONDAY - timedelta(hours=9))


def test_always_never_ends_and_no_day_never_begins() -> None:
    assert Hours(schedule_from({})).end(MONDAY) is None
    never = Hours(Schedule(frozenset(), ((0, 60),)))
    assert (never.hold(MONDAY), never.start(MONDAY), never.end(MONDAY)) == (False, None, None)


@given(hours=HOURS, at=MOMENTS)
def test_the_end_is_the_first_moment_outside_and_the_start_the_first_inside(hours: Hours, at: datetime) -> None:
    steps = [at + timedelta(minutes=minutes) for minutes in range(0, 8 * 24 * 60, 10)]
    if hours.hold(at):
        end = hours.end(at)
        assert all(hours.hold(step) for step in steps if end is None or step < end)
        assert end is None or not hours.hold(end)
        assert hours.start(at) == at
    else:
        start = hours.start(at)
        assert not any(hours.hold(step) for step in steps if start is None or step < start)
        assert start is None or hours.hold(start)
        assert hours.end(at) is None


@given(one=HOURS, other=HOURS, at=MOMENTS)
def test_within_means_at_every_moment(one: Hours, other: Hours, at: datetime) -> None:
    if one.within(other) and one.hold(at):
        assert other.hold(at)
    assert one.within(one)
