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

SHA256, SM3 = "sha256", "sm3"
ALGORITHMS = (SHA256, SM3)
"""What a chain can be hashed with; each entry names its own unless it is SHA-256."""

NAMES_SM3 = b'{"Algorithm":"sm3",'
"""How the canonical bytes of such an entry begin: the capital sorts before every other key."""

SALT_BYTES = 32
"""How long the random salt of a commitment is."""


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
    typed: Mapping[str, str] | None = None,
    algorithm: str = SHA256,
) -> bytes:
    """The bytes that are hashed: JSON with sorted keys, no spaces, UTF-8, the time as UTC with microseconds.

    ``typed`` holds the commitment to each text that a person typed, never the text.
    Raises ValueError for a naive time or a number that JSON does not know, TypeError for other odd values.
    """
    if at.tzinfo is None:
        raise ValueError("an audit entry needs a time with a time zone")
    entry: dict[str, Any] = {
        "chain": chain,
        "seq": seq,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor_id,
        "action": action,
        "object": [object_kind, object_id],
        "detail": dict(detail),
    }
    if typed:  # an entry without has no such key: so were all entries written before there were commitments
        entry["typed"] = dict(typed)
    if algorithm != SHA256:
        entry["Algorithm"] = algorithm
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def commitment(salt: bytes, text: str) -> str:
    """What the chain holds of a text that was typed: it proves the text while text and salt are kept, and says
    nothing once both are erased. Raises ValueError for a salt that could be guessed.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a commitment needs {SALT_BYTES} random bytes")
    return hashlib.sha256(salt + text.encode()).hexdigest()


def chained(previous: bytes, entry: bytes) -> bytes:
    """The hash of an entry: over the hash before it, then its canonical bytes, by the algorithm that those name."""
    if entry.startswith(NAMES_SM3):
        return digest(SM3, previous + entry)
    return hashlib.sha256(previous + entry).digest()


def digest(algorithm: str, data: bytes) -> bytes:
    """The data's hash. Raises ValueError if this Python's OpenSSL does not have the algorithm."""
    return hashlib.new(algorithm, data).digest()


def available(algorithm: str) -> bool:
    """True if this Python can hash with it."""
    return algorithm in ALGORITHMS and algorithm in hashlib.algorithms_available


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
