"""Signs: every camera of a public place is told of by a prominent sign beside it (Order 799, article 13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

PLACE_MAX = 200


class SignState(StrEnum):
    """What was found at the last check."""

    UP = "up"
    """It hangs where it should and can be read."""
    DAMAGED = "damaged"
    """Torn, faded or hidden: nobody reads it."""
    GONE = "gone"


class SignStanding(StrEnum):
    """How a camera stands with its sign."""

    MISSING = "missing"
    """No sign that can be read, or no photo of it."""
    OVERDUE = "overdue"
    """There is one, and nobody has looked at it for twelve months."""
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Sign:
    """The sign of one camera: since when and where it hangs, what the last check found, and its photo (a document)."""

    camera_id: str
    put_up: date
    checked: date
    place: str
    state: SignState
    photo_id: str | None
    version: int = 1


class BadSign(Exception):
    """The record makes no sense; the text is one sentence, ``field`` names what is wrong."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def a_year_before(today: date) -> date:
    """A sign that was last checked before this day is due to be looked at again: twelve months ago."""
    return _in_year(today, today.year - 1)


def due(checked: date) -> date:
    """The last day by which a sign that was checked then is looked at again."""
    return _in_year(checked, checked.year + 1)


def standing(state: SignState | None, checked: date | None, photo: bool, today: date) -> SignStanding:
    """How the camera stands today; ``state`` None means that no sign was ever recorded."""
    if state is not SignState.UP or checked is None or not photo:
        return SignStanding.MISSING
    return SignStanding.OVERDUE if checked < a_year_before(today) else SignStanding.CURRENT


def check(sign: Sign, today: date) -> None:
    """Raises ``BadSign`` if the record cannot be true."""
    if sign.put_up > today:
        raise BadSign("a sign cannot have been put up in the future", "put_up")
    if sign.checked > today:
        raise BadSign("a sign cannot have been checked in the future", "checked")
    if sign.checked < sign.put_up:
        raise BadSign("a sign is not checked before it was put up", "checked")
    if not sign.place.strip():
        raise BadSign("say where the sign hangs", "place")
    if sign.state is SignState.UP and sign.photo_id is None:
        raise BadSign("a sign that is up needs a photo", "photo_id")


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return day.replace(year=year, day=28)
