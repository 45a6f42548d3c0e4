"""How far a chain's known end goes on with what transactions added to it: in the chain's order, and over no gap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.domain.audit_ends import Added
from gateway.domain.audit_roots import ChainEnd

MOST = 64
"""Pieces of each kind that are kept of one chain; what follows on is one piece, so that there is seldom another."""


@dataclass(frozen=True, slots=True)
class Tail:
    """What was added to a chain beyond its known end. ``perhaps`` is of transactions that did not end well: a commit
    may have gone through nonetheless, which a later one shows by following on from it.
    """

    sure: tuple[Added, ...] = ()
    perhaps: tuple[Added, ...] = ()
    dropped: int = 0
    """How many pieces were too many."""

    def with_sure(self, *more: Added) -> Tail:
        """These and more that were committed."""
        sure, dropped = _bounded(_folded([*self.sure, *more]))
        return Tail(sure, self.perhaps, self.dropped + dropped)

    def with_perhaps(self, *more: Added) -> Tail:
        """These and more that may have been committed."""
        perhaps, dropped = _bounded([*self.perhaps, *more])
        return Tail(self.sure, perhaps, self.dropped + dropped)

    def after(self, first: Added) -> Tail:
        """What is left without the first piece that is sure."""
        return Tail(tuple(one for one in self.sure if one is not first), self.perhaps, self.dropped)

    def joined(self, other: Tail) -> Tail:
        """Both together."""
        both = self.with_sure(*other.sure).with_perhaps(*other.perhaps)
        return Tail(both.sure, both.perhaps, both.dropped + other.dropped)


def followed(end: ChainEnd, tail: Tail) -> tuple[ChainEnd, Tail]:
    """How the chain ends as far as the tail follows on from the known end, and what is left of the tail."""
    left = list(tail.sure)
    while left and _bridged(end, left[0].before, tail.perhaps):
        end = left.pop(0).last
    perhaps = tuple(one for one in tail.perhaps if one.last.seq > end.seq)
    return end, Tail(tuple(left), perhaps, tail.dropped)


def _folded(pieces: Iterable[Added]) -> list[Added]:
    found: list[Added] = []
    for one in sorted(pieces, key=lambda piece: piece.first):
        if found and found[-1].last == one.before:
            found[-1] = found[-1].with_next(one.last)
        else:
            found.append(one)
    return found


def _bounded(pieces: Sequence[Added]) -> tuple[tuple[Added, ...], int]:
    return tuple(pieces[-MOST:]), max(0, len(pieces) - MOST)


def _bridged(end: ChainEnd, before: ChainEnd, perhaps: Sequence[Added]) -> bool:
    """True if the end is that one, or what may have been committed leads from it there."""
    steps = {one.last: one.before for one in perhaps}
    while before != end:
        if before not in steps or before.seq <= end.seq:
            return False
        before = steps[before]
    return True
