"""Accounts: what the house demands of them, and who must prove more than a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address

from gateway.domain.actions import Action
from gateway.domain.operators import MANAGERS, SEEING, Operator, Role

PROVING = MANAGERS | {Role.SHIFT_LEADER}
"""Roles that keep accounts, rules and records, or that answer for a shift: a stolen password must not be enough."""

VENDOR_LONGEST = timedelta(days=90)
"""The longest time for which a vendor's account may be open at a stretch."""


class Hold(StrEnum):
    """Why a session that is signed in may do nothing but lift this hold or sign out."""

    LOCKED = "locked"
    """Nobody touched the console for too long, or somebody locked it."""
    SECOND_FACTOR = "second_factor"
    """The house demands a second factor of this operator, who has none yet."""


@dataclass(frozen=True, slots=True)
class AccountRules:
    """What the settings demand of accounts and sessions."""

    second_factor_required: bool = True
    idle: timedelta = timedelta(minutes=15)
    pledge_lasts: timedelta = timedelta(days=365)
    training_lasts: timedelta = timedelta(days=365)
    remind: timedelta = timedelta(days=30)


DEFAULT_RULES = AccountRules()


class Lapse(StrEnum):
    """What of an account runs out."""

    NOT_YET = "not_yet"
    """Its time has not begun."""
    VALIDITY = "validity"
    PLEDGE = "pledge"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Term:
    """The dates on which an account rests. A pledge or training that nobody recorded counts from its birth."""

    created_at: datetime
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    pledged_at: datetime | None = None
    trained_at: datetime | None = None

    def ends(self, rules: AccountRules) -> tuple[datetime, Lapse]:
        """When the account lapses first, and by what."""
        ends = [
            ((self.pledged_at or self.created_at) + rules.pledge_lasts, Lapse.PLEDGE),
            ((self.trained_at or self.created_at) + rules.training_lasts, Lapse.TRAINING),
        ]
        if self.valid_until is not None:
            ends.append((self.valid_until, Lapse.VALIDITY))
        return min(ends)

    def lapsed(self, at: datetime, rules: AccountRules) -> Lapse | None:
        """Why the account does not hold at that time, None if it does."""
        if self.valid_from is not None and at < self.valid_from:
            return Lapse.NOT_YET
        end, why = self.ends(rules)
        return why if end <= at else None


class Unfit(ValueError):
    """Roles, dates or a contract that an account must not have; ``field`` is the one to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check_roles(roles: frozenset[Role]) -> None:
    """Returns if one person may act in these roles together. Raises ``Unfit``."""
    if not roles:
        raise Unfit("roles", "an account needs a role")
    if Role.SERVICE in roles:
        raise Unfit("roles", "a service is no person: make it a service account")
    if roles & MANAGERS and len(roles) > 1:
        raise Unfit("roles", "a manager's role stands alone: managers do not watch, watchers do not manage")
    if Role.VENDOR in roles and len(roles) > 1:
        raise Unfit("roles", "a vendor's role stands alone: vendors mend, they do not watch or manage")


def check_term(roles: frozenset[Role], term: Term, contract: str) -> None:
    """Returns if the dates and the contract are such as these roles need. Raises ``Unfit``."""
    begins, ends = term.valid_from, term.valid_until
    if begins is not None and ends is not None and ends <= begins:
        raise Unfit("valid_until", "the account must end after it begins")
    if Role.VENDOR not in roles:
        return
    if not contract.strip():
        raise Unfit("contract", "a vendor's account needs the number of the contract")
    if begins is None:
        raise Unfit("valid_from", "a vendor's account needs a first day")
    if ends is None:
        raise Unfit("valid_until", "a vendor's account needs a last day")
    if ends - begins > VENDOR_LONGEST:
        raise Unfit("valid_until", f"a vendor's account lasts {VENDOR_LONGEST.days} days at most: renew it by then")


def widens(old: Operator, new: Operator) -> bool:
    """True if the account could show pictures that it could not before, by a role or in another organisation, or if it
    could release what others make: a manager's role shows none, but two in one hand are no two people.
    """
    seen = new.ceiling & SEEING
    moved = new.organisation_id != old.organisation_id
    return bool(seen - old.ceiling) or (bool(seen) and moved) or bool((new.roles & MANAGERS) - old.roles)


def reopens(was: Operator, had: Term, now: Operator, has: Term, at: datetime, rules: AccountRules) -> bool:
    """True if an account that sees was over, disabled or lapsed, and would hold again, be it from a later day on.

    A service is none: it comes back with the tokens that two people put into force.
    """
    seen = bool(now.ceiling & SEEING) and not now.service
    return seen and _over(was, had, at, rules) and not _over(now, has, at, rules)


def _over(operator: Operator, term: Term, at: datetime, rules: AccountRules) -> bool:
    return operator.disabled(at) or term.ends(rules)[0] <= at


def must_prove(operator: Operator, remote: str, rules: AccountRules) -> bool:
    """True if this operator, asking from that address, must have a second factor."""
    if not rules.second_factor_required:
        return False
    return bool(operator.roles & PROVING) or Action.EXPORT in operator.ceiling or not is_loopback(remote)


def is_loopback(remote: str) -> bool:
    """True if the address is this machine itself; an address that cannot be read is not."""
    try:
        address = ip_address(remote.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
