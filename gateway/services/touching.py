"""Touching: sessions that are used are written to, many in one transaction.

A shift signs in together, so that a minute later hundreds of sessions are due at once. A transaction with its write to
disk for each would keep everybody else waiting, so that they are noted here and written by the next round of sweeps:
what a killed gateway forgets is less than the lateness that locking allows for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Touches:
    """When sessions were used last that are not written to yet: one entry a session, until the next round."""

    _seen: dict[str, datetime] = field(default_factory=dict)

    def note(self, session_id: str, at: datetime) -> None:
        """Notes that the session was used, by whatever means but a hand."""
        self._seen[session_id] = at

    def take(self) -> list[tuple[str, datetime]]:
        """What was noted since the last time."""
        seen, self._seen = self._seen, {}
        return list(seen.items())
