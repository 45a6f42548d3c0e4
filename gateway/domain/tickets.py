"""Tickets: what a case is, who may move it, and the one function that does. The states are in ``ticket_states``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.operators import Operator, Role
from gateway.domain.ticket_states import ENDED, MOVES, PAUSED, MoveRule, Operation, Party, TicketKind, TicketState

RELAPSE_WINDOW = timedelta(days=30)
"""How long after closing a ticket may be reopened as a relapse."""

DESK_ROLES = frozenset({Role.DISTRICT_OPERATOR, Role.SHIFT_LEADER, Role.TOWNSHIP_OPERATOR})
HANDLER_ROLES = frozenset({Role.GRID_MEMBER, Role.DEPARTMENT_STAFF, Role.TOWNSHIP_OPERATOR})


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case: what, where, whose turn, until when. ``handler_id`` is an organisation, ``receiver_id`` an operator."""

    id: str
    number: str
    kind: TicketKind
    state: TicketState
    category: str
    title: str
    township_code: str
    latitude: float
    longitude: float
    datum: str
    created_by: str
    created_at: datetime
    deadline_at: datetime
    note: str = ""
    candidate_id: str | None = None
    event_id: str | None = None
    camera_id: str | None = None
    grid_code: str | None = None
    handler_id: str | None = None
    receiver_id: str | None = None
    urgent: bool = False
    rework_count: int = 0
    closed_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class TicketMove:
    """One line of a ticket's append-only history: who moved it, when, from where to where, and why."""

    ticket_id: str
    seq: int
    at: datetime
    actor_id: str
    organisation_id: str
    operation: Operation
    from_state: TicketState
    to_state: TicketState
    why: str = ""
    receiver_id: str | None = None
    seconds_used: float = 0.0
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody asks for: where to, at what time, why, and for a dispatch to whom."""

    to: TicketState
    at: datetime
    why: str = ""
    handler_id: str | None = None
    receiver_id: str | None = None
    fresh_deadline: datetime | None = None
    """The limit that starts anew when a ticket is sent back."""


class IllegalMove(Exception):
    """The ticket may not make this move now; the message is one sentence for people."""


def parties(ticket: Ticket, operator: Operator, in_scope: bool) -> frozenset[Party]:
    """In which capacities the operator may move the ticket.

    ``in_scope`` says that a grant lets the operator handle tickets of the ticket's camera.
    """
    found: set[Party] = set()
    if in_scope and operator.roles & DESK_ROLES:
        found.add(Party.DESK)
    if in_scope and Role.SHIFT_LEADER in operator.roles:
        found.add(Party.LEADER)
    mine = ticket.handler_id is not None and ticket.handler_id == operator.organisation_id
    if operator.id == ticket.receiver_id or (mine and operator.roles & HANDLER_ROLES):
        found.add(Party.HANDLER)
    return frozenset(found)


def allowed(ticket: Ticket, capacities: frozenset[Party], at: datetime) -> tuple[MoveRule, ...]:
    """The moves open to those capacities now, at most one per target; the one that asks least comes first."""
    best: dict[TicketState, MoveRule] = {}
    for rule in MOVES:
        if rule.origin is not ticket.state or rule.party not in capacities or _too_late(ticket, rule, at):
            continue
        if rule.to not in best or (best[rule.to].needs_why and not rule.needs_why):
            best[rule.to] = rule
    return tuple(best.values())


def overdue(ticket: Ticket, at: datetime) -> bool:
    """True if the limit has passed, or had passed when the ticket ended; never while it is suspended."""
    if ticket.state in PAUSED:
        return False
    if ticket.state in ENDED:
        return ticket.closed_at is not None and ticket.closed_at > ticket.deadline_at
    return at > ticket.deadline_at


def move(
    ticket: Ticket,
    step: Step,
    operator: Operator | None,
    capacities: frozenset[Party],
    last: TicketMove | None,
) -> tuple[Ticket, TicketMove]:
    """The ticket after the step and the line to append. ``operator`` None is the gateway itself.

    ``last`` is the newest line of its history. Raises ``IllegalMove``.
    """
    rule = _rule(ticket, step, capacities)
    if rule.needs_why and not step.why.strip():
        raise IllegalMove(f"moving from {ticket.state} to {step.to} needs a reason")
    if rule.operation is Operation.ASSIGN and not step.handler_id:
        raise IllegalMove("a dispatch needs the organisation that is to handle the ticket")
    since = ticket.created_at if last is None else last.at
    line = TicketMove(
        ticket_id=ticket.id,
        seq=1 if last is None else last.seq + 1,
        at=step.at,
        actor_id="system" if operator is None else operator.id,
        organisation_id="" if operator is None else operator.organisation_id,
        operation=rule.operation,
        from_state=ticket.state,
        to_state=step.to,
        why=step.why.strip(),
        receiver_id=step.receiver_id,
        seconds_used=max(0.0, (step.at - since).total_seconds()),
        overdue=overdue(ticket, step.at),
    )
    return _moved(ticket, step, line), line


def _too_late(ticket: Ticket, rule: MoveRule, at: datetime) -> bool:
    """True for a relapse outside its window."""
    if rule.origin is not TicketState.CLOSED or rule.to is not TicketState.REWORK:
        return False
    return ticket.closed_at is None or at - ticket.closed_at > RELAPSE_WINDOW


def _rule(ticket: Ticket, step: Step, capacities: frozenset[Party]) -> MoveRule:
    for rule in allowed(ticket, capacities, step.at):
        if rule.to is step.to:
            return rule
    pair = [rule for rule in MOVES if rule.origin is ticket.state and rule.to is step.to]
    if not pair:
        raise IllegalMove(f"a ticket in {ticket.state} cannot move to {step.to}")
    if any(_too_late(ticket, rule, step.at) for rule in pair):
        raise IllegalMove(f"the ticket was closed more than {RELAPSE_WINDOW.days} days ago")
    who = " or ".join(sorted({rule.party.value for rule in pair}))
    raise IllegalMove(f"moving from {ticket.state} to {step.to} is for the {who}")


def _moved(ticket: Ticket, step: Step, line: TicketMove) -> Ticket:
    after = replace(ticket, state=step.to, version=ticket.version + 1)
    if line.operation is Operation.ASSIGN:
        after = replace(after, handler_id=step.handler_id, receiver_id=step.receiver_id)
    elif step.to in (TicketState.REG, TicketState.NEW) and line.operation in (Operation.RETURN, Operation.REVOKE):
        after = replace(after, handler_id=None, receiver_id=None)
    elif step.to is TicketState.WORK and step.receiver_id is not None:
        after = replace(after, receiver_id=step.receiver_id)
    if line.from_state is TicketState.HOLD:
        after = replace(after, deadline_at=ticket.deadline_at + timedelta(seconds=line.seconds_used))
    if step.to is TicketState.REWORK:
        after = replace(after, rework_count=ticket.rework_count + 1, closed_at=None)
        if step.fresh_deadline is not None:
            after = replace(after, deadline_at=step.fresh_deadline)
    if step.to in (TicketState.CLOSED, TicketState.FORCED, TicketState.VOID):
        after = replace(after, closed_at=step.at)
    return after
