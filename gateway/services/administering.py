"""Administering: operators' accounts. The system manager keeps them; everyone else sees their own colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from gateway.domain.messages import Topic
from gateway.domain.operators import MANAGERS, Operator, Role
from gateway.services.doorkeeping import Doorkeeper, check_password
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.storage import operators, organisations, sessions
from gateway.storage.operators import Account

SEES_ALL = MANAGERS | {Role.DISTRICT_OPERATOR, Role.SHIFT_LEADER}


@dataclass(frozen=True, slots=True)
class OperatorView:
    """An account as others may see it."""

    id: str
    login: str
    name: str
    organisation_id: str
    roles: list[Role]
    language: str
    disabled: bool
    disabled_at: datetime | None
    locked_until: datetime | None
    created_at: datetime
    sample: bool


@dataclass(frozen=True, slots=True)
class NewOperator:
    """An account to be made."""

    login: str
    name: str
    organisation_id: str
    roles: frozenset[Role]
    password: str
    language: str = "zh-CN"


async def listed(office: Office, caller: Caller) -> list[OperatorView]:
    """All accounts for managers and the district centre; for everyone else their own organisation's."""
    everybody = bool(caller.operator.roles & SEES_ALL)
    async with office.store.read() as conn:
        found = await operators.every(conn, None if everybody else caller.operator.organisation_id)
    return [_view(account, office.clock.now()) for account in found]


async def add(office: Office, door: Doorkeeper, caller: Caller, wish: NewOperator) -> OperatorView:
    """Makes an account. Raises ``Invalid`` or ``Conflict``; the route admits only the system manager."""
    _check_roles(wish.roles)
    check_password(wish.password, wish.login)
    hashed = await door.hash(wish.password)
    at = office.clock.now()
    operator = Operator(office.new_id(), wish.login, wish.name, wish.organisation_id, wish.roles, wish.language)
    account = Account(operator, hashed, 0, None, at)
    try:
        async with office.store.begin() as conn:
            if await organisations.get(conn, wish.organisation_id) is None:
                raise Invalid("this organisation is not known", field="organisation_id")
            await operators.insert(conn, account)
            await office.note(
                conn,
                at,
                caller.operator.id,
                "add_operator",
                "operator",
                operator.id,
                typed={"login": wish.login, "name": wish.name},
                roles=sorted(wish.roles),
                organisation=wish.organisation_id,
            )
    except IntegrityError:
        raise Conflict("this login is taken", field="login") from None
    await office.ring(Topic.PERMISSIONS, operator.id)
    return _view(account, at)


async def set_disabled(office: Office, caller: Caller, operator_id: str, disabled: bool) -> OperatorView:
    """Disables an account and ends all that it runs, or enables it again. Raises ``NotFound`` or ``Forbidden``."""
    if operator_id == caller.operator.id:
        raise Forbidden("nobody disables their own account")
    at = office.clock.now()
    async with office.store.begin() as conn:
        if not await operators.disable(conn, operator_id, at if disabled else None):
            raise NotFound("operator")
        if disabled:
            await sessions.end_all(conn, operator_id, at)
        action = "disable_operator" if disabled else "enable_operator"
        await office.note(conn, at, caller.operator.id, action, "operator", operator_id)
        account = await operators.account(conn, operator_id)
    assert account is not None
    await office.ring(Topic.PERMISSIONS, operator_id)
    return _view(account, at)


def _check_roles(roles: frozenset[Role]) -> None:
    if not roles:
        raise Invalid("an account needs a role", field="roles")
    if Role.SERVICE in roles:
        raise Invalid("a service is no person: make it a service account", field="roles")
    if roles & MANAGERS and len(roles) > 1:
        raise Invalid("a manager's role stands alone: managers do not watch, watchers do not manage", field="roles")


def _view(account: Account, at: datetime) -> OperatorView:
    operator = account.operator
    return OperatorView(
        id=operator.id,
        login=operator.login,
        name=operator.name,
        organisation_id=operator.organisation_id,
        roles=sorted(operator.roles),
        language=operator.language,
        disabled=operator.disabled_at is not None and operator.disabled_at <= at,
        disabled_at=operator.disabled_at,
        locked_until=account.locked_until if account.locked_until and account.locked_until > at else None,
        created_at=account.created_at,
        sample=account.sample,
    )
