"""Places from one datum into another: WGS-84, CGCS2000 and GCJ-02, the offset datum of Chinese map services.

CGCS2000 and WGS-84 are both realised on the ITRF and differ by centimetres: here they are one. GCJ-02 has no published
definition; the formula is the one recovered in public and used by all open converters (googollee/eviltransform, MIT;
described in Wikipedia, "Restrictions on geographic data in China"): a sum of polynomials and sines, in metres on the
Krasovsky 1940 ellipsoid, added to the true place. It agrees with the map services to a metre or so. Outside a rectangle
round China nothing is added.
"""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, radians, sin, sqrt

from gateway.domain.cameras import Datum, Place

SEMI_MAJOR_M = 6_378_245.0
ECCENTRICITY_2 = 0.006_693_421_622_965_943_23
CENTRE_LONGITUDE, CENTRE_LATITUDE = 105.0, 35.0
LATITUDES, LONGITUDES = (0.8293, 55.8271), (72.004, 137.8347)
"""The rectangle within which the datum is offset."""
CLOSE_ENOUGH = 1e-9
"""Degrees: a tenth of a millimetre, at which the inverse stops."""
MAX_ROUNDS = 30


def converted(place: Place, to: Datum) -> Place:
    """The same point on the ground in another datum."""
    if _offset(place.datum) == _offset(to):
        return replace(place, datum=to)
    latitude, longitude = place.latitude, place.longitude
    found = _gcj_of(latitude, longitude) if _offset(to) else _wgs_of(latitude, longitude)
    return Place(*found, to)


def wgs84(place: Place) -> Place:
    """The point as outlines, distances and the map know it."""
    return converted(place, Datum.WGS84)


def _offset(datum: Datum) -> bool:
    return datum is Datum.GCJ02


def _gcj_of(latitude: float, longitude: float) -> tuple[float, float]:
    north, east = _shift(latitude, longitude)
    return latitude + north, longitude + east


def _wgs_of(latitude: float, longitude: float) -> tuple[float, float]:
    """The inverse by fixed point: the shift changes so little from place to place that each round gains two digits."""
    found = latitude, longitude
    for _ in range(MAX_ROUNDS):
        north, east = _shift(*found)
        after = latitude - north, longitude - east
        step = max(abs(after[0] - found[0]), abs(after[1] - found[1]))
        found = after
        if step < CLOSE_ENOUGH:
            break
    return found


def _shift(latitude: float, longitude: float) -> tuple[float, float]:
    """How far, in degrees, the true place is moved north and east."""
    if not (LATITUDES[0] <= latitude <= LATITUDES[1] and LONGITUDES[0] <= longitude <= LONGITUDES[1]):
        return 0.0, 0.0
    north, east = _metres(longitude - CENTRE_LONGITUDE, latitude - CENTRE_LATITUDE)
    curvature = 1 - ECCENTRICITY_2 * sin(radians(latitude)) ** 2
    meridian = SEMI_MAJOR_M * (1 - ECCENTRICITY_2) / (curvature * sqrt(curvature))
    parallel = SEMI_MAJOR_M / sqrt(curvature) * cos(radians(latitude))
    return north * 180 / (meridian * pi), east * 180 / (parallel * pi)


def _metres(x: float, y: float) -> tuple[float, float]:
    """The offset in metres at so many degrees east (``x``) and north (``y``) of the centre."""
    root = sqrt(abs(x))
    ripple = (20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20 * sin(pi * y) + 40 * sin(pi * y / 3) + 160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20 * sin(pi * x) + 40 * sin(pi * x / 3) + 150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)) * 2 / 3
    return north, east
