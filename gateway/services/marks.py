"""Marks: the words that stand across a picture, so that whoever passes it on is known (R16)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from gateway.domain.operators import Operator
from gateway.domain.organisations import Organisation

SHANGHAI = timezone(timedelta(hours=8))


def viewer_words(operator: Operator, at: datetime) -> str:
    """Account, unit and time."""
    return f"{stream_words(operator)} {_time(at)}"


def stream_words(operator: Operator) -> str:
    """Account and unit. Letters that a worker can draw: the unit stands there as its id."""
    return f"{_plain(operator.login, operator.id)} {operator.organisation_id}"


def export_words(operator: Operator, unit: Organisation, at: datetime) -> str:
    """What stands on an export's pictures: account, unit and time."""
    return f"{viewer_words(operator, at)} {_plain(unit.name_en, '')}".strip()


def public_words(export_id: str, at: datetime) -> str:
    """What stands on a public release: its number and the day, and nobody's name."""
    return f"Public release {export_id[-12:]} {at.astimezone(SHANGHAI):%Y-%m-%d}"


def _plain(text: str, otherwise: str) -> str:
    """The text if a worker can draw it, else something that it can."""
    return text if text.isascii() and text.isprintable() else otherwise[-12:]


def _time(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
