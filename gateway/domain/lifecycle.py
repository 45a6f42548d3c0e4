"""The life of a camera in the catalogue: draft, live, suspended for works, decommissioned; and what each step needs."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Lifecycle(StrEnum):
    """Where a camera is in its life."""

    DRAFT = "draft"
    """Its file is being written: it is not pulled, and nobody sees a picture."""
    LIVE = "live"
    SUSPENDED = "suspended"
    """Planned works: it may be silent for a while without a ticket; statistics go on."""
    DECOMMISSIONED = "decommissioned"
    """Out of service for good: every record stays, no picture comes, and lists leave it out."""


MOVES: dict[Lifecycle, frozenset[Lifecycle]] = {
    Lifecycle.DRAFT: frozenset({Lifecycle.LIVE, Lifecycle.DECOMMISSIONED}),
    Lifecycle.LIVE: frozenset({Lifecycle.SUSPENDED, Lifecycle.DECOMMISSIONED}),
    Lifecycle.SUSPENDED: frozenset({Lifecycle.LIVE, Lifecycle.DECOMMISSIONED}),
    Lifecycle.DECOMMISSIONED: frozenset(),
}
"""From where to where a camera may go."""

SERVED = frozenset({Lifecycle.LIVE, Lifecycle.SUSPENDED})
"""In these a camera is pulled and may be watched."""

REGIMES = ("art7", "art9", "art33")
"""Articles of Order 799 under which a camera may stand: listed place, other public place, not public."""


def wanting(
    managing_unit: str,
    regime: str,
    purposes: Collection[str],
    need_statement: str,
    *,
    secret_adjacent: bool = False,
    consents: int = 0,
) -> tuple[str, ...]:
    """What a file still lacks before its camera may go live; empty if nothing.

    ``consents`` is how many documents of consent are in the file: without one, no camera beside a place that keeps
    secrets goes live (Order 799, article 10).
    """
    lacking = []
    if not managing_unit.strip():
        lacking.append("owner_id")
    if regime not in REGIMES:
        lacking.append("regime")
    if not purposes:
        lacking.append("purposes")
    if not need_statement.strip():
        lacking.append("need_statement")
    if secret_adjacent and consents < 1:
        lacking.append("consent")
    return tuple(lacking)
