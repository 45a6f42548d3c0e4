"""Ticket numbers of a day are all different and tell nothing of how many there are."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.numbering import NUMBERS, shuffled

SALT = bytes(range(16))


def test_a_whole_stretch_of_a_day_meets_no_number_twice() -> None:
    drawn = [shuffled(SALT, sequence) for sequence in range(1, 20_001)]
    assert len(set(drawn)) == len(drawn)
    assert all(0 <= number < NUMBERS for number in drawn)


def test_numbers_are_spread_over_the_day_from_the_first_on() -> None:
    """The largest of a few numbers says nothing of how many were drawn."""
    first = [shuffled(SALT, sequence) for sequence in range(1, 51)]
    assert max(first) > NUMBERS // 2
    assert sum(later > before for before, later in pairwise(first)) in range(15, 36)


@given(st.binary(min_size=16, max_size=16), st.integers(0, NUMBERS - 2))
def test_neighbours_are_no_neighbours(salt: bytes, sequence: int) -> None:
    assert shuffled(salt, sequence) != shuffled(salt, sequence + 1)
    assert 0 <= shuffled(salt, sequence) < NUMBERS


def test_beyond_six_digits_numbers_go_on_as_they_are() -> None:
    assert shuffled(SALT, NUMBERS) == NUMBERS
