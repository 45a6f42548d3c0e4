"""The duty to file: within 30 days of use, and again after a change of what was filed (Order 799, article 14)."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

TERM = timedelta(days=30)
"""A camera is filed within so long from the day it was put into use."""

FIELDS = frozenset(
    {"latitude", "longitude", "datum", "site_id", "township_code", "kind", "ptz_type", "place_type"}
    | {"record_save_days", "owner_id", "management_unit"}
)
"""Fields of a file that the filing told of: unit, place, type and how long pictures are kept."""

MARKS = frozenset({"filing_no", "filed_at"})
"""Fields that say that a camera was filed."""


class Standing(StrEnum):
    """How a camera stands with its filing."""

    DUE = "due"
    OVERDUE = "overdue"
    CHANGED = "changed"
    """It was filed, and something that the filing told of is another since."""
    FILED = "filed"


def day_of(text: str) -> date | None:
    """The day that the text names, None if it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def in_use(went_live: date | None, installed: str, came: date) -> date:
    """The day a camera was put into use: the day its draft went live, or it was installed, or it came into the file."""
    return went_live or day_of(installed) or came


def standing(filing_no: str, due: date, today: date, *, changed: bool) -> Standing:
    """How a camera stands today. ``changed`` says that a filing of its change is still to be made."""
    if filing_no.strip():
        return Standing.CHANGED if changed else Standing.FILED
    return Standing.OVERDUE if today > due else Standing.DUE
