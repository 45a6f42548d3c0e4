"""The table of states: closed, complete, and nothing moves beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.operators import Operator, Role
from gateway.domain.ticket_states import ENDED, MOVES, PAUSED, STATES, Operation, Party, TicketKind, TicketState
from gateway.domain.tickets import RELAPSE_WINDOW, IllegalMove, Step, Ticket, allowed, move, overdue, parties

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
EVERYBODY = frozenset(Party)
PAIRS = {(rule.origin, rule.to) for rule in MOVES}


def ticket_in(state: TicketState, **more: object) -> Ticket:
    ticket = Ticket(
        id="t",
        number="TZ20261123000001",
        kind=TicketKind.PATROL,
        state=state,
        category="3206120102",
        title="",
        township_code="320612001",
        latitude=32.0,
        longitude=121.0,
        datum="WGS-84",
        created_by="o",
        created_at=START,
        deadline_at=START + timedelta(hours=4),
        closed_at=START if state in ENDED else None,
    )
    return replace(ticket, **more)


def operator(role: Role, home: str = "district", name: str = "o") -> Operator:
    return Operator(name, name, name, home, frozenset({role}))


def step(to: TicketState, at: datetime = START, why: str = "because") -> Step:
    return Step(to, at, why, handler_id="T-1")


def test_the_table_is_closed() -> None:
    assert set(STATES) == set(TicketState)
    assert all(row.name_zh and row.name_en for row in STATES.values())
    reached = {TicketState.NEW}
    for _ in TicketState:
        reached |= {to for origin, to in PAIRS if origin in reached}
    assert reached == set(TicketState), "every state can be reached"
    assert {origin for origin, _ in PAIRS} == set(TicketState) - {TicketState.ARCH}, "only the archive is a dead end"
    assert not any(origin is to for origin, to in PAIRS)
    assert all(
        row.needs_why for row in MOVES if row.operation in (Operation.RETURN, Operation.CANCEL, Operation.REVOKE)
    )


def test_the_table_is_the_notes() -> None:
    """Domain notes 2.3, with forced closing and archiving, which the notes name as states without arrows."""
    drawn = """NEW→VERIFY|REG|VOID; VERIFY→REG|VOID; REG→SENT|NEW; SENT→WORK|REG; WORK→DONE|HOLD|REG; HOLD→WORK;
    DONE→CLOSED|REWORK|VISIT; VISIT→CLOSED|REWORK; REWORK→WORK; CLOSED→REWORK"""
    wanted = set()
    for line in drawn.replace("\n", " ").split(";"):
        origin, targets = line.strip().split("→")
        wanted |= {(TicketState(origin), TicketState(to)) for to in targets.split("|")}
    ends = {pair for pair in PAIRS if pair[1] in (TicketState.FORCED, TicketState.ARCH)}
    assert wanted == PAIRS - ends


@pytest.mark.parametrize(("origin", "to"), sorted(product(TicketState, TicketState)))
def test_every_pair_is_in_the_table_or_refused(origin: TicketState, to: TicketState) -> None:
    ticket = ticket_in(origin)
    if (origin, to) in PAIRS:
        after, line = move(ticket, step(to), operator(Role.SHIFT_LEADER), EVERYBODY, None)
        assert (after.state, line.from_state, line.to_state) == (to, origin, to)
        assert after.version == ticket.version + 1
    else:
        with pytest.raises(IllegalMove, match=f"in {origin} cannot move to {to}"):
            move(ticket, step(to), operator(Role.SHIFT_LEADER), EVERYBODY, None)


@given(
    origin=st.sampled_from(TicketState),
    to=st.sampled_from(TicketState),
    capacities=st.frozensets(st.sampled_from(Party)),
    why=st.sampled_from(["", "  ", "because"]),
    hours=st.integers(0, 24 * 60),
)
def test_a_move_is_allowed_exactly_as_listed(
    origin: TicketState, to: TicketState, capacities: frozenset[Party], why: str, hours: int
) -> None:
    """What ``allowed`` offers succeeds; everything else raises; nothing else about the ticket's identity changes."""
    ticket, at = ticket_in(origin), START + timedelta(hours=hours)
    offered = {rule.to: rule for rule in allowed(ticket, capacities, at)}
    legal = to in offered and (not offered[to].needs_why or why.strip() != "")
    if not legal:
        with pytest.raises(IllegalMove):
            move(ticket, step(to, at, why), None, capacities, None)
        return
    after, line = move(ticket, step(to, at, why), None, capacities, None)
    fixed = ("id", "number", "kind", "category", "created_at", "created_by", "camera_id", "candidate_id")
    assert all(getattr(after, name) == getattr(ticket, name) for name in fixed)
    assert (after.closed_at is not None) == (to in ENDED)
    assert line.seconds_used >= 0
    assert offered[to].party in capacities


@given(capacities=st.frozensets(st.sampled_from(Party)), state=st.sampled_from(TicketState))
def test_no_capacity_no_move(capacities: frozenset[Party], state: TicketState) -> None:
    assert allowed(ticket_in(state), frozenset(), START) == ()
    for rule in allowed(ticket_in(state), capacities, START):
        assert rule.party in capacities


@given(path=st.lists(st.sampled_from(TicketState), max_size=30))
def test_histories_are_chains(path: list[TicketState]) -> None:
    """Whatever is tried, the lines that were written join without a gap and are numbered from one."""
    ticket, lines = ticket_in(TicketState.NEW), []
    for minute, to in enumerate(path):
        last = lines[-1] if lines else None
        try:
            ticket, line = move(ticket, step(to, START + timedelta(minutes=minute)), None, EVERYBODY, last)
        except IllegalMove:
            continue
        lines.append(line)
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    states = [TicketState.NEW, *(line.to_state for line in lines)]
    assert [line.from_state for line in lines] == states[:-1]
    assert ticket.state is states[-1]
    assert ticket.rework_count == states.count(TicketState.REWORK)
    assert ticket.version == 1 + len(lines)


def test_a_dispatch_names_a_handler_and_a_return_forgets_it() -> None:
    with pytest.raises(IllegalMove, match="needs the organisation"):
        move(ticket_in(TicketState.REG), Step(TicketState.SENT, START), None, EVERYBODY, None)
    sent, line = move(ticket_in(TicketState.REG), Step(TicketState.SENT, START, "", "T-1", "o2"), None, EVERYBODY, None)
    assert (sent.handler_id, sent.receiver_id, line.receiver_id) == ("T-1", "o2", "o2")
    back, _ = move(sent, Step(TicketState.REG, START, "not ours"), None, frozenset({Party.HANDLER}), line)
    assert (back.handler_id, back.receiver_id) == (None, None)


def test_the_clock_pauses_while_suspended_and_starts_anew_on_rework() -> None:
    work = ticket_in(TicketState.WORK)
    held, line = move(work, step(TicketState.HOLD), None, EVERYBODY, None)
    assert {TicketState.HOLD} == PAUSED
    assert not overdue(held, START + timedelta(days=9))
    again, _ = move(held, step(TicketState.WORK, START + timedelta(days=9)), None, EVERYBODY, line)
    assert again.deadline_at == work.deadline_at + timedelta(days=9)
    fresh = START + timedelta(days=20)
    done = ticket_in(TicketState.DONE)
    back, _ = move(done, Step(TicketState.REWORK, START, "dirty", fresh_deadline=fresh), None, EVERYBODY, None)
    assert (back.deadline_at, back.rework_count) == (fresh, 1)


def test_a_relapse_has_thirty_days() -> None:
    closed = ticket_in(TicketState.CLOSED)
    move(closed, step(TicketState.REWORK, START + RELAPSE_WINDOW), None, EVERYBODY, None)
    with pytest.raises(IllegalMove, match="more than 30 days"):
        move(closed, step(TicketState.REWORK, START + RELAPSE_WINDOW + timedelta(seconds=1)), None, EVERYBODY, None)


def test_overtime_stays_visible_after_closing() -> None:
    late = replace(ticket_in(TicketState.CLOSED), closed_at=START + timedelta(hours=5))
    assert overdue(late, START + timedelta(days=99))
    assert not overdue(ticket_in(TicketState.CLOSED), START + timedelta(days=99))
    assert overdue(ticket_in(TicketState.WORK), START + timedelta(hours=4, seconds=1))
    assert not overdue(ticket_in(TicketState.WORK), START + timedelta(hours=4))


@pytest.mark.parametrize(
    ("role", "home", "in_scope", "found"),
    [
        (Role.DISTRICT_OPERATOR, "district", True, {Party.DESK}),
        (Role.SHIFT_LEADER, "district", True, {Party.DESK, Party.LEADER}),
        (Role.TOWNSHIP_OPERATOR, "T-1", True, {Party.DESK, Party.HANDLER}),
        (Role.TOWNSHIP_OPERATOR, "T-1", False, {Party.HANDLER}),
        (Role.TOWNSHIP_OPERATOR, "T-2", True, {Party.DESK}),
        (Role.TOWNSHIP_OPERATOR, "T-2", False, set()),
        (Role.DEPARTMENT_STAFF, "T-1", True, {Party.HANDLER}),
        (Role.DEPARTMENT_STAFF, "D01", True, set()),
        (Role.GRID_MEMBER, "T-1", True, {Party.HANDLER}),
        (Role.GRID_MEMBER, "T-2", True, set()),
        (Role.SYSTEM_MANAGER, "T-1", True, set()),
    ],
)
def test_who_acts_as_what(role: Role, home: str, in_scope: bool, found: set[Party]) -> None:
    ticket = ticket_in(TicketState.SENT, handler_id="T-1")
    assert parties(ticket, operator(role, home), in_scope) == found


def test_the_receiver_handles_wherever_they_belong() -> None:
    ticket = ticket_in(TicketState.SENT, handler_id="T-1", receiver_id="me")
    assert parties(ticket, operator(Role.GRID_MEMBER, "T-2", "me"), False) == {Party.HANDLER}


def test_r26_a_candidate_reaches_dispatch_only_through_a_person() -> None:
    """Whatever the gateway itself may do, it never registers or dispatches."""
    for state in (TicketState.NEW, TicketState.VERIFY, TicketState.REG):
        assert allowed(ticket_in(state), frozenset({Party.SYSTEM}), START) == ()
