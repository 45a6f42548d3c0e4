"""Pages by keyset: the cursor says after which row the next page begins, so pages neither skip nor repeat."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_LIMIT = 500
"""The largest page anyone gets."""


class BadCursor(ValueError):
    """The cursor was not made by us, or for another order; the text is one sentence for the caller."""

    def __init__(self) -> None:
        super().__init__("the cursor does not belong to this list: start again from the first page")


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """Some rows of a list, and the cursor of the rest (None at its end)."""

    items: Sequence[T_co]
    next: str | None


def cut(items: Sequence[T], limit: int, after: Callable[[T], str]) -> Page[T]:
    """The page out of rows that were asked for one beyond the limit; ``after`` makes the cursor behind its last row."""
    if len(items) <= limit:
        return Page(items, None)
    return Page(items[:limit], after(items[limit - 1]))


def cursor(order: str, *values: Any) -> str:
    """An opaque cursor: the order it belongs to and the sort values of the last row."""
    text = json.dumps([order, *values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def position(text: str, order: str, *kinds: type) -> list[Any]:
    """The sort values in a cursor. Raises ``BadCursor`` if it is not of this order or its values are of other types."""
    try:
        decoded = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise BadCursor from None
    if not isinstance(decoded, list) or len(decoded) != len(kinds) + 1 or decoded[0] != order:
        raise BadCursor
    values = decoded[1:]
    if any(type(value) is not kind for value, kind in zip(values, kinds, strict=True)):
        raise BadCursor
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise BadCursor
    if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
        raise BadCursor
    return values


def moment(text: str) -> datetime:
    """A time from a cursor. Raises ``BadCursor`` if it is none."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise BadCursor from None
    if parsed.tzinfo is None:
        raise BadCursor
    return parsed


def bounded(limit: int) -> int:
    """The page size within 1..``MAX_LIMIT``."""
    return max(1, min(limit, MAX_LIMIT))
