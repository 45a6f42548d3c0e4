"""Inquiries of citizens: the table of moves, every pair of state and move asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.inquiries import (
    ENDED,
    REPLY_WITHIN,
    RULES,
    AskerKind,
    Capacity,
    IllegalInquiry,
    Inquiry,
    InquiryMove,
    InquiryState,
    NotForYou,
    allowed,
    step,
)

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
BOTH = frozenset(Capacity)
INQUIRY = Inquiry(
    "i", "CX", InquiryState.TAKEN, AskerKind.KIN, "n", "c", "p", "w", NOW, NOW, "A", ("C",), "o", "A", NOW,
    NOW + REPLY_WITHIN,
)  # fmt: skip
WAYS = {(rule.origin, rule.move): rule for rule in RULES}


def test_r21_the_table_has_each_way_once_and_ends() -> None:
    assert len(WAYS) == len(RULES)
    assert {rule.origin for rule in RULES} == set(InquiryState) - ENDED, "what has ended does not move, all else does"
    reached, seen = {InquiryState.TAKEN}, set[InquiryState]()
    while reached - seen:
        here = (reached - seen).pop()
        seen.add(here)
        reached |= {rule.to for rule in RULES if rule.origin is here}
    assert reached == set(InquiryState)


def test_r21_nothing_is_shown_without_identity_consent_and_appointment() -> None:
    ways: list[tuple[InquiryMove, ...]] = [()]
    states = {(): InquiryState.TAKEN}
    for way in ways:
        for rule in RULES:
            if rule.origin is states[way] and rule.to is not rule.origin:
                ways.append((*way, rule.move))
                states[(*way, rule.move)] = rule.to
    shown = [way for way, state in states.items() if state is InquiryState.VIEWED]
    path = (InquiryMove.IDENTIFY, InquiryMove.CONSENT, InquiryMove.APPOINT, InquiryMove.SHOW)
    assert shown == [path]


@pytest.mark.parametrize("state", InquiryState)
@pytest.mark.parametrize("move", InquiryMove)
def test_r21_every_move_that_is_not_in_the_table_is_refused_in_one_sentence(
    state: InquiryState, move: InquiryMove
) -> None:
    rule = WAYS.get((state, move))
    if rule is not None:
        assert step(state, move, BOTH, took_it=False, why="a reason") is rule.to
        return
    with pytest.raises(IllegalInquiry) as caught:
        step(state, move, BOTH, took_it=False, why="a reason")
    assert str(caught.value) == f"an inquiry that is {state} cannot be moved by {move}"


@given(
    st.sampled_from(InquiryState),
    st.sampled_from(InquiryMove),
    st.frozensets(st.sampled_from(Capacity)),
    st.booleans(),
    st.sampled_from(["", " ", "why"]),
)
def test_r21_what_is_offered_is_what_is_done(
    state: InquiryState, move: InquiryMove, held: frozenset[Capacity], took_it: bool, why: str
) -> None:
    offered = {rule.move: rule for rule in allowed(state, held, took_it=took_it)}
    fine = move in offered and (bool(why.strip()) or not offered[move].needs_why)
    try:
        assert step(state, move, held, took_it=took_it, why=why) is offered[move].to
        assert fine
    except IllegalInquiry:
        assert not fine


def test_r21_who_took_it_in_does_not_consent_and_only_the_unit_does() -> None:
    for move in (InquiryMove.CONSENT, InquiryMove.DECLINE):
        with pytest.raises(NotForYou):
            step(InquiryState.IDENTIFIED, move, BOTH, took_it=True, why="x")
        with pytest.raises(NotForYou):
            step(InquiryState.IDENTIFIED, move, frozenset({Capacity.DESK}), took_it=False, why="x")


def test_r21_it_is_overdue_after_thirty_days_and_stays_so_when_it_was_answered_late() -> None:
    due = INQUIRY.due_at
    assert (due - NOW, INQUIRY.overdue(due)) == (timedelta(days=30), False)
    late = due + timedelta(seconds=1)
    assert INQUIRY.overdue(late)
    assert replace(INQUIRY, ended_at=late).overdue(NOW)
    assert not replace(INQUIRY, ended_at=due).overdue(late + timedelta(days=9))
