"""Decisions: what ``grants.permits`` answers, in a form that any language can put into a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition


class Why(StrEnum):
    """The reason of a decision; the sentences are in ``domain.sentences``."""

    GRANTED = "granted"
    DENIED_BY_GRANT = "denied_by_grant"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_LAPSED = "account_lapsed"
    """The account's dates do not hold: a vendor's contract has not begun or is over."""
    ROLE_EXCLUDES = "role_excludes"
    NO_GRANT = "no_grant"
    OUTSIDE_HOURS = "outside_hours"
    """A grant would allow it, at another hour."""
    OTHER_PURPOSE = "other_purpose"
    """A grant would allow it, for another purpose."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether an action is allowed, why, by which grant, until when and under which conditions.

    ``grant_number`` and ``giver_id`` (an organisation) name the grant to a reader. ``until`` is when to ask again at
    the latest: the grant's end, the end of its hours, the beginning of a deny, or the end of the account.
    """

    allowed: bool
    why: Why
    action: Action
    grant_id: str | None = None
    grant_number: int | None = None
    giver_id: str = ""
    until: datetime | None = None
    conditions: frozenset[Condition] = frozenset()
    note: str = ""
    """The reason that the denying grant gives."""
