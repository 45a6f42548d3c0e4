"""Checks of single cells of a catalogue file: raw in, value out, or one sentence that says what to change."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from unicodedata import normalize

from gateway.domain.hosts import address_of
from gateway.domain.purposes import CODES
from gateway.domain.stream_paths import lifted


class BadCell(ValueError):
    """A value that cannot be; the text is one sentence that says what to change."""


class Unmarked(str):
    """A CSV cell without the mark that it is text: a spreadsheet may have saved it as a number."""

    __slots__ = ()


_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+?\d+")
_CUT_SHORT = re.compile(r"\d{15}0{5}", re.ASCII)
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_USER_INFO = re.compile(r"//[^/@\s]+@")
SAFE_WHOLE = 10**15
"""Spreadsheets keep fifteen digits of a number exactly, not one more."""


def text(longest: int, pattern: str | None = None, hint: str = "", *, lines: bool = False) -> Callable[[Any], str]:
    """A check for text of at most that many characters, of a form that ``hint`` describes; of one line or several."""
    form = None if pattern is None else re.compile(pattern, re.ASCII)

    def check(raw: Any) -> str:
        value = plain(raw).replace("\r\n", "\n")
        if len(value) > longest:
            raise BadCell(f"has {len(value)} characters: shorten it to {longest}")
        if _CONTROL.search(value.replace("\n", " ") if lines else value):
            raise BadCell("has a line break or control character: remove it")
        if form is not None and not form.fullmatch(value):
            width = ", in half-width characters" if form.fullmatch(normalize("NFKC", value)) else ""
            raise BadCell(f"is {value!r}: write {hint}{width}")
        return value

    return check


def secret(longest: int) -> Callable[[Any], str]:
    """A check for a password, or what may stand in its place: no sentence repeats the value."""
    form = text(longest)

    def check(raw: Any) -> str:
        said = "is not text: format the column as text, or put it in quotes, and enter it again"
        if isinstance(raw, date):
            raise BadCell(said)  # whatever was typed, it was no date
        try:
            return form(raw)
        except BadCell:
            if isinstance(raw, str):
                raise
            raise BadCell(said) from None

    return check


def plain(raw: Any) -> str:
    """The cell as text; a number only if no digit can have been lost."""
    if isinstance(raw, str):
        return raw.strip()
    if isinstance(raw, bool):
        raise BadCell(f"is the truth value {str(raw).lower()}: put it in quotes")
    if isinstance(raw, date):
        return raw.isoformat()[:10]
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < SAFE_WHOLE:
        return str(int(raw))
    if isinstance(raw, int) and abs(raw) < SAFE_WHOLE:
        return str(raw)
    raise BadCell(f"is the number {raw!r}: write it as text")


def gb_id(raw: Any) -> str:
    """A 20-digit id that is certainly whole."""
    cut_short = isinstance(raw, Unmarked) and _CUT_SHORT.fullmatch(raw.strip())
    if cut_short or isinstance(raw, (int, float)) or (isinstance(raw, str) and _SCIENTIFIC.fullmatch(raw.strip())):
        # Devices are numbered from 000001 on, yet 100000 may be one: as text, and as our exports have it, it is taken.
        really = "; if it does end in five zeros, save the file as .xlsx" if cut_short else ""
        raise BadCell(
            f"was stored as the number {raw}, and a number keeps only 15 of an id's 20 digits: "
            f"format the column as text and enter the id again{really}"
        )
    return plain(raw)


def day(raw: Any) -> str:
    """A date as ISO text; 2024/5/31, into which spreadsheets turn it, is taken too."""
    value = plain(raw)
    parts = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", value)
    try:
        return date(*(int(part) for part in parts.groups())).isoformat() if parts else _no_day(value)
    except ValueError:
        return _no_day(value)


def _no_day(value: str) -> str:
    raise BadCell(f"is {value!r}: write a date such as 2024-05-31")


def whole(least: int, most: int) -> Callable[[Any], int]:
    """A check for a whole number within limits."""

    def check(raw: Any) -> int:
        value = raw
        if isinstance(raw, str):
            if not re.fullmatch(r"[+-]?\d{1,18}", raw.strip()):
                raise BadCell(f"is {raw!r}: write a whole number")
            value = int(raw)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            raise BadCell(f"is {raw!r}: write a whole number")
        if not least <= value <= most:
            raise BadCell(f"is {raw}: it must lie between {least} and {most}")
        return int(value)

    return check


def number(least: float, most: float) -> Callable[[Any], float]:
    """A check for a number within limits."""

    def check(raw: Any) -> float:
        try:
            value = float(raw) if not isinstance(raw, bool) else math.nan
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise BadCell(f"is {raw!r}: write a number")
        if not least <= value <= most:
            raise BadCell(f"is {raw}: it must lie between {least:g} and {most:g}")
        return value

    return check


def one_of(*choices: str) -> Callable[[Any], str]:
    """A check for one of some words."""

    def check(raw: Any) -> str:
        value = plain(raw)
        if value not in choices:
            raise BadCell(f"is {value!r}: write one of {', '.join(choices)}")
        return value

    return check


def flag(raw: Any) -> bool:
    """Yes or no."""
    if isinstance(raw, bool):
        return raw
    value = str(raw).strip().lower()
    if value in ("true", "yes", "1", "是"):
        return True
    if value in ("false", "no", "0", "否"):
        return False
    raise BadCell(f"is {raw!r}: write true or false")


def host(raw: Any) -> str:
    """A host name or an address, without scheme, port, path or password."""
    value = plain(raw)
    if "@" in value:
        raise BadCell("has a password or user in it: write the host alone, and the user and password in their columns")
    try:
        address = address_of(value)
    except ValueError as error:
        raise BadCell(str(error)) from None
    if address is not None:
        return address
    if not _HOST_NAME.fullmatch(value) or re.fullmatch(r"[\d.]+", value):
        raise BadCell(
            f"is {value!r}: write a host name or an address alone, such as 192.0.2.17, without rtsp:// or :554"
        )
    return value


def path(raw: Any) -> str:
    """Path and query of an RTSP address; never a password."""
    value = plain(raw)
    if _USER_INFO.search(value) or lifted(value).password is not None:
        # The value is not repeated: this sentence may end in a log.
        raise BadCell(
            "has a password in it: write {username} and {password} there, and the user and password in their columns"
        )
    if not value.startswith("/"):
        raise BadCell(f"is {value!r}: write the path alone, beginning with /, without rtsp:// and host")
    return text(512)(value)


def words(raw: Any) -> list[str]:
    """A list: of YAML, or one cell with ; between its words."""
    items = raw if isinstance(raw, list) else re.split(r"[;；,，]", plain(raw))
    return [word for item in items if (word := plain(item))]


def purposes(raw: Any) -> list[str]:
    """Purposes by their codes."""
    found = words(raw)
    for code in found:
        if code not in CODES:
            raise BadCell(f"has the unknown purpose {code!r}: the known ones are {', '.join(sorted(CODES))}")
    return list(dict.fromkeys(found))
