"""Passwords: which new ones are taken. Long, not breached, nothing that everybody tries first; no rules about marks.

At least twelve characters: NIST SP 800-63B asks for eight beside a second factor and fifteen without one, and for a
check against breached passwords instead of rules about capitals and marks. GB/T 22239 asks for complexity and leaves
open which; length and the lists stand for it here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from gateway.services.errors import Invalid

SHORTEST = 12
LONGEST = 256
DIFFERENT = 5
_MARKS = re.compile(r"^[^a-z]+|[^a-z]+$")
_LEET = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_WORD = re.compile(r"[a-z]{4,}|[\u4e00-\u9fff]{2,}")
_LINE = 512
"""More bytes than any line of a file of breached passwords has."""


@dataclass(frozen=True, slots=True)
class PasswordBook:
    """Passwords that are never taken: common ones from a list, and breached ones from a file of sorted SHA-1 hashes."""

    common: frozenset[str] = frozenset()
    breached: Path | None = None

    def check(self, password: str, login: str, others: Iterable[str] = ()) -> None:
        """Returns if the password may be used. Raises ``Invalid`` with the reason.

        ``others`` are the names of the person and the organisation. Reads a file if there is one: call it in a thread.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise _refused("length", f"a password has {SHORTEST} to {LONGEST} characters")
        if len(set(password)) < DIFFERENT:
            raise _refused("simple", f"a password needs at least {DIFFERENT} different characters")
        lower = password.lower()
        if login.lower() in lower:
            raise _refused("personal", "a password must not contain the login")
        if any(word in lower for other in others for word in _WORD.findall(other.lower())):
            raise _refused("personal", "a password must not contain your name or that of your organisation")
        if _is_row(lower) or any(form in self.common for form in _forms(lower)):
            raise _refused("common", "this password is one of those that everybody tries first")
        if self.breached is not None and is_breached(self.breached, password):
            raise _refused("breached", "this password is known from a breach elsewhere")


def load_book(folder: Path, breached: Path | None = None) -> PasswordBook:
    """The book with the list in that folder; without the file an empty list."""
    file = folder / "passwords" / "common.txt"
    words = file.read_text("utf-8").split() if file.is_file() else []
    return PasswordBook(frozenset(words), breached)


def is_breached(file: Path, password: str) -> bool:
    """True if the password's SHA-1 stands in a file with one sorted hash a line ("HASH" or "HASH:count").

    Found by halving: some forty reads, however long the file is. An unreadable file raises OSError.
    """
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, os.fstat(lines.fileno()).st_size
        while low < high:
            middle = (low + high) // 2
            start = _line_start(lines, middle)
            lines.seek(start)
            line = lines.readline(_LINE)
            found = line[:40].upper()
            if found == wanted:
                return True
            if found < wanted:
                low = start + len(line)
            else:
                high = start
    return False


def _line_start(lines: BinaryIO, at: int) -> int:
    """Where the line begins that holds this byte."""
    begin = max(0, at - _LINE)
    lines.seek(begin)
    return begin + lines.read(at - begin).rfind(b"\n") + 1


def _forms(lower: str) -> Iterable[str]:
    """The password as it stands, without figures and marks around it, with letters for figures, and what it repeats."""
    plain = lower.translate(_LEET)
    forms = [lower, _MARKS.sub("", lower), _MARKS.sub("", plain)]
    whole = [form for form in forms if form]
    return {*whole, *(_repeated(form) for form in whole)}


def _repeated(text: str) -> str:
    """The shortest piece of which the text consists; the text itself if it repeats nothing."""
    again = (text + text).find(text, 1)
    return text[:again]


def _is_row(lower: str) -> bool:
    """True if the characters follow one another in the alphabet or in figures, up or down, or a short piece repeats."""
    steps = {ord(b) - ord(a) for a, b in pairwise(lower)}
    return steps <= {1, -9} or steps <= {-1, 9} or len(_repeated(lower)) <= 6


def _refused(why: str, message: str) -> Invalid:
    return Invalid(message, field="password", why=why)
