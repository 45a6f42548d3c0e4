"""Messages: the doorbell. They carry ids, never state; whoever hears one asks the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    """What a message is about."""

    PERMISSIONS = "permissions"
    """Grants, operators or sessions changed: running pictures are to be asked again."""
    CAMERAS = "cameras"
    CANDIDATES = "candidates"
    TICKETS = "tickets"
    GRANTS = "grants"
    ASSIGNMENTS = "assignments"
    NOTICES = "notices"
    EXPORTS = "exports"


@dataclass(frozen=True, slots=True)
class Message:
    """Something changed; ``ids`` name what. ``origin`` is the gateway that says so."""

    topic: Topic
    ids: tuple[str, ...]
    origin: str
