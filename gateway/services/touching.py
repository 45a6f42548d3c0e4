"""Touching: sessions that are used are written to, those of one moment in one transaction.

A shift signs in together, so that a minute later hundreds of sessions are due at once; a transaction and its write to
disk for each would keep everybody else waiting.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from gateway.storage import sessions
from gateway.storage.store import Store


@dataclass(slots=True)
class Touches:
    """The sessions that wait to be written to: never more than there are requests at this moment."""

    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: dict[tuple[str, bool], datetime] = field(default_factory=dict)

    async def touch(self, store: Store, session_id: str, at: datetime, *, by_hand: bool) -> None:
        """Notes that the session was used, and whether somebody's hand did it; returns when that is in the database.

        Raises what the database raises; who waited for somebody else's transaction is not told of its failure.
        """
        self._waiting[session_id, by_hand] = at
        async with self._turn:
            taken, self._waiting = self._waiting, {}
            if not taken:
                return  # whoever had the turn before took it along
            async with store.begin() as conn:
                for hand in (False, True):
                    seen = [(one, when) for (one, by), when in taken.items() if by is hand]
                    await sessions.touch(conn, seen, by_hand=hand)
