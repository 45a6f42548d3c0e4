"""States of a request for access: which there are and which moves are allowed, as one table of data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PartState(StrEnum):
    """Where one owner's part of a request stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    NARROWED = "narrowed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """Nobody decided in time."""
    RETURNED = "returned"
    """The holder needed it no longer."""
    REVOKED = "revoked"
    """The owner took all of it back before its time."""
    ENDED = "ended"


class PartMove(StrEnum):
    """What can be done with a part."""

    APPROVE = "approve"
    NARROW = "narrow"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    RETURN = "return"
    REVOKE = "revoke"
    END = "end"


class Side(StrEnum):
    """In which capacity somebody moves a part."""

    OWNER = "owner"
    """Whoever may share the owner's cameras, or stands in for them."""
    ASKER = "asker"
    SYSTEM = "system"
    """The gateway itself, when a time has come."""


@dataclass(frozen=True, slots=True)
class PartRule:
    """One allowed move: from, by what, to, who may, and whether a reason is compulsory."""

    origin: PartState
    move: PartMove
    to: PartState
    side: Side
    needs_why: bool = False


GIVEN = frozenset({PartState.APPROVED, PartState.NARROWED})
"""States in which there are grants that hold or will."""

RULES: tuple[PartRule, ...] = (
    PartRule(PartState.WAITING, PartMove.APPROVE, PartState.APPROVED, Side.OWNER),
    PartRule(PartState.WAITING, PartMove.NARROW, PartState.NARROWED, Side.OWNER),
    PartRule(PartState.WAITING, PartMove.REFUSE, PartState.REFUSED, Side.OWNER, True),
    PartRule(PartState.WAITING, PartMove.WITHDRAW, PartState.WITHDRAWN, Side.ASKER),
    PartRule(PartState.WAITING, PartMove.LAPSE, PartState.LAPSED, Side.SYSTEM),
    PartRule(PartState.APPROVED, PartMove.RETURN, PartState.RETURNED, Side.ASKER),
    PartRule(PartState.NARROWED, PartMove.RETURN, PartState.RETURNED, Side.ASKER),
    PartRule(PartState.APPROVED, PartMove.REVOKE, PartState.REVOKED, Side.SYSTEM),
    PartRule(PartState.NARROWED, PartMove.REVOKE, PartState.REVOKED, Side.SYSTEM),
    PartRule(PartState.APPROVED, PartMove.END, PartState.ENDED, Side.SYSTEM),
    PartRule(PartState.NARROWED, PartMove.END, PartState.ENDED, Side.SYSTEM),
)

_BY_MOVE = {(rule.origin, rule.move): rule for rule in RULES}


class IllegalStep(Exception):
    """The part cannot be moved so; the text is one sentence."""


def step(origin: PartState, move: PartMove, side: Side, why: str = "") -> PartState:
    """The state that a move leads to. Raises ``IllegalStep``."""
    rule = _BY_MOVE.get((origin, move))
    if rule is None:
        raise IllegalStep(f"a part that is {origin} cannot be moved by {move}")
    if rule.side is not side:
        raise IllegalStep(f"this is for the {rule.side} to do, not for the {side}")
    if rule.needs_why and not why.strip():
        raise IllegalStep("this needs a reason")
    return rule.to
