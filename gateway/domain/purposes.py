"""Purposes: the seven reasons for which a camera may be watched (domain notes 5.3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Purpose:
    """One reason for watching. ``public_security`` separates the two families of law behind it."""

    code: str
    name_zh: str
    name_en: str
    public_security: bool


PURPOSES: tuple[Purpose, ...] = (
    Purpose("PS-ORDER", "日常视频巡查", "Routine video patrol", True),
    Purpose("PS-TRAFFIC", "道路交通秩序", "Road traffic", True),
    Purpose("PS-FLOOD", "防汛与积水", "Flood watch", True),
    Purpose("PS-FIRE", "消防与火情", "Fire watch", True),
    Purpose("UM-ENV", "市容环境", "City appearance and environment", False),
    Purpose("UM-STREET", "街面秩序", "Street order", False),
    Purpose("UM-FACILITY", "公用设施", "Public facilities", False),
)

CODES: frozenset[str] = frozenset(purpose.code for purpose in PURPOSES)

SHIFT_PURPOSE = "PS-ORDER"
"""What a session is for when nothing else was chosen at sign-in."""
