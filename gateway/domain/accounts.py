"""Accounts: what the house demands of them, and who must prove more than a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address

from gateway.domain.actions import Action
from gateway.domain.operators import MANAGERS, Operator, Role

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
