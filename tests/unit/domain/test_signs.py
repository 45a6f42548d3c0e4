"""Signs: how old a check may be, and what a record cannot say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.signs import BadSign, Sign, SignStanding, SignState, a_year_before, check, due, standing

TODAY = date(2026, 11, 23)
SIGN = Sign("C-001", date(2025, 3, 1), date(2026, 3, 1), "灯杆（示例）", SignState.UP, "photo")


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_r04_a_check_is_overdue_the_day_after_twelve_months(day: date) -> None:
    last = due(day)
    assert standing(SignState.UP, day, True, last) is SignStanding.CURRENT
    assert standing(SignState.UP, day, True, last + timedelta(days=1)) is SignStanding.OVERDUE
    assert timedelta(days=365) <= last - day <= timedelta(days=366)


def test_r04_a_leap_day_has_a_year_too() -> None:
    assert due(date(2024, 2, 29)) == date(2025, 2, 28)
    assert a_year_before(date(2024, 2, 29)) == date(2023, 2, 28)


@pytest.mark.parametrize(
    ("state", "photo"), [(None, False), (SignState.GONE, True), (SignState.DAMAGED, True), (SignState.UP, False)]
)
def test_r04_what_nobody_can_read_or_has_no_photo_is_missing(state: SignState | None, photo: bool) -> None:
    assert standing(state, TODAY, photo, TODAY) is SignStanding.MISSING


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(SIGN, put_up=TODAY + timedelta(days=1)), "put_up"),
        (replace(SIGN, checked=TODAY + timedelta(days=1)), "checked"),
        (replace(SIGN, checked=date(2025, 2, 28)), "checked"),
        (replace(SIGN, place=" "), "place"),
        (replace(SIGN, photo_id=None), "photo_id"),
    ],
)
def test_r04_a_record_that_cannot_be_true_is_refused_in_one_sentence(wrong: Sign, field: str) -> None:
    check(SIGN, TODAY)
    with pytest.raises(BadSign) as caught:
        check(wrong, TODAY)
    assert caught.value.field == field
    assert "\n" not in str(caught.value)
