"""Categories: what a ticket can be about, and how long its handling may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """One category by its 10-digit code. ``amount`` is counted in ``clock``'s unit (see ``domain.deadlines``)."""

    code: str
    major: str
    major_zh: str
    major_en: str
    name_zh: str
    name_en: str
    clock: str
    amount: int
    from_video: bool = True
