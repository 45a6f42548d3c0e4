"""Notices: what the gateway tells people, told once, kept until it is old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.operators import Role


class RecipientKind(StrEnum):
    """Whom a notice is for."""

    OPERATOR = "operator"
    ORGANISATION = "organisation"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, the people of one organisation, or everybody; ``role`` keeps only who acts in it."""

    kind: RecipientKind
    id: str = ""
    role: Role | None = None


def to_operator(operator_id: str) -> Recipient:
    """That one person."""
    return Recipient(RecipientKind.OPERATOR, operator_id)


def to_organisation(organisation_id: str, role: Role | None = None) -> Recipient:
    """Whoever belongs to the organisation, or of them who act in the role."""
    return Recipient(RecipientKind.ORGANISATION, organisation_id, role)


def to_role(role: Role) -> Recipient:
    """Whoever acts in the role, in any organisation."""
    return Recipient(RecipientKind.EVERYBODY, "", role)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing told to one recipient. ``kind`` is a word that readers have sentences for, ``detail`` what they put in.

    Everybody who is told reads the whole detail, so it holds no secret and no name that one of them may not know.
    ``key`` tells apart what may be told again about the same object ("24h", "1h").
    """

    id: str
    at: datetime
    recipient: Recipient
    kind: str
    object_kind: str
    object_id: str
    detail: Mapping[str, str | int | float | bool | None]
    key: str = ""
    seen_at: datetime | None = None
