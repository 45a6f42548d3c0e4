"""What differs from one district to the next and is no data of its catalogue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class District:
    """Townships that are the district's seat, where repairs are due sooner, and the eight digits with which GB/T 28181
    ids are made for cameras that have none ("": those that most of its cameras have).
    """

    seat: frozenset[str] = frozenset()
    gb_prefix: str = ""


ANY_DISTRICT = District()
UNKNOWN_PREFIX = "0" * 8
