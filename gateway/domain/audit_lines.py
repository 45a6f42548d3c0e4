"""Checking stored audit lines: hash by hash, column by column, and each typed text against its commitment."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from gateway.domain.audit import NAMES_SM3, SALT_BYTES, Break, canonical, chained, commitment


class Line(NamedTuple):
    """A line as the database holds it; ``at`` is microseconds since 1970."""

    seq: int
    at: int
    actor_id: str
    action: str
    object_kind: str
    object_id: str
    canonical: bytes
    previous: bytes
    hash: bytes


class Kept(NamedTuple):
    """What the database holds of a typed text."""

    id: str
    salt: bytes | None
    text: str | None
    erased: bool


Texts = Mapping[int, Mapping[str, Kept]]
"""Kept texts by sequence number and field."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that follow one another: what must stand before the first, and the last; or where they break."""

    first: int
    previous: bytes
    last: int
    hash: bytes
    broken: Break | None = None


def check(
    chain: str,
    lines: Iterable[Line],
    texts: Texts,
    first: int,
    last: int,
    previous: bytes | None = None,
    erasures: Container[str] = frozenset(),
) -> Stretch:
    """Whether the lines are exactly those from ``first`` to ``last`` and hold.

    ``previous`` is what must stand before them; None leaves that to who joins the stretches. ``erasures`` has
    the ids of the texts whose erasure is in the audit; it is asked only where a text is gone.
    """
    moments = Moments()
    begun, seq = previous, first
    for line in lines:
        try:
            reason = _fault(chain, line, seq, previous, texts.get(line.seq), moments, erasures)
        except (TypeError, ValueError, AttributeError):  # SQLite lets a column hold values of any type
            reason = f"line {seq} cannot be read: it was changed"
        if reason:
            return Stretch(first, begun or b"", seq, b"", Break(seq, reason))
        if begun is None:
            begun = line.previous
        previous, seq = line.hash, seq + 1
    if seq <= last:
        return Stretch(first, begun or b"", seq, b"", Break(seq, f"line {seq} is missing"))
    return Stretch(first, begun or b"", seq - 1, previous or b"")


def _fault(
    chain: str,
    line: Line,
    seq: int,
    previous: bytes | None,
    texts: Mapping[str, Kept] | None,
    moments: Moments,
    erasures: Container[str],
) -> str:
    """What is wrong with the line; empty if nothing is."""
    if line.seq != seq:
        return f"line {seq} is missing: the next one is {line.seq}"
    if previous is not None and line.previous != previous:
        return f"line {seq} does not follow the one before it"
    if chained(line.previous, line.canonical) != line.hash:
        return f"line {seq} was changed after it was written"
    typed = _typed(chain, line, moments)
    if typed is None:
        return f"the columns of line {seq} were changed"
    if not typed and not texts:
        return ""
    return _text_fault(seq, typed, texts or {}, erasures)


def _typed(chain: str, line: Line, moments: Moments) -> Mapping[str, str] | None:
    """The line's commitments; None if its columns are not what its canonical bytes say.

    Comparing both ends of the bytes is several times faster than reading JSON; what does not fit is read.
    """
    names = f"{line.action}{line.actor_id}{line.object_kind}{line.object_id}"
    if '"' not in names and "\\" not in names:
        head = f'"action":"{line.action}","actor":"{line.actor_id}","at":"{moments.text(line.at)}","chain":"{chain}",'
        tail = f',"object":["{line.object_kind}","{line.object_id}"],"seq":{line.seq}}}'
        entry = line.canonical
        begins = len(NAMES_SM3) if entry.startswith(NAMES_SM3) else 1
        if entry.startswith(head.encode(), begins) and entry.endswith(tail.encode()):
            return {}
    return _read(chain, line)


def _read(chain: str, line: Line) -> Mapping[str, str] | None:
    try:
        entry = json.loads(line.canonical)
        typed: dict[str, str] = entry.get("typed", {})
        again = canonical(
            chain,
            line.seq,
            datetime.fromtimestamp(line.at // 1_000_000, UTC).replace(microsecond=line.at % 1_000_000),
            line.actor_id,
            line.action,
            line.object_kind,
            line.object_id,
            entry["detail"],
            typed,
            entry.get("Algorithm", "sha256"),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError):
        return None
    return typed if again == line.canonical else None


def _text_fault(seq: int, typed: Mapping[str, str], texts: Mapping[str, Kept], erasures: Container[str]) -> str:
    for field, committed in typed.items():
        kept = texts.get(field)
        if kept is None:
            return f"the {field} typed into line {seq} is gone without an erasure"
        if kept.text is None or kept.salt is None:
            if not kept.erased or kept.id not in erasures:
                return f"the {field} typed into line {seq} was erased and no line says by whom"
        elif len(kept.salt) != SALT_BYTES or commitment(kept.salt, kept.text) != committed:
            return f"the {field} typed into line {seq} was changed"
    if extra := sorted(set(texts) - set(typed)):
        return f"line {seq} was given a text that it did not have: {extra[0]}"
    return ""


class Moments:
    """Microseconds as the canonical bytes write them, remembering the second that was asked for last."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def text(self, micros: int) -> str:
        """The time in ISO form, UTC, with microseconds."""
        second, rest = divmod(micros, 1_000_000)
        if second != self._second:
            try:
                self._text = datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds")[:-6]
            except (OverflowError, ValueError, OSError):
                self._text = ""
            self._second = second
        return f"{self._text}.{rest:06d}+00:00"
