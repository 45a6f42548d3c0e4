"""What transactions added to a chain is followed in the chain's order, whichever way it arrives."""

from __future__ import annotations

import random

from gateway.domain.audit_ends import Added
from gateway.domain.audit_roots import ChainEnd
from gateway.domain.audit_tails import MOST, Tail, followed


def _end(seq: int) -> ChainEnd:
    return ChainEnd(seq, seq.to_bytes(32, "big"))


def _piece(first: int, last: int) -> Added:
    return Added(first, _end(first - 1).hash, _end(last))


def test_r14_pieces_in_any_order_are_followed_to_the_last_and_fold_into_one() -> None:
    pieces = [_piece(first, first + 1) for first in range(11, 51, 2)]
    random.Random(7).shuffle(pieces)
    tail = Tail().with_sure(*pieces)
    assert len(tail.sure) == 1
    assert followed(_end(10), tail) == (_end(50), Tail())


def test_r14_a_gap_stops_the_way_and_what_is_beyond_it_is_left() -> None:
    end, left = followed(_end(10), Tail().with_sure(_piece(11, 12), _piece(14, 15)))
    assert (end, left.sure) == (_end(12), (_piece(14, 15),))


def test_r14_what_may_have_been_committed_fills_a_gap_only_if_something_follows_on_from_it() -> None:
    perhaps = Tail().with_perhaps(_piece(11, 12), _piece(13, 13))
    assert followed(_end(10), perhaps)[0] == _end(10)
    assert followed(_end(10), perhaps.with_sure(_piece(14, 14))) == (_end(14), Tail())
    other = Added(14, b"another line 13".ljust(32), _end(14))
    assert followed(_end(10), perhaps.with_sure(other))[0] == _end(10)


def test_r14_pieces_that_do_not_fit_together_are_bounded_and_counted() -> None:
    apart = [_piece(first, first) for first in range(2, 2 * MOST + 8, 2)]
    tail = Tail().with_sure(*apart).with_perhaps(*apart)
    assert (len(tail.sure), len(tail.perhaps), tail.dropped) == (MOST, MOST, 2 * (len(apart) - MOST))
