"""Retention: how long recordings of a camera are kept at least, and what may not be promised."""

from __future__ import annotations

from enum import StrEnum


class RetentionClass(StrEnum):
    """What the camera looks at: key targets of counter-terrorism keep longer."""

    ORDINARY = "ordinary"
    KEY = "key"


FLOORS = {RetentionClass.ORDINARY: 30, RetentionClass.KEY: 90}
"""Days by law: Order 799, and the Counter-Terrorism Law, article 32, for key targets."""


def too_short(kind: RetentionClass, days: int) -> str | None:
    """One sentence why recordings of such a camera may not be kept for so few days only; None if they may."""
    floor = FLOORS[kind]
    if days >= floor:
        return None
    return f"recordings of a camera of the class {kind} are kept at least {floor} days, and {days} are fewer"
