"""Emergency mode (战时): a named incident widens who may watch, by two people's word, for hours, and ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.actions import Action
from gateway.domain.grants import TargetKind
from gateway.domain.operators import Role
from gateway.domain.purposes import PURPOSES

LONGEST = timedelta(hours=12)
"""How long an emergency lasts at most, and by how much at most each renewal puts off its end."""

MOST_RENEWALS = 2

WIDENED = frozenset({Action.DIRECTORY, Action.LIST, Action.VIEW_LIVE, Action.SNAPSHOT, Action.SEE_EVENTS})
"""All that an emergency can give: never an export, a recording, a camera's file or the right to share on."""

FOR_PURPOSES = frozenset(purpose.code for purpose in PURPOSES if purpose.public_security)

SCOPES = frozenset({TargetKind.ALL, TargetKind.LOCATED_IN, TargetKind.AREA})

PROPOSED_FOR = timedelta(hours=2)
"""How long a proposal waits for the second person."""


class EmergencyState(StrEnum):
    """Where an emergency stands."""

    PROPOSED = "proposed"
    RUNNING = "running"
    REFUSED = "refused"
    LAPSED = "lapsed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Widened:
    """To whom an emergency gives the view: an organisation's people, or of them (or of all) those in a role."""

    organisation_id: str = ""
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Emergency:
    """A named incident with its scope, those who may watch, and who approved what. ``approvers`` are in order."""

    id: str
    name: str
    reason: str
    state: EmergencyState
    scope_kind: TargetKind
    scope_id: str
    widened: tuple[Widened, ...]
    actions: frozenset[Action]
    lasts: timedelta
    proposed_by: str
    proposed_at: datetime
    approvers: tuple[str, ...] = ()
    began_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def renewals(self) -> int:
        """How often its end was put off."""
        return max(0, len(self.approvers) - 1)


def why_not_approve(emergency: Emergency, who: str, at: datetime) -> str | None:
    """One sentence why that person cannot approve the proposal now; None if they can."""
    if emergency.state is not EmergencyState.PROPOSED or at >= emergency.proposed_at + PROPOSED_FOR:
        return "this proposal is no longer open"
    if who == emergency.proposed_by:
        return "an emergency needs two people: somebody else has to approve it"
    return None


def why_not_renew(emergency: Emergency, who: str, at: datetime) -> str | None:
    """One sentence why that person cannot put off the end now; None if they can."""
    if emergency.state is not EmergencyState.RUNNING or emergency.ends_at is None or at >= emergency.ends_at:
        return "only a running emergency can be renewed"
    if emergency.renewals >= MOST_RENEWALS:
        return f"an emergency is renewed at most {MOST_RENEWALS} times"
    if who == emergency.proposed_by or who in emergency.approvers:
        return "somebody who has not yet approved this emergency has to renew it"
    return None
