"""The rates by hand: small districts whose figures anybody can work out on paper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.cameras import CameraState
from gateway.domain.rates import (
    CameraDay,
    Now,
    Rate,
    Spell,
    instant_online,
    measured,
    overall_good,
    picture_good,
    rates_of,
    timed_online,
)

MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
NEXT = MIDNIGHT + timedelta(days=1)
LONG_AGO = MIDNIGHT - timedelta(days=100)

ON, BAD, OFF, OUT = CameraState.ONLINE, CameraState.FAULTY, CameraState.OFFLINE, CameraState.DISABLED


def hours(*spells: tuple[CameraState, float, float | None]) -> list[Spell]:
    return [
        Spell(state, MIDNIGHT + timedelta(hours=began), None if ended is None else MIDNIGHT + timedelta(hours=ended))
        for state, began, ended in spells
    ]


def day(*spells: tuple[CameraState, float, float | None], created: datetime = LONG_AGO) -> tuple[float, float, float]:
    found = measured(hours(*spells), MIDNIGHT, NEXT, created)
    return found.due / 3600, found.online / 3600, found.good / 3600


def test_a_district_of_ten_cameras_now() -> None:
    """Six good, one with a bad picture, two offline, one switched off; one of the offline ones has works."""
    cameras = [Now(ON)] * 6 + [Now(BAD), Now(OFF), Now(OFF, works=True), Now(OUT)]
    assert instant_online(cameras) == Rate(7, 8)
    assert instant_online(cameras).value == 0.875
    assert picture_good(cameras) == Rate(6, 7)
    assert picture_good(cameras).value == 0.8571
    assert overall_good(cameras) == Rate(6, 9), "works suppress tickets, not statistics"
    assert overall_good(cameras).value == 0.6667


def test_the_targets_mean_two_and_five_of_119() -> None:
    assert (overall_good([Now(ON)] * 117 + [Now(BAD)] * 2).value or 0) >= 0.98
    assert (overall_good([Now(ON)] * 116 + [Now(BAD)] * 3).value or 1) < 0.98
    assert (overall_good([Now(ON)] * 114 + [Now(OFF)] * 5).value or 0) >= 0.95
    assert (overall_good([Now(ON)] * 113 + [Now(OFF)] * 6).value or 1) < 0.95


def test_over_nothing_there_is_no_rate() -> None:
    nothing = rates_of([], [])
    assert [one.value for one in (nothing.instant, nothing.timed, nothing.picture, nothing.overall)] == [None] * 4
    off = [Now(OFF), Now(OFF)]
    assert (instant_online(off).value, picture_good(off).value) == (0.0, None)
    works = [Now(OFF, works=True)]
    assert (instant_online(works).value, overall_good(works).value) == (None, 0.0)


def test_a_day_is_cut_at_its_midnights() -> None:
    assert day((ON, -30, None)) == (24, 24, 24)
    assert day((ON, -30, 6), (OFF, 6, 12), (ON, 12, 40)) == (24, 18, 18)
    assert day((ON, -30, -2), (OFF, -2, None)) == (24, 0, 0)


def test_a_bad_picture_is_online_and_not_good() -> None:
    assert day((ON, 0, 8), (BAD, 8, 20), (CameraState.CONNECTING, 20, 24)) == (24, 20, 8)


def test_time_out_of_service_is_not_expected() -> None:
    assert day((ON, 0, 6), (OUT, 6, 18), (ON, 18, None)) == (12, 12, 12)
    assert day((OUT, -5, None)) == (0, 0, 0)


def test_before_its_first_report_a_camera_is_missed() -> None:
    assert day((ON, 18, None), created=MIDNIGHT + timedelta(hours=12)) == (12, 6, 6)
    assert day(created=MIDNIGHT + timedelta(hours=12)) == (12, 0, 0)
    assert day(created=NEXT) == (0, 0, 0)


def test_the_timed_rate_is_the_mean_over_cameras() -> None:
    """One there all day, one half of it, one in service only 4 h and there for 3, one not in service."""
    found = timed_online([CameraDay(24, 24, 24), CameraDay(24, 12, 0), CameraDay(4, 3, 3), CameraDay(0, 0, 0)])
    assert (found.numerator, found.denominator, found.value) == (2.25, 3, 0.75)


@given(st.lists(st.tuples(st.sampled_from(CameraState), st.floats(-48, 48), st.floats(0, 30)), max_size=12))
def test_no_history_makes_more_than_a_day(items: list[tuple[CameraState, float, float]]) -> None:
    """Stretches that follow each other never give a camera more time than there was."""
    at = min((began for _, began, _ in items), default=0.0)
    spells = []
    for state, _, length in items:
        spells.append((state, at, at + length))
        at += length
    due, online, good = day(*spells)
    assert -1e-6 <= good <= online + 1e-6
    assert online <= due + 1e-6
    assert due <= 24 + 1e-6
