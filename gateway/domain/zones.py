"""Zones: where in a picture a rule looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.observations import Box

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon in picture fractions, origin top left, closed by itself."""

    points: tuple[Point, ...]

    def holds(self, point: Point) -> bool:
        """Whether the point lies inside (even-odd rule)."""
        x, y = point
        inside = False
        previous_x, previous_y = self.points[-1]
        for px, py in self.points:
            if (py > y) != (previous_y > y) and x < (previous_x - px) * (y - py) / (previous_y - py) + px:
                inside = not inside
            previous_x, previous_y = px, py
        return inside

    def touches(self, box: Box) -> bool:
        """Whether the box counts as in the zone: its centre, or the middle of its lower edge, is inside.

        The lower edge is where a thing stands on the ground; overlap alone would let a tall thing beyond a fence count.
        """
        x, y = box.centre
        return self.holds((x, y)) or self.holds((x, box.y + box.height))


def zone_from(points: object) -> Zone:
    """A zone of [[x, y], ...]: three points or more, fractions. Raises ``ValueError`` with one sentence."""
    if not isinstance(points, Sequence) or isinstance(points, str) or len(points) < 3:
        raise ValueError(f"a zone is a list of at least three [x, y] points, not {points!r}")
    return Zone(tuple(_point(point) for point in points))


def _point(point: object) -> Point:
    if not isinstance(point, Sequence) or isinstance(point, str) or len(point) != 2:
        raise ValueError(f"a zone's point is [x, y], not {point!r}")
    x, y = point
    for value in (x, y):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"a zone's coordinates are fractions of the picture between 0 and 1, not {value!r}")
    return float(x), float(y)
