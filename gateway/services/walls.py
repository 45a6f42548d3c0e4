"""Walls: which compact record the next picture of a wall or tour belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.services.leasing import Wish
from gateway.services.office import Caller

LASTS = timedelta(hours=8)
"""After so long a wall that still shows pictures begins a new record."""
MOST = 5000

Key = tuple[str, str, str, str, str | None, str]


class Walls:
    """The current wall record of each session, by purpose and way of watching."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._known: dict[Key, tuple[str, datetime]] = {}

    def of(self, caller: Caller, wish: Wish, purpose: str, at: datetime) -> str:
        """The id of the record: the running one, or a fresh one."""
        key = (caller.session_id, caller.remote, wish.action.value, wish.transport, wish.ticket_id, purpose)
        wall_id, begun = self._known.get(key, ("", at))
        if wall_id and at - begun < LASTS:
            return wall_id
        if len(self._known) >= MOST:
            self._known = {old: known for old, known in self._known.items() if at - known[1] < LASTS}
        if len(self._known) >= MOST:
            self._known.clear()  # they only begin new records
        fresh = self._new_id()
        self._known[key] = (fresh, at)
        return fresh
