"""Codes that people read from paper or a screen and type: letters that are not taken for one another, in groups."""

from __future__ import annotations

import secrets

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letters that are taken for one another when typed from paper."""


def fresh(groups: int) -> str:
    """A new code of so many groups of four letters; each letter is worth five bits, almost."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(groups))


def plain(code: str) -> str:
    """The code as it is compared: however it was grouped, and in whichever case it was typed."""
    return "".join(letter for letter in code.lower() if letter.isalnum())
