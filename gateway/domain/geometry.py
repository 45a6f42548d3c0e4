"""Plane geometry on degrees: a district is small enough for it. Points are (longitude, latitude)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

Point = tuple[float, float]
"""Longitude and latitude, degrees (the order of GeoJSON, RFC 7946 section 3.1.1)."""

EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Bounds:
    """The smallest upright rectangle round some points, degrees."""

    min_longitude: float
    min_latitude: float
    max_longitude: float
    max_latitude: float

    def contains(self, point: Point) -> bool:
        """True if the point is in the rectangle or on its edge."""
        longitude, latitude = point
        return (
            self.min_longitude <= longitude <= self.max_longitude and self.min_latitude <= latitude <= self.max_latitude
        )


def bounds(points: Sequence[Point]) -> Bounds:
    """The rectangle round the points. Raises ValueError if there are none."""
    if not points:
        raise ValueError("no points have no bounds")
    longitudes = [point[0] for point in points]
    latitudes = [point[1] for point in points]
    return Bounds(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """True if the point is inside the polygon or on its edge; the ring may but need not repeat its first point.

    Crossings are counted half-open, so that a point strictly inside is in exactly one of two neighbours.
    """
    # Beside a corner a crossing can be rounded to the wrong side of the point, never outside the rectangle.
    if len(polygon) < 3 or not bounds(polygon).contains(point):
        return False
    x, y = point
    inside = False
    previous = polygon[-1]
    for current in polygon:
        if _on_segment(previous, current, point):
            return True
        (x1, y1), (x2, y2) = previous, current
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
        previous = current
    return inside


def distance_m(one: Point, other: Point) -> float:
    """The great-circle distance between two points, metres."""
    longitude = radians(other[0] - one[0])
    latitude = radians(other[1] - one[1])
    half = sin(latitude / 2) ** 2 + cos(radians(one[1])) * cos(radians(other[1])) * sin(longitude / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def _on_segment(start: Point, end: Point, point: Point) -> bool:
    (x1, y1), (x2, y2), (x, y) = start, end, point
    if not (min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)):
        return False
    return (x2 - x1) * (y - y1) == (y2 - y1) * (x - x1)
