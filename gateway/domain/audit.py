"""The audit chain: each entry's hash covers the entry and the hash before it, so that nothing can be changed unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = bytes(32)
"""What stands before the first entry of a chain."""


@dataclass(frozen=True, slots=True)
class Link:
    """One entry as the chain sees it: its place, its canonical bytes, and the two hashes."""

    seq: int
    canonical: bytes
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold, and one sentence that says how."""

    seq: int
    reason: str


def canonical(
    chain: str,
    seq: int,
    at: datetime,
    actor_id: str,
    action: str,
    object_kind: str,
    object_id: str,
    detail: Mapping[str, Any],
) -> bytes:
    """The bytes that are hashed: JSON with sorted keys, no spaces, UTF-8, the time as UTC with microseconds.

    Raises ValueError for a naive time or a number that JSON does not know, TypeError for other odd values.
    """
    if at.tzinfo is None:
        raise ValueError("an audit entry needs a time with a time zone")
    entry = {
        "chain": chain,
        "seq": seq,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor_id,
        "action": action,
        "object": [object_kind, object_id],
        "detail": dict(detail),
    }
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def chained(previous: bytes, entry: bytes) -> bytes:
    """The hash of an entry: SHA-256 over the hash before it, then the entry's canonical bytes."""
    return hashlib.sha256(previous + entry).digest()


def first_break(links: Iterable[Link], previous: bytes = GENESIS, seq: int = 1) -> Break | None:
    """The first place where the links, which should begin at ``seq`` after ``previous``, do not hold; None if they do.

    What it cannot see is a chain cut off at its end: compare the last sequence number with one kept elsewhere.
    """
    for link in links:
        if link.seq != seq:
            return Break(seq, f"entry {seq} is missing: the next one is {link.seq}")
        if link.previous != previous:
            return Break(seq, f"entry {seq} does not follow the one before it")
        if chained(previous, link.canonical) != link.hash:
            return Break(seq, f"entry {seq} was changed after it was written")
        previous, seq = link.hash, seq + 1
    return None
