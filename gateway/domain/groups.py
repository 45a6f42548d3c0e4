"""Groups and areas: sets of cameras that a grant can point at, one put together by hand, one drawn on the map."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.geometry import Point


@dataclass(frozen=True, slots=True)
class CameraGroup:
    """Cameras that belong together for some work, named and kept by one organisation."""

    id: str
    owner_id: str
    name_zh: str
    name_en: str
    tags: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon on the map, kept by one organisation. Its outline never changes: grants may rest on it."""

    id: str
    owner_id: str
    name_zh: str
    name_en: str
    polygon: tuple[Point, ...]
