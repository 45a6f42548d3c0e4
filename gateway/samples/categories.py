"""The sample's event categories with their deadlines."""

from __future__ import annotations

import csv
from pathlib import Path

_DEADLINES: dict[str, tuple[str, int]] = {
    "0101": ("work_days", 15),
    "0102": ("work_hours", 4),
    "0103": ("work_days", 2),
    "0104": ("work_hours", 2),
    "0105": ("work_days", 3),
    "0106": ("work_hours", 4),
    "0110": ("work_days", 5),
    "0302": ("work_hours", 4),
    "0401": ("urgent_hours", 2),
    "0402": ("urgent_hours", 4),
    "0403": ("urgent_hours", 2),
    "0404": ("urgent_hours", 4),
    "0405": ("urgent_hours", 4),
    "0406": ("urgent_hours", 2),
    "0407": ("urgent_hours", 4),
    "0408": ("urgent_hours", 2),
    "0501": ("work_hours", 2),
    "0504": ("work_hours", 2),
    "0505": ("work_hours", 2),
    "0506": ("work_hours", 2),
}
"""Local defaults by major and minor code (the domain notes' deadlines by category)."""

_BY_MAJOR: dict[str, tuple[str, int]] = {
    "01": ("work_days", 2),
    "02": ("work_days", 1),
    "03": ("work_hours", 4),
    "04": ("urgent_hours", 4),
    "05": ("work_hours", 4),
}
_NOT_FROM_VIDEO = frozenset({"0409", "0502", "0508"})
"""A mass event, vagrancy and noise are never made into a ticket from a picture."""

FIELDS = ("code", "major", "major_zh", "major_en", "name_zh", "name_en", "clock", "amount", "from_video")


def categories(source: Path) -> list[dict[str, str]]:
    """Rows of the categories table, as text."""
    rows = []
    with source.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            short = row["major"] + row["minor"]
            clock, amount = _DEADLINES.get(short, _BY_MAJOR[row["major"]])
            rows.append(
                {
                    "code": row["event_code10"],
                    "major": row["major"],
                    "major_zh": row["major_zh"],
                    "major_en": row["major_en"],
                    "name_zh": row["minor_zh"],
                    "name_en": row["minor_en"].split(" (no automatic")[0],
                    "clock": clock,
                    "amount": str(amount),
                    "from_video": "false" if short in _NOT_FROM_VIDEO else "true",
                }
            )
    return rows
