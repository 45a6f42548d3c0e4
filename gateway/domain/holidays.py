"""Holidays: the State Council's published calendar as data; a year that is missing has only ordinary weekends."""

from __future__ import annotations

# (first day off, last day off) and, apart, weekend days that are worked instead
DAYS_OFF: tuple[tuple[str, str], ...] = (
    ("2026-01-01", "2026-01-03"),  # 元旦
    ("2026-02-15", "2026-02-23"),  # 春节
    ("2026-04-04", "2026-04-06"),  # 清明
    ("2026-05-01", "2026-05-05"),  # 劳动节
    ("2026-06-19", "2026-06-21"),  # 端午
    ("2026-09-25", "2026-09-27"),  # 中秋
    ("2026-10-01", "2026-10-07"),  # 国庆
)

WORKED_WEEKENDS: tuple[str, ...] = (
    "2026-01-04",
    "2026-02-14",
    "2026-02-28",
    "2026-05-09",
    "2026-09-20",
    "2026-10-10",
)
