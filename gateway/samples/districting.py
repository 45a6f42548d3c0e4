"""The sample's townships and grids: outlines invented from the townships' approximate centres, the same every time."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.samples.tiling import Point, Polygon, bend, contains, divide, voronoi, weave

_SQUEEZE = 0.848
"""A degree of longitude over a degree of latitude, at 32 degrees north."""

_OUTLINE: Polygon = [
    (120.695, 32.045),
    (120.735, 32.010),
    (120.930, 31.945),
    (121.060, 31.925),
    (121.230, 31.965),
    (121.300, 32.060),
    (121.290, 32.130),
    (121.200, 32.205),
    (121.010, 32.245),
    (120.870, 32.215),
    (120.740, 32.155),
    (120.690, 32.100),
]
"""The district in longitude and latitude, invented, convex, before it is bent."""


@dataclass(frozen=True, slots=True)
class Township:
    """One row of the townships list."""

    code: str
    name_zh: str
    name_en: str
    centre: Point
    cameras: int
    grids: int
    ordinal: int
    inside: bool


@dataclass(frozen=True, slots=True)
class Area:
    """A township or a grid with its polygon in longitude and latitude, not closed."""

    code: str
    township_code: str
    name_zh: str
    name_en: str
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class District:
    """All areas, and the townships' unbent cells for placing things in them."""

    townships: list[Area]
    grids: list[Area]
    cells: Mapping[str, Polygon]


def read_townships(path: Path) -> list[Township]:
    """The rows of townships.csv, the sixteen that exist; ``inside`` says which fourteen take part."""
    townships: list[Township] = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            inside = row["in_2020_14"] == "yes"
            townships.append(
                Township(
                    code=row["code9"],
                    name_zh=row["name_zh"],
                    name_en=row["name_en"],
                    centre=(float(row["lon_approx"]), float(row["lat_approx"])),
                    cameras=int(row["cameras_illustrative"]),
                    grids=int(row["grids_illustrative"]),
                    ordinal=sum(t.inside for t in townships) + 1 if inside else 0,
                    inside=inside,
                )
            )
    return townships


def warp(point: Point) -> Point:
    """Bends the plane a little (at most about 900 m), so that straight cuts become borders."""
    x, y = point
    dx = 0.0042 * math.sin(y * 71 + x * 13) + 0.0024 * math.sin(y * 193 - x * 57) + 0.0007 * math.sin(y * 467 + x * 211)
    dy = 0.0036 * math.sin(x * 67 - y * 17) + 0.0022 * math.sin(x * 181 + y * 61) + 0.0006 * math.sin(x * 443 - y * 197)
    return x + dx, y + dy


def _flat(point: Point) -> Point:
    return point[0] * _SQUEEZE, point[1]


def _round(point: Point) -> Point:
    return point[0] / _SQUEEZE, point[1]


def make_district(townships: list[Township]) -> District:
    """Township outlines and grids that tile each other exactly."""
    outline = [_flat(p) for p in _OUTLINE]
    cells = dict(zip((t.code for t in townships), voronoi(outline, [_flat(t.centre) for t in townships]), strict=True))
    ours = [t for t in townships if t.inside]
    flat: list[Polygon] = [cells[t.code] for t in ours]
    for township in ours:
        chance = random.Random(f"grids {township.code}")
        flat += divide(cells[township.code], _flat(township.centre), township.grids, 0.012, chance)
    polygons = bend([[_round(p) for p in polygon] for polygon in weave(flat, 0.004)], warp)
    areas = [Area(t.code, t.code, t.name_zh, t.name_en, polygons[i]) for i, t in enumerate(ours)]
    grids: list[Area] = []
    rest = polygons[len(ours) :]
    for township in ours:
        pieces, rest = rest[: township.grids], rest[township.grids :]
        grids += _number(township, pieces)
    return District(areas, grids, {t.code: cells[t.code] for t in ours})


def _number(township: Township, pieces: list[Polygon]) -> list[Area]:
    """Grids with 15-digit codes (district, street, community, sequence), in rows from the north-west."""
    ordered = sorted(pieces, key=lambda p: (-round(_middle(p)[1], 2), _middle(p)[0]))
    grids = []
    for index, polygon in enumerate(ordered):
        code = f"{township.code}{index // 6 + 1:03d}{index % 6 + 1:03d}"
        name_en = f"{township.name_en.split()[0]} grid {index + 1:03d} (sample)"
        grids.append(Area(code, township.code, f"{township.name_zh}第{index + 1:03d}网格(示例)", name_en, polygon))
    return grids


def _middle(polygon: Polygon) -> Point:
    return sum(p[0] for p in polygon) / len(polygon), sum(p[1] for p in polygon) / len(polygon)


def place_in(district: District, township: Township, spread: float, chance: random.Random) -> Point:
    """A point inside the township's polygon and inside exactly one grid, near the centre if the spread is small.

    ``spread`` is in degrees of latitude.
    """
    outline = next(a.polygon for a in district.townships if a.code == township.code)
    grids = [g.polygon for g in district.grids if g.township_code == township.code]
    centre = _flat(township.centre)
    while True:
        guess = (chance.gauss(centre[0], spread), chance.gauss(centre[1], spread))
        if not contains(district.cells[township.code], guess):
            continue
        x, y = warp(_round(guess))
        point = (round(x, 6), round(y, 6))
        if contains(outline, point) and sum(contains(g, point) for g in grids) == 1:
            return point
