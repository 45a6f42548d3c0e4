"""Townships and grids: the areas in which a ticket is placed."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.geometry import Point


@dataclass(frozen=True, slots=True)
class Township:
    """A township or subdistrict by its 9-digit code, and its outline (longitude, latitude; WGS-84)."""

    code: str
    name_zh: str
    name_en: str
    polygon: tuple[Point, ...]
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of a township by its 15-digit code; ``member_id`` is the operator who looks after it."""

    code: str
    township_code: str
    name: str
    polygon: tuple[Point, ...]
    member_id: str | None = None
    sample: bool = False
