"""Operators: the people who sign in, and what their roles could ever allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.domain.actions import Action


class Role(StrEnum):
    """What an operator is employed to do. The three managers are separate people and none of them sees video."""

    DISTRICT_OPERATOR = "district_operator"
    SHIFT_LEADER = "shift_leader"
    TOWNSHIP_OPERATOR = "township_operator"
    DEPARTMENT_STAFF = "department_staff"
    GRID_MEMBER = "grid_member"
    SYSTEM_MANAGER = "system_manager"
    SECURITY_MANAGER = "security_manager"
    AUDIT_MANAGER = "audit_manager"
    SERVICE = "service"
    """A department's system, not a person: it comes with a token and never signs in."""
    VENDOR = "vendor"


MANAGERS = frozenset({Role.SYSTEM_MANAGER, Role.SECURITY_MANAGER, Role.AUDIT_MANAGER})
"""Three separate people, none of whom watches (domain notes R15): a manager has this one role and no other."""

_WATCHING = frozenset(
    {Action.DIRECTORY, Action.LIST, Action.VIEW_LIVE, Action.SNAPSHOT, Action.SEE_EVENTS, Action.HANDLE_TICKETS}
)

SEEING = frozenset(
    {Action.VIEW_LIVE, Action.PLAYBACK, Action.SNAPSHOT, Action.RESTREAM, Action.PTZ, Action.EXPORT, Action.SEE_EVENTS}
)
"""Actions that show a picture, move a camera, or give something away: none of the managers has one."""

ROLE_ACTIONS: dict[Role, frozenset[Action]] = {
    Role.DISTRICT_OPERATOR: _WATCHING | {Action.PLAYBACK, Action.PTZ, Action.SHARE},
    Role.SHIFT_LEADER: _WATCHING | {Action.PLAYBACK, Action.PTZ, Action.SHARE, Action.MANAGE, Action.EXPORT},
    Role.TOWNSHIP_OPERATOR: _WATCHING | {Action.PLAYBACK, Action.PTZ, Action.SHARE, Action.MANAGE},
    Role.DEPARTMENT_STAFF: _WATCHING | {Action.PLAYBACK, Action.SHARE, Action.MANAGE},
    Role.GRID_MEMBER: frozenset({Action.DIRECTORY, Action.HANDLE_TICKETS}),
    Role.SYSTEM_MANAGER: frozenset({Action.DIRECTORY, Action.LIST, Action.MANAGE}),
    Role.SECURITY_MANAGER: frozenset({Action.DIRECTORY, Action.LIST}),
    Role.AUDIT_MANAGER: frozenset({Action.DIRECTORY, Action.LIST}),
    Role.SERVICE: _WATCHING | {Action.PLAYBACK, Action.RESTREAM},
    Role.VENDOR: frozenset({Action.DIRECTORY, Action.LIST, Action.VIEW_LIVE}),
}
"""The most a role may ever do: a grant gives nothing beyond it."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts: a person with one account, in one organisation, acting in at least one role; or a service account.

    ``above`` are the organisations above their own: a grant that includes what is below reaches them from there.
    """

    id: str
    login: str
    name: str
    organisation_id: str
    roles: frozenset[Role]
    language: str = "zh-CN"
    disabled_at: datetime | None = None
    scopes: frozenset[Action] | None = None
    """What the token that a service came with is for; None for people, whom only their roles bound."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    above: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def service(self) -> bool:
        """True for a programme of some department, which comes with a token instead of a password."""
        return Role.SERVICE in self.roles

    def disabled(self, at: datetime) -> bool:
        """True once somebody disabled the account."""
        return self.disabled_at is not None and self.disabled_at <= at

    def usable(self, at: datetime) -> bool:
        """True while the account may be used at all: it has begun, is not over and nobody disabled it."""
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_until is None or at < self.valid_until) and not self.disabled(at)

    @property
    def ceiling(self) -> frozenset[Action]:
        """Every action that any of the operator's roles may exercise within the token's scopes; no role, nothing."""
        most: frozenset[Action] = frozenset().union(*(ROLE_ACTIONS[role] for role in self.roles))
        return most if self.scopes is None else most & self.scopes
