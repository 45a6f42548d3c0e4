"""Pinyin initials, by which operators search: 金沙街道 is jsjd."""

from __future__ import annotations

INITIALS_LENGTH = 128


def initials(name: str) -> str:
    """The first letters of the name's syllables, lower case; letters and digits stay, the rest is dropped."""
    from pypinyin import Style, lazy_pinyin  # its dictionary takes a third of a second to load

    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum()).lower()[:INITIALS_LENGTH]
