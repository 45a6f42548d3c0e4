"""Ticket states: which there are and which moves are allowed, as one table of data (domain notes 2.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class TicketState(StrEnum):
    """Where a ticket stands. A candidate is not yet a ticket."""

    NEW = "NEW"
    VERIFY = "VERIFY"
    VOID = "VOID"
    REG = "REG"
    SENT = "SENT"
    WORK = "WORK"
    HOLD = "HOLD"
    DONE = "DONE"
    REWORK = "REWORK"
    VISIT = "VISIT"
    CLOSED = "CLOSED"
    FORCED = "FORCED"
    ARCH = "ARCH"


class TicketKind(StrEnum):
    """Whether a person confirmed a happening in the street, or a device reported its own fault."""

    PATROL = "patrol"
    MAINTENANCE = "maintenance"


class Operation(StrEnum):
    """What kind of step a move is, as the statistics count it."""

    FORWARD = "forward"
    RETURN = "return"
    CANCEL = "cancel"
    CLOSE = "close"
    ASSIGN = "assign"
    REVOKE = "revoke"
    NOTE = "note"
    """A remark without a change of state, such as a device that recovered by itself."""


class Party(StrEnum):
    """In which capacity somebody moves a ticket."""

    DESK = "desk"
    """The command centre that may handle the camera's tickets: takes in, dispatches, checks, closes."""
    LEADER = "leader"
    """The shift leader: what needs an approval."""
    HANDLER = "handler"
    """The organisation or the person the ticket was dispatched to."""
    SYSTEM = "system"
    """The gateway itself."""


@dataclass(frozen=True, slots=True)
class State:
    """A state's names, the code customary in the field ("" if none), and whether work and clock have ended."""

    state: TicketState
    name_zh: str
    name_en: str
    vendor_code: str = ""
    ended: bool = False
    paused: bool = False


STATES: dict[TicketState, State] = {
    row.state: row
    for row in (
        State(TicketState.NEW, "待受理", "awaiting intake", "1"),
        State(TicketState.VERIFY, "核实中", "being verified"),
        State(TicketState.VOID, "不予立案", "void", "7", ended=True),
        State(TicketState.REG, "已立案待派遣", "registered, awaiting dispatch", "3"),
        State(TicketState.SENT, "待签收", "dispatched, awaiting sign-in"),
        State(TicketState.WORK, "处置中", "being handled", "4"),
        State(TicketState.HOLD, "挂账", "suspended", "8", paused=True),
        State(TicketState.DONE, "已处置待核查", "handled, awaiting check", "5"),
        State(TicketState.REWORK, "返工", "sent back"),
        State(TicketState.VISIT, "回访中", "call-back"),
        State(TicketState.CLOSED, "已结案", "closed", "6", ended=True),
        State(TicketState.FORCED, "强制结案", "forced close", ended=True),
        State(TicketState.ARCH, "归档", "archived", ended=True),
    )
}

ENDED = frozenset(state for state, row in STATES.items() if row.ended)
PAUSED = frozenset(state for state, row in STATES.items() if row.paused)


@dataclass(frozen=True, slots=True)
class MoveRule:
    """One allowed move: from, to, who may, what kind of step, and whether a reason is compulsory."""

    origin: TicketState
    to: TicketState
    operation: Operation
    party: Party
    needs_why: bool = False


def _table() -> tuple[MoveRule, ...]:
    s, o, p = TicketState, Operation, Party
    rows = [
        MoveRule(s.NEW, s.VERIFY, o.FORWARD, p.DESK),
        MoveRule(s.NEW, s.REG, o.FORWARD, p.DESK),
        MoveRule(s.NEW, s.VOID, o.CANCEL, p.LEADER, True),
        MoveRule(s.VERIFY, s.REG, o.FORWARD, p.DESK),
        MoveRule(s.VERIFY, s.VOID, o.CANCEL, p.LEADER, True),
        MoveRule(s.REG, s.SENT, o.ASSIGN, p.DESK),
        MoveRule(s.REG, s.NEW, o.RETURN, p.DESK, True),
        MoveRule(s.SENT, s.WORK, o.FORWARD, p.HANDLER),
        MoveRule(s.SENT, s.REG, o.RETURN, p.HANDLER, True),
        MoveRule(s.SENT, s.REG, o.REVOKE, p.DESK, True),
        MoveRule(s.WORK, s.DONE, o.FORWARD, p.HANDLER, True),
        MoveRule(s.WORK, s.HOLD, o.FORWARD, p.LEADER, True),
        MoveRule(s.WORK, s.REG, o.RETURN, p.HANDLER, True),
        MoveRule(s.WORK, s.REG, o.REVOKE, p.DESK, True),
        MoveRule(s.HOLD, s.WORK, o.FORWARD, p.DESK),
        MoveRule(s.HOLD, s.WORK, o.FORWARD, p.HANDLER),
        MoveRule(s.DONE, s.CLOSED, o.CLOSE, p.DESK),
        MoveRule(s.DONE, s.REWORK, o.RETURN, p.DESK, True),
        MoveRule(s.DONE, s.VISIT, o.FORWARD, p.DESK),
        MoveRule(s.VISIT, s.CLOSED, o.CLOSE, p.DESK),
        MoveRule(s.VISIT, s.REWORK, o.RETURN, p.DESK, True),
        MoveRule(s.REWORK, s.WORK, o.FORWARD, p.HANDLER),
        MoveRule(s.CLOSED, s.REWORK, o.RETURN, p.LEADER, True),
    ]
    for origin in (s.NEW, s.VERIFY, s.REG, s.SENT, s.WORK, s.HOLD, s.DONE, s.REWORK, s.VISIT):
        rows.append(MoveRule(origin, s.FORCED, o.CLOSE, p.LEADER, True))
    for origin in (s.VOID, s.CLOSED, s.FORCED):
        rows.append(MoveRule(origin, s.ARCH, o.FORWARD, p.SYSTEM))
    # the desk writes down what a handler reports by telephone, and must say so
    rows += [
        replace(row, party=p.DESK, needs_why=True)
        for row in rows
        if row.party is p.HANDLER and row.operation is o.FORWARD and row.origin is not s.HOLD
    ]
    return tuple(rows)


MOVES: tuple[MoveRule, ...] = _table()
