"""Actions: the one enumeration of what can be done with a camera."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """Something an operator may do with a camera, and that a grant may give."""

    DIRECTORY = "directory"
    """Know that it exists: name and place only."""
    LIST = "list"
    """See its file: kind, owner, status, streams."""
    VIEW_LIVE = "view_live"
    PLAYBACK = "playback"
    SNAPSHOT = "snapshot"
    RESTREAM = "restream"
    PTZ = "ptz"
    EXPORT = "export"
    SEE_EVENTS = "see_events"
    HANDLE_TICKETS = "handle_tickets"
    MANAGE = "manage"
    """Change its file."""
    SHARE = "share"
    """Give and revoke grants on it."""
