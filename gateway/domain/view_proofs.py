"""What the audit chain holds of views: how many began or ended together, and one digest over all of their records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

Fact = str | int | None


def proof(facts: Sequence[Fact | datetime]) -> bytes:
    """The hash of one record's facts, in their fixed order; times as microseconds."""
    plain = [_micros(fact) if isinstance(fact, datetime) else fact for fact in facts]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def together(proofs: Iterable[bytes]) -> str:
    """One digest over the proofs of a batch, in whatever order they come."""
    return hashlib.sha256(b"".join(sorted(proofs))).hexdigest()


def _micros(at: datetime) -> int:
    delta = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
