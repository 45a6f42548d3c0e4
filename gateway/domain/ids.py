"""Identifiers that sort by birth: UUID version 7."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

ENTROPY_BYTES = 10
"""How many random bytes ``uuid7`` wants (74 of the 80 bits are used)."""


def uuid7(at: datetime, entropy: bytes) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) as lower-case text: the millisecond of ``at``, then randomness.

    ``at`` must be aware. Raises ValueError for a naive time or fewer than ``ENTROPY_BYTES`` bytes.
    """
    if at.tzinfo is None:
        raise ValueError("an identifier needs a time with a time zone")
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError(f"an identifier needs {ENTROPY_BYTES} random bytes")
    millis = int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    random = int.from_bytes(entropy[:ENTROPY_BYTES], "big")
    high = random >> 68 & 0xFFF
    low = random & 0x3FFF_FFFF_FFFF_FFFF
    return str(UUID(int=millis << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))
