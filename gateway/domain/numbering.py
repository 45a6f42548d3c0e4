"""Numbering: a day's ticket numbers in shuffled order, so that none tells how many others there are."""

from __future__ import annotations

import hashlib

NUMBERS = 1_000_000
"""Numbers of six digits."""
_BITS = 10
_HALF = 1 << _BITS
_ROUNDS = 8


def shuffled(salt: bytes, sequence: int) -> int:
    """The number that the day's salt gives to the n-th ticket: a permutation of 0 to 999,999, the rest stays as it is.

    A Feistel network over 20 bits, walked on until it falls among the six digits. Two tickets never share a number.
    """
    if not 0 <= sequence < NUMBERS:
        return sequence
    value = _permuted(salt, sequence)
    while value >= NUMBERS:
        value = _permuted(salt, value)
    return value


def _permuted(salt: bytes, value: int) -> int:
    left, right = divmod(value, _HALF)
    for turn in range(_ROUNDS):
        digest = hashlib.blake2b(bytes((turn,)) + right.to_bytes(2, "big"), key=salt, digest_size=2).digest()
        left, right = right, left ^ (int.from_bytes(digest, "big") % _HALF)
    return left * _HALF + right
