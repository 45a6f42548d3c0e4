"""Inquiries of citizens: which states there are and which moves are allowed, as one table of data.

To protect their life, health or property a person, their near kin or their guardian may view what a camera recorded,
with the consent of its managing unit (Order 799, article 21); a person may ask for their own data (PIPL, article 45).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REPLY_WITHIN = timedelta(days=30)
"""From intake to the reply. Order 799, article 21, names no number and PIPL, article 45, says "in time"; GB/T
35273-2020, 8.7, asks for an answer within thirty days. A refusal needs its reasons (PIPL, article 50)."""
MOST_CAMERAS = 20
LONGEST_SPAN = timedelta(hours=24)
"""As much as one inquiry may ask to see: what it needs, and no more."""


class InquiryState(StrEnum):
    """Where an inquiry stands."""

    TAKEN = "taken"
    IDENTIFIED = "identified"
    CONSENTED = "consented"
    APPOINTED = "appointed"
    VIEWED = "viewed"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class InquiryMove(StrEnum):
    """What can be done with an inquiry."""

    IDENTIFY = "identify"
    CONSENT = "consent"
    DECLINE = "decline"
    """The managing unit does not consent."""
    APPOINT = "appoint"
    SHOW = "show"
    ANSWER = "answer"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    """Whoever asked does not want to know any more."""


class Capacity(StrEnum):
    """In which capacity a member of staff moves an inquiry."""

    DESK = "desk"
    """Staff of the district centre or of the managing unit."""
    UNIT = "unit"
    """Whoever manages the cameras, at the unit that owns them."""


class AskerKind(StrEnum):
    """Who asks."""

    PERSON = "person"
    KIN = "kin"
    GUARDIAN = "guardian"


class IdentityDocument(StrEnum):
    """What was shown as a proof of identity: its kind, and never a number or a copy."""

    ID_CARD = "id_card"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence_permit"
    DRIVING_LICENCE = "driving_licence"
    OTHER = "other"


class RelationProof(StrEnum):
    """What was shown as a proof of being kin or guardian."""

    HOUSEHOLD_REGISTER = "household_register"
    MARRIAGE_CERTIFICATE = "marriage_certificate"
    BIRTH_CERTIFICATE = "birth_certificate"
    GUARDIANSHIP = "guardianship"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class InquiryRule:
    """One allowed move: from, by what, to, who may, whether a reason is compulsory, and whether it takes somebody else
    than who took the inquiry in.
    """

    origin: InquiryState
    move: InquiryMove
    to: InquiryState
    capacity: Capacity
    needs_why: bool = False
    another: bool = False


def _table() -> tuple[InquiryRule, ...]:
    s, m, c = InquiryState, InquiryMove, Capacity
    rows = [
        InquiryRule(s.TAKEN, m.IDENTIFY, s.IDENTIFIED, c.DESK),
        InquiryRule(s.IDENTIFIED, m.CONSENT, s.CONSENTED, c.UNIT, another=True),
        InquiryRule(s.IDENTIFIED, m.DECLINE, s.REFUSED, c.UNIT, needs_why=True, another=True),
        InquiryRule(s.CONSENTED, m.APPOINT, s.APPOINTED, c.DESK),
        InquiryRule(s.APPOINTED, m.APPOINT, s.APPOINTED, c.DESK),
        InquiryRule(s.APPOINTED, m.SHOW, s.VIEWED, c.DESK),
        InquiryRule(s.VIEWED, m.ANSWER, s.ANSWERED, c.DESK, needs_why=True),
    ]
    # who cannot prove who they are is refused, and so is what nobody can show any more
    for origin in (s.TAKEN, s.CONSENTED, s.APPOINTED):
        rows.append(InquiryRule(origin, m.REFUSE, s.REFUSED, c.DESK, needs_why=True))
    for origin in (s.TAKEN, s.IDENTIFIED, s.CONSENTED, s.APPOINTED):
        rows.append(InquiryRule(origin, m.WITHDRAW, s.WITHDRAWN, c.DESK, needs_why=True))
    return tuple(rows)


RULES = _table()
ENDED = frozenset({InquiryState.ANSWERED, InquiryState.REFUSED, InquiryState.WITHDRAWN})
_BY_MOVE = {(rule.origin, rule.move): rule for rule in RULES}


class IllegalInquiry(Exception):
    """The inquiry cannot be moved so; the text is one sentence."""


class NotForYou(IllegalInquiry):
    """Somebody else may move it so."""


def allowed(state: InquiryState, capacities: frozenset[Capacity], *, took_it: bool) -> tuple[InquiryRule, ...]:
    """The moves open to those capacities now; ``took_it`` says that they took the inquiry in themselves."""
    return tuple(
        rule
        for rule in RULES
        if rule.origin is state and rule.capacity in capacities and not (rule.another and took_it)
    )


def step(
    state: InquiryState, move: InquiryMove, capacities: frozenset[Capacity], *, took_it: bool, why: str = ""
) -> InquiryState:
    """The state that a move leads to. Raises ``IllegalInquiry``, or ``NotForYou`` if others may."""
    rule = _BY_MOVE.get((state, move))
    if rule is None:
        raise IllegalInquiry(f"an inquiry that is {state} cannot be moved by {move}")
    if rule.capacity not in capacities:
        raise NotForYou("the managing unit of the cameras decides about its consent")
    if rule.another and took_it:
        raise NotForYou("somebody else than who took the inquiry in decides about consent")
    if rule.needs_why and not why.strip():
        raise IllegalInquiry("the reply needs its words" if move is InquiryMove.ANSWER else "this needs a reason")
    return rule.to


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Who asks to see what and why, of which cameras of one managing unit, and how far it has come.

    What somebody typed is empty once it was erased: the name, the contact, the place, the reason and the reply.
    """

    id: str
    number: str
    state: InquiryState
    asker: AskerKind
    name: str
    contact: str
    place: str
    why: str
    since: datetime
    until: datetime
    owner_id: str
    cameras: tuple[str, ...]
    taken_by: str
    organisation_id: str
    taken_at: datetime
    due_at: datetime
    appointed_at: datetime | None = None
    appointed_place: str = ""
    reply: str = ""
    ended_at: datetime | None = None
    erased_at: datetime | None = None
    version: int = 1

    def overdue(self, at: datetime) -> bool:
        """True if the time for the reply has passed, or had passed when it was given."""
        return (self.ended_at or at) > self.due_at
