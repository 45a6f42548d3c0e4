"""Polygons that tile the plane exactly: Voronoi cells cut out of an outline, then bent so that borders look natural."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import numpy as np

Point = tuple[float, float]
Polygon = list[Point]

_TOUCHING = 1e-9


def clip(polygon: Polygon, normal: Point, limit: float) -> Polygon:
    """The part of a convex polygon where ``normal . point <= limit``."""
    kept: Polygon = []
    for i, here in enumerate(polygon):
        there = polygon[(i + 1) % len(polygon)]
        a = normal[0] * here[0] + normal[1] * here[1] - limit
        b = normal[0] * there[0] + normal[1] * there[1] - limit
        if a <= 0:
            kept.append(here)
        if (a < 0 < b) or (b < 0 < a):
            t = a / (a - b)
            kept.append((here[0] + t * (there[0] - here[0]), here[1] + t * (there[1] - here[1])))
    return kept


def voronoi(outline: Polygon, seeds: Sequence[Point]) -> list[Polygon]:
    """For each seed the part of the convex outline that is nearer to it than to any other."""
    cells = []
    for i, (x, y) in enumerate(seeds):
        cell = outline
        others = sorted((seed for j, seed in enumerate(seeds) if j != i), key=lambda s: math.dist(s, (x, y)))
        for ox, oy in others:
            reach = max(math.dist(corner, (x, y)) for corner in cell)
            if math.dist((ox, oy), (x, y)) > 2 * reach:
                break
            limit = (ox * ox + oy * oy - x * x - y * y) / 2
            cell = clip(cell, (ox - x, oy - y), limit)
        cells.append(cell)
    return cells


def area(polygon: Sequence[Point]) -> float:
    """The signed area, in square units; positive anticlockwise."""
    total = 0.0
    for i, (x, y) in enumerate(polygon):
        nx, ny = polygon[(i + 1) % len(polygon)]
        total += x * ny - nx * y
    return total / 2


def centroid(polygon: Sequence[Point]) -> Point:
    """The centre of area."""
    whole = area(polygon)
    cx = cy = 0.0
    for i, (x, y) in enumerate(polygon):
        nx, ny = polygon[(i + 1) % len(polygon)]
        cross = x * ny - nx * y
        cx += (x + nx) * cross
        cy += (y + ny) * cross
    return cx / (6 * whole), cy / (6 * whole)


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """True if the point lies inside (even-odd rule)."""
    x, y = point
    inside = False
    for i, (ax, ay) in enumerate(polygon):
        bx, by = polygon[i - 1]
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def scatter(cell: Polygon, centre: Point, count: int, spread: float, chance: random.Random) -> list[Point]:
    """``count`` points inside the cell, most of them around the centre."""
    xs, ys = [p[0] for p in cell], [p[1] for p in cell]
    points: list[Point] = []
    while len(points) < count:
        if chance.random() < 0.6:
            point = (chance.gauss(centre[0], spread), chance.gauss(centre[1], spread))
        else:
            point = (chance.uniform(min(xs), max(xs)), chance.uniform(min(ys), max(ys)))
        if contains(cell, point):
            points.append(point)
    return points


def divide(cell: Polygon, centre: Point, count: int, spread: float, chance: random.Random) -> list[Polygon]:
    """The cell as ``count`` convex pieces without gap or overlap, smaller towards the centre."""
    seeds = scatter(cell, centre, count, spread, chance)
    for _ in range(4):
        seeds = [centroid(piece) for piece in voronoi(cell, seeds)]
    return voronoi(cell, seeds)


def weave(polygons: Sequence[Polygon], longest: float) -> list[Polygon]:
    """The same polygons with every neighbour's corner and further points on their edges.

    Both sides of a border get the very same points, so that bending them afterwards opens no gap.
    """
    corners = sorted({(round(x, 7), round(y, 7)) for polygon in polygons for x, y in polygon})
    table = np.array(corners)
    woven = []
    for polygon in polygons:
        path: Polygon = []
        for i, start in enumerate(polygon):
            path += _edge(start, polygon[(i + 1) % len(polygon)], table, longest)
        woven.append(path)
    return woven


def _edge(
    start: Point, end: Point, corners: np.ndarray[tuple[int, int], np.dtype[np.float64]], longest: float
) -> Polygon:
    """The points of one edge from its start, without its end."""
    a = np.array([round(start[0], 7), round(start[1], 7)])
    b = np.array([round(end[0], 7), round(end[1], 7)])
    along = b - a
    length = float(np.hypot(*along))
    if length < 1e-6:
        return []
    offset = corners - a
    t = offset @ along / length**2
    away = np.abs(offset[:, 0] * along[1] - offset[:, 1] * along[0]) / length
    on = np.sort(t[(away < 3e-6) & (t > 1e-6) & (t < 1 - 1e-6)])
    stops = [(float(a[0] + s * along[0]), float(a[1] + s * along[1])) for s in on]
    stops = [_nearest(corners, stop) for stop in stops]
    path: Polygon = []
    for here, there in zip([(float(a[0]), float(a[1])), *stops], [*stops, (float(b[0]), float(b[1]))], strict=True):
        path += _steps(here, there, longest)
    return path


def _nearest(corners: np.ndarray[tuple[int, int], np.dtype[np.float64]], point: Point) -> Point:
    """The corner at that place."""
    row = corners[int(np.argmin(np.hypot(corners[:, 0] - point[0], corners[:, 1] - point[1])))]
    return float(row[0]), float(row[1])


def _steps(here: Point, there: Point, longest: float) -> Polygon:
    """Points from here up to but without there, computed the same way from either side."""
    count = max(1, math.ceil(math.dist(here, there) / longest))
    low, high = min(here, there), max(here, there)
    line = [
        (low[0] + (high[0] - low[0]) * k / count, low[1] + (high[1] - low[1]) * k / count) for k in range(count + 1)
    ]
    return line[:-1] if here == low else line[:0:-1]


def bend(polygons: Sequence[Polygon], warp: Callable[[Point], Point]) -> list[Polygon]:
    """The polygons with every point moved and rounded to six decimals (11 cm)."""
    bent = []
    for polygon in polygons:
        path: Polygon = []
        for point in polygon:
            x, y = warp(point)
            place = (round(x, 6), round(y, 6))
            if not path or path[-1] != place:
                path.append(place)
        bent.append(path)
    return bent
