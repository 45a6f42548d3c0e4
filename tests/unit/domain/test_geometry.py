from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.geometry import bounds, contains, distance_m

L_SHAPE = ((0.0, 0.0), (4.0, 0.0), (4.0, 1.0), (1.0, 1.0), (1.0, 4.0), (0.0, 4.0))


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((0.5, 3.0), True),
        ((3.0, 0.5), True),
        ((2.0, 2.0), False),
        ((0.0, 0.0), True),
        ((1.0, 2.0), True),
        ((5.0, 0.5), False),
    ],
)
def test_inside_outside_and_on_the_edge(point: tuple[float, float], inside: bool) -> None:
    assert contains(L_SHAPE, point) is inside
    assert contains((*L_SHAPE, L_SHAPE[0]), point) is inside
    assert contains(L_SHAPE[::-1], point) is inside


def test_fewer_than_three_points_contain_nothing() -> None:
    assert not contains(((0.0, 0.0), (1.0, 1.0)), (0.5, 0.5))
    with pytest.raises(ValueError, match="no points"):
        bounds(())


@given(st.floats(0, 1), st.floats(0, 1))
def test_of_two_halves_at_least_one_has_every_point_of_the_square(x: float, y: float) -> None:
    lower = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
    upper = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    assert contains(lower, (x, y)) is (y <= 0.5)
    assert contains(upper, (x, y)) is (y >= 0.5)


POINTS = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@example(ring=[(1.0, 0.0), (1.0, 1.0), (2.1515307628071268e-269, 0.0)], point=(0.0, 0.0))
@given(ring=st.lists(POINTS, min_size=3, max_size=9), point=POINTS)
def test_what_is_inside_is_within_the_bounds(ring: list[tuple[float, float]], point: tuple[float, float]) -> None:
    if contains(ring, point):
        assert bounds(ring).contains(point)


def test_distance_over_ground() -> None:
    assert distance_m((121.0, 32.0), (121.0, 32.0)) == 0
    assert distance_m((121.0, 32.0), (121.0, 33.0)) == pytest.approx(111_195, rel=1e-3)
    assert distance_m((121.0, 32.0), (122.0, 32.0)) == pytest.approx(94_300, rel=1e-3)
