"""Places keep their spot on the ground from one datum to another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.cameras import Datum, Place
from gateway.domain.datum import converted, wgs84
from gateway.domain.geometry import distance_m

IN_CHINA = st.tuples(st.floats(18, 53.5), st.floats(73.6, 134.7))


def apart(one: Place, other: Place) -> float:
    """Metres between two places of one datum."""
    return distance_m((one.longitude, one.latitude), (other.longitude, other.latitude))


@pytest.mark.parametrize(
    ("true", "shown"),
    [
        ((31.1774276, 121.5272106), (31.17530398, 121.53154186)),
        ((22.543847, 113.912316), (22.54079613, 113.91717648)),
        ((39.911954, 116.377817), (39.91334546, 116.38404722)),
    ],
)
def test_places_with_known_values_in_both_datums(true: tuple[float, float], shown: tuple[float, float]) -> None:
    there = converted(Place(*true), Datum.GCJ02)
    assert there.datum is Datum.GCJ02
    assert apart(there, Place(*shown)) < 0.1
    assert apart(wgs84(Place(*shown, Datum.GCJ02)), Place(*true)) < 0.1


@given(IN_CHINA)
def test_there_and_back_is_the_same_spot_within_a_metre(spot: tuple[float, float]) -> None:
    place = Place(*spot)
    there = converted(place, Datum.GCJ02)
    assert 0 < apart(there, place) < 1500
    back = wgs84(there)
    assert back.datum is Datum.WGS84
    assert apart(back, place) < 0.01


@given(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), st.sampled_from(Datum))
def test_a_place_in_its_own_datum_and_in_cgcs2000_stays_where_it_is(spot: tuple[float, float], datum: Datum) -> None:
    place = Place(*spot, datum)
    assert converted(place, datum) == place
    if datum is not Datum.GCJ02:
        assert converted(place, Datum.CGCS2000) == Place(*spot, Datum.CGCS2000)


def test_outside_china_nothing_is_added() -> None:
    paris = Place(48.8584, 2.2945)
    assert converted(paris, Datum.GCJ02) == Place(48.8584, 2.2945, Datum.GCJ02)
