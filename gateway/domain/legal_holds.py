"""Legal holds: what may not be deleted for now, always by two people and always with an end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

WAITING = timedelta(hours=72)
"""How long what was asked for protects before the second person decided."""
LONGEST = timedelta(days=366)
"""The furthest end that is decided at once; it can be put off again and again."""


class HoldState(StrEnum):
    """Where a hold stands. One that ran out is still ``held``: its end says so."""

    ASKED = "asked"
    HELD = "held"
    REFUSED = "refused"
    LIFTED = "lifted"


class HoldStage(StrEnum):
    """What a reader sorts holds by, at some time."""

    ASKED = "asked"
    """Waits for a second person, also after what was asked for has ceased to protect."""
    STANDING = "standing"
    ENDED = "ended"
    """Refused, lifted, or over."""


class Wish(StrEnum):
    """What somebody asks of a hold that stands."""

    NONE = ""
    EXTEND = "extend"
    LIFT = "lift"


class HoldRefused(Exception):
    """The step is not possible; the text is one sentence."""


class SamePerson(HoldRefused):
    """Nobody decides what they asked for themselves."""

    def __init__(self) -> None:
        super().__init__("another person decides what you asked for")


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Evidence of one camera, between ``since`` and ``until`` (None: without bound), or of one event of it."""

    id: str
    camera_id: str
    event_id: str | None
    since: datetime | None
    until: datetime | None
    reason: str
    letter: str
    state: HoldState
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    ends_at: datetime
    wish: Wish = Wish.NONE
    wish_ends_at: datetime | None = None
    wish_reason: str = ""
    wish_by: str | None = None
    version: int = 1

    def stands(self, at: datetime) -> bool:
        """True while it protects by a second person's word."""
        return self.state is HoldState.HELD and self.ends_at > at

    def protects(self, at: datetime) -> bool:
        """True while nothing that it names is deleted: as long as it stands, and at first while it waits."""
        waits = self.state is HoldState.ASKED and self.requested_at > at - WAITING
        return (waits and self.ends_at > at) or self.stands(at)

    def stage(self, at: datetime) -> HoldStage:
        """Where a reader looks for it."""
        if self.stands(at):
            return HoldStage.STANDING
        waits = self.state is HoldState.ASKED and self.ends_at > at
        return HoldStage.ASKED if waits else HoldStage.ENDED

    def asked_by(self, at: datetime) -> str | None:
        """Who asked for what waits to be decided; None if nothing waits."""
        if self.stage(at) is HoldStage.ASKED:
            return self.requested_by
        return self.wish_by if self.stands(at) and self.wish is not Wish.NONE else None


def check_end(ends_at: datetime, at: datetime) -> None:
    """Raises ``HoldRefused`` if a hold cannot end then."""
    if not at < ends_at <= at + LONGEST:
        raise HoldRefused(f"a hold ends later than now and within {LONGEST.days} days")


def wished(hold: LegalHold, wish: Wish, by: str, reason: str, ends_at: datetime | None, at: datetime) -> LegalHold:
    """The hold with what somebody asks of it. Raises ``HoldRefused``."""
    if not hold.stands(at):
        raise HoldRefused("only a hold that stands is extended or lifted")
    if wish is Wish.EXTEND:
        if ends_at is None or ends_at <= hold.ends_at:
            raise HoldRefused("say a later end")
        check_end(ends_at, at)
    later = ends_at if wish is Wish.EXTEND else None
    asked = replace(hold, wish=wish, wish_by=by, wish_reason=reason, wish_ends_at=later)
    return replace(asked, version=hold.version + 1)


def decided(hold: LegalHold, by: str, yes: bool, at: datetime) -> LegalHold:
    """The hold after a second person decided what is asked. Raises ``HoldRefused`` or ``SamePerson``."""
    done = replace(hold, decided_by=by, decided_at=at, version=hold.version + 1)
    if hold.state is HoldState.ASKED:
        if by == hold.requested_by:
            raise SamePerson
        if yes:
            check_end(hold.ends_at, at)
        return replace(done, state=HoldState.HELD if yes else HoldState.REFUSED)
    if hold.wish is Wish.NONE or not hold.stands(at):
        raise HoldRefused("nothing is waiting to be decided")
    if by == hold.wish_by:
        raise SamePerson
    clean = replace(done, wish=Wish.NONE, wish_by=None, wish_reason="", wish_ends_at=None)
    if not yes:
        return clean
    if hold.wish is Wish.LIFT:
        return replace(clean, state=HoldState.LIFTED, ends_at=at)
    return replace(clean, ends_at=hold.wish_ends_at or hold.ends_at)
