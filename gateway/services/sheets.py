"""Sheets: tables as CSV that spreadsheets keep whole, so that no cell is run as a formula or rounded as a number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

MEDIA_TYPE = "text/csv; charset=utf-8"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet takes for a formula at the beginning of a cell, and our own mark."""

_ROUNDED = re.compile(r"\d{12,}|0\d+|\d+(\.\d+)?[eE]\d+", re.ASCII)
"""Text that a spreadsheet would turn into another number: long digits, zeros in front, 1E5."""


def sheet(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """The table in UTF-8, with a mark that spreadsheets know it by."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(heads)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return target.getvalue().encode("utf-8-sig")


def guarded(value: Any) -> str:
    """A CSV cell that no spreadsheet runs as a formula or rounds: one apostrophe in front where that could happen."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    text = ";".join(value) if isinstance(value, list) else str(value)
    if text.startswith(_FORMULA):
        return "'" + text
    if _ROUNDED.fullmatch(text):
        return "'" + text
    return text
