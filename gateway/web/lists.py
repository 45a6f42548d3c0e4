"""What every list has: a limit, a cursor, items and the next cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Query

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=500, description="how many at most")]
After = Annotated[str | None, Query(max_length=1024, description="the cursor from the page before")]


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """Some rows, and the cursor of the rest (null at the end)."""

    items: list[T]
    next: str | None = None
