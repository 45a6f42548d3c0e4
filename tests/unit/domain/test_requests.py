"""Requests: the table of moves, what is narrower, and that a blind request tells nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import GranteeKind
from gateway.domain.request_states import GIVEN, RULES, IllegalStep, PartMove, PartState, Side, step
from gateway.domain.requests import (
    ASKABLE,
    AccessRequest,
    RequestPart,
    RequestScope,
    ScopeKind,
    Standing,
    Terms,
    decide_by,
    is_narrower,
    open_to_asker,
    standing,
)

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED = Terms(frozenset({Action.VIEW_LIVE, Action.SNAPSHOT}), frozenset({"PS-FLOOD"}), AT, AT + 30 * HOUR)
BLIND = RequestScope(ScopeKind.PLACE, centre=(121.0, 32.0), radius_m=300.0)
NAMED = RequestScope(ScopeKind.CAMERAS, ("C-1", "C-2"))


def _request(scope: RequestScope) -> AccessRequest:
    return AccessRequest(
        "R-1", "me", "T-1", GranteeKind.ORGANISATION, "T-1", scope, ASKED, "flood", AT, decide_by(AT, ASKED)
    )


def _part(state: PartState, given: dict[str, str] | None = None) -> RequestPart:
    return RequestPart("P-1", "R-1", "D20", state, ("C-1", "C-2"), given or {})


def test_every_move_is_in_the_table_once_and_what_has_ended_stays() -> None:
    assert len({(rule.origin, rule.move) for rule in RULES}) == len(RULES)
    moving = {rule.origin for rule in RULES}
    assert moving == {PartState.WAITING, *GIVEN}
    for state in PartState:
        for move in PartMove:
            for side in Side:
                rule = next((r for r in RULES if (r.origin, r.move, r.side) == (state, move, side)), None)
                if rule is None:
                    with pytest.raises(IllegalStep):
                        step(state, move, side, "why")
                else:
                    assert step(state, move, side, "why") is rule.to


def test_a_refusal_needs_a_reason() -> None:
    with pytest.raises(IllegalStep, match="reason"):
        step(PartState.WAITING, PartMove.REFUSE, Side.OWNER, "  ")


def test_nobody_can_be_asked_for_the_right_to_share_or_to_change_files() -> None:
    assert frozenset(Action) - ASKABLE == {Action.SHARE, Action.MANAGE}


def test_owners_have_three_days_but_never_longer_than_the_access() -> None:
    assert decide_by(AT, ASKED) == AT + 30 * HOUR
    assert decide_by(AT, replace(ASKED, not_after=AT + 200 * HOUR)) == AT + 72 * HOUR


@given(
    st.sets(st.sampled_from(sorted(ASKED.actions)), min_size=1),
    st.integers(0, 10),
    st.integers(-5, 5),
    st.sets(st.sampled_from(list(Condition))),
)
def test_less_in_any_way_is_within_and_more_in_any_way_is_not(
    actions: set[Action], later: int, longer: int, conditions: set[Condition]
) -> None:
    terms = Terms(
        frozenset(actions),
        ASKED.purposes,
        AT + later * HOUR,
        ASKED.not_after + longer * HOUR,
        None,
        frozenset(conditions),
    )
    assert terms.within(ASKED) is (longer <= 0)
    part = replace(_part(PartState.WAITING), decided_at=AT)
    whole = frozenset(part.cameras)
    assert is_narrower(part, ASKED, whole, terms) is (terms != ASKED)
    assert is_narrower(part, ASKED, frozenset({"C-1"}), ASKED)
    assert not replace(ASKED, actions=ASKED.actions | {Action.PTZ}).within(ASKED)


def test_what_begins_when_it_is_approved_is_not_less() -> None:
    part = replace(_part(PartState.WAITING), decided_at=AT + HOUR)
    assert not is_narrower(part, ASKED, frozenset(part.cameras), replace(ASKED, not_before=AT + HOUR))


@given(st.lists(st.sampled_from([s for s in PartState if s not in GIVEN]), max_size=5), st.integers(0, 40))
def test_r10_a_blind_request_stands_the_same_whatever_owners_did_but_give(states: list[PartState], hours: int) -> None:
    """0 or 5 owners, waiting, refusing or silent: the asker cannot tell."""
    request, at = _request(BLIND), AT + hours * HOUR
    parts = tuple(_part(state) for state in states)
    assert not any(open_to_asker(request, part) for part in parts)
    assert standing(request, parts, at) is standing(request, (), at)
    assert standing(request, (), at) is (Standing.OPEN if hours < 30 else Standing.NO_ANSWER)


def test_a_named_request_is_answered_when_every_owner_is_and_not_before() -> None:
    request = _request(NAMED)
    waiting, refused, given_ = _part(PartState.WAITING), _part(PartState.REFUSED), _part(PartState.NARROWED, {"C": "G"})
    assert standing(request, (waiting, refused), AT) is Standing.OPEN
    assert standing(request, (refused, given_), AT) is Standing.ANSWERED
    assert standing(request, (waiting,), AT + 31 * HOUR) is Standing.NO_ANSWER
    assert standing(replace(request, withdrawn_at=AT), (waiting,), AT) is Standing.WITHDRAWN
