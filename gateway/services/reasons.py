"""Reasons and notes: whoever changes something for others says why in a few words, or what was found."""

from __future__ import annotations

from gateway.services.errors import Invalid

REASON_MAX = 500
NOTE_MAX = 1000


def check_reason(reason: str, *, needed: bool = True) -> None:
    """Raises ``Invalid`` for a reason that is missing or too long."""
    if needed and not reason.strip():
        raise Invalid("a reason is needed", field="reason")
    if len(reason) > REASON_MAX:
        raise Invalid(f"a reason has at most {REASON_MAX} characters", field="reason")


def check_note(note: str) -> None:
    """Raises ``Invalid`` for a note that says nothing or is too long."""
    if not note.strip():
        raise Invalid("say what was found", field="note")
    if len(note) > NOTE_MAX:
        raise Invalid(f"a note has at most {NOTE_MAX} characters", field="note")
