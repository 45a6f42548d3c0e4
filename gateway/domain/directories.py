"""Directories: which organisation and roles the groups of somebody in a directory give them here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.domain.accounts import Unfit, check_roles
from gateway.domain.operators import Role


@dataclass(frozen=True, slots=True)
class GroupMapping:
    """What being in a group of the directory gives: a place in one organisation, and roles."""

    group: str
    organisation_id: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody's groups give together."""

    organisation_id: str
    roles: frozenset[Role]


def check_mapping(roles: frozenset[Role]) -> None:
    """Returns if a group may give these roles. Raises ``Unfit``."""
    check_roles(roles)
    if Role.VENDOR in roles:
        # the directory knows neither contract nor last day, without which no vendor may be let in
        raise Unfit("roles", "a directory makes no vendors: the system manager does, with a contract and a last day")


def given(mappings: Sequence[GroupMapping], groups: Iterable[str]) -> Given | None:
    """What the groups give; None if nothing. Raises ``Unfit`` if one person may not have it all.

    The first mapping that fits says the organisation; later ones add roles in that organisation only, so that nobody
    carries a role from one organisation into another.
    """
    of_person = frozenset(groups)
    fitting = [one for one in mappings if one.group in of_person]
    if not fitting:
        return None
    home = fitting[0].organisation_id
    roles: frozenset[Role] = frozenset().union(*(one.roles for one in fitting if one.organisation_id == home))
    check_mapping(roles)
    return Given(home, roles)


def plain_login(login: str) -> str:
    """The login as a directory compares it: without case, doubled spaces or other ways to write a letter.

    One person has one spelling here, so that nobody gets more guesses by writing the login otherwise.
    """
    return " ".join(unicodedata.normalize("NFKC", login).casefold().split())
