"""Delegations: a decider who will be away names somebody who decides requests meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(days=60)
"""The longest absence for which a deputy can be named."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """The deputy decides requests in the principal's stead, within the principal's rights, and hands nothing on."""

    id: str
    organisation_id: str
    principal_id: str
    deputy_id: str
    not_before: datetime
    not_after: datetime
    reason: str
    created_at: datetime
    ended_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """True from its beginning until its end, or until it was ended before."""
        if self.ended_at is not None and self.ended_at <= at:
            return False
        return self.not_before <= at < self.not_after
