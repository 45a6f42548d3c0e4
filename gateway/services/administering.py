"""Administering: operators' accounts. The system manager keeps them; everyone else sees their own colleagues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Unfit, check_roles, check_term
from gateway.domain.messages import Topic
from gateway.domain.operators import MANAGERS, Operator, Role
from gateway.services import directory_people, second_factor, setting_up
from gateway.services.account_views import OperatorView, views
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import Conflict, Forbidden, Invalid, KeptInDirectory, NotFound
from gateway.services.office import Caller, Office
from gateway.services.setting_up import Handover
from gateway.storage import epochs, operators, organisations, second_factors, sessions
from gateway.storage.operators import Account

SEES_ALL = MANAGERS | {Role.DISTRICT_OPERATOR, Role.SHIFT_LEADER}


@dataclass(frozen=True, slots=True)
class NewOperator:
    """An account to be made. Without a password its owner sets one by a link."""

    login: str
    name: str
    organisation_id: str
    roles: frozenset[Role]
    password: str | None = None
    language: str = "zh-CN"
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    contract: str = ""
    pledged_at: datetime | None = None
    trained_at: datetime | None = None


async def listed(office: Office, caller: Caller) -> list[OperatorView]:
    """All accounts for managers and the district centre; for everyone else their own organisation's."""
    everybody = bool(caller.operator.roles & SEES_ALL)
    async with office.store.read() as conn:
        found = await operators.every(conn, None if everybody else caller.operator.organisation_id)
        return await views(office, conn, caller, found)


async def add(
    office: Office, door: Doorkeeper, caller: Caller, wish: NewOperator
) -> tuple[OperatorView, Handover | None]:
    """Makes an account; without a password also the link by which its owner sets one. The route admits only the system
    manager. Raises ``Invalid``, ``Conflict`` or ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    operator = Operator(
        office.new_id(),
        wish.login,
        wish.name,
        wish.organisation_id,
        wish.roles,
        wish.language,
        valid_from=wish.valid_from,
        valid_until=wish.valid_until,
    )
    account = Account(
        operator,
        "",
        0,
        None,
        at,
        contract=wish.contract.strip(),
        pledged_at=wish.pledged_at,
        trained_at=wish.trained_at,
    )
    _check(account)
    if wish.password is not None:
        await door.examine(wish.password, wish.login, wish.name)
        account = replace(account, password_hash=await door.hash(wish.password))
    try:
        async with office.store.begin() as conn:
            await second_factor.require(office, caller, conn)
            await _check_home(conn, wish.organisation_id)
            await operators.insert(conn, account)
            handover = None
            if wish.password is None:
                handover = await setting_up.issue(conn, office.new_id(), operator.id, caller.operator.id, at)
            await office.note(
                conn,
                at,
                caller.operator.id,
                "add_operator",
                "operator",
                operator.id,
                typed={"login": wish.login, "name": wish.name, "contract": wish.contract},
                roles=sorted(wish.roles),
                organisation=wish.organisation_id,
                by_link=handover is not None,
                **_dates(account),
            )
            view = (await views(office, conn, caller, [account]))[0]
    except IntegrityError:
        raise Conflict("this login is taken", field="login") from None
    await office.ring(Topic.PERMISSIONS, operator.id)
    return view, handover


async def change(office: Office, caller: Caller, operator_id: str, changes: Mapping[str, Any]) -> OperatorView:
    """Changes an account: ``disabled``, and fields of ``NewOperator`` but login, password and language.

    What the account runs is asked again at once. Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict``,
    ``KeptInDirectory`` or ``SecondFactorNeeded``.
    """
    if operator_id == caller.operator.id:
        raise Forbidden("nobody changes their own account")
    at = office.clock.now()
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        # first of all, so that of two managers who change one another the second finds what the first did
        await epochs.bump(conn, epochs.PERMISSION)
        old = await operators.account(conn, operator_id)
        if old is None:
            raise NotFound("operator")
        new = _changed(old, changes, at)
        if new != old:
            await _store(office, conn, caller, old, new, at)
        view = (await views(office, conn, caller, [new]))[0]
    await office.ring(Topic.PERMISSIONS, operator_id)
    return view


async def reset(
    office: Office, caller: Caller, operator_id: str, *, password: bool, factor: bool
) -> tuple[OperatorView, Handover | None]:
    """Takes away the password (its owner sets a new one by the link), the second factor, or both; all sessions end.

    Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``KeptInDirectory`` or ``SecondFactorNeeded``.
    """
    if operator_id == caller.operator.id:
        raise Forbidden("nobody resets their own account")
    if not password and not factor:
        raise Invalid("say what to reset: the password, the second factor, or both", field="password")
    at = office.clock.now()
    handover = None
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        account = await operators.account(conn, operator_id)
        if account is None or Role.SERVICE in account.operator.roles:
            raise NotFound("operator")
        if password and await directory_people.link_of(conn, account) is not None:
            raise KeptInDirectory("this password is kept by the directory: reset it there")
        if password:
            await operators.set_password(conn, operator_id, "")
            handover = await setting_up.issue(conn, office.new_id(), operator_id, caller.operator.id, at)
        if factor:
            await second_factors.forget(conn, operator_id)
        await sessions.end_all(conn, operator_id, at)
        await office.note(
            conn,
            at,
            caller.operator.id,
            "reset_operator",
            "operator",
            operator_id,
            password=password,
            second_factor=factor,
        )
        fresh = await operators.account(conn, operator_id)
        assert fresh is not None
        view = (await views(office, conn, caller, [fresh]))[0]
    await office.ring(Topic.PERMISSIONS, operator_id)
    return view, handover


async def _store(
    office: Office, conn: AsyncConnection, caller: Caller, old: Account, new: Account, at: datetime
) -> None:
    operator = new.operator
    if operator.organisation_id != old.operator.organisation_id:
        await _check_home(conn, operator.organisation_id)
    await _keep_a_system_manager(office, conn, old, new, at)
    if operator.disabled_at != old.operator.disabled_at:
        await operators.disable(conn, operator.id, operator.disabled_at)
        action = "enable_operator" if operator.disabled_at is None else "disable_operator"
        await office.note(conn, at, caller.operator.id, action, "operator", operator.id)
    if (
        replace(new.operator, disabled_at=None) != replace(old.operator, disabled_at=None)
        or new.term != old.term
        or (new.contract != old.contract)
    ):
        if Role.SERVICE in old.operator.roles:
            raise Invalid("a service account is only disabled and enabled here", field="roles")
        if _moved(old, new) and await directory_people.link_of(conn, old) is not None:
            raise KeptInDirectory("the directory's groups say this account's roles and organisation: change them there")
        _check(new)
        await operators.rewrite(conn, new)
        await office.note(
            conn,
            at,
            caller.operator.id,
            "change_operator",
            "operator",
            operator.id,
            typed={"name": operator.name, "contract": new.contract},
            roles=sorted(operator.roles),
            roles_before=sorted(old.operator.roles),
            organisation=operator.organisation_id,
            **_dates(new),
        )
    if _idle(new, at, office):
        await sessions.end_all(conn, operator.id, at)


async def _keep_a_system_manager(
    office: Office, conn: AsyncConnection, old: Account, new: Account, at: datetime
) -> None:
    """Returns if somebody who can keep accounts is left. Raises ``Conflict``."""
    if not _keeps(old, at, office) or _keeps(new, at, office):
        return
    others = [one for one in await operators.every(conn) if one.operator.id != old.operator.id]
    if not any(_keeps(one, at, office) for one in others):
        raise Conflict("this is the last system manager: make another one first")


def _keeps(account: Account, at: datetime, office: Office) -> bool:
    managing = Role.SYSTEM_MANAGER in account.operator.roles and bool(account.password_hash)
    return managing and not _idle(account, at, office)


def _idle(account: Account, at: datetime, office: Office) -> bool:
    """True if nobody can sign in to the account now."""
    disabled = account.operator.disabled_at
    gone = disabled is not None and disabled <= at
    return gone or (Role.SERVICE not in account.operator.roles and bool(account.term.lapsed(at, office.rules)))


def _moved(old: Account, new: Account) -> bool:
    return (old.operator.roles, old.operator.organisation_id) != (new.operator.roles, new.operator.organisation_id)


def _changed(old: Account, changes: Mapping[str, Any], at: datetime) -> Account:
    fields = dict(changes)
    operator = old.operator
    disabled = fields.pop("disabled", None)
    if disabled is not None:
        operator = replace(operator, disabled_at=(operator.disabled_at or at) if disabled else None)
    own = {name: fields.pop(name) for name in ("contract", "pledged_at", "trained_at") if name in fields}
    if "roles" in fields:
        fields["roles"] = frozenset(fields["roles"])
    return replace(old, operator=replace(operator, **fields), **own)


def _check(account: Account) -> None:
    operator = account.operator
    try:
        check_roles(operator.roles)
        check_term(operator.roles, account.term, account.contract)
    except Unfit as problem:
        raise Invalid(str(problem), field=problem.field) from None


async def _check_home(conn: AsyncConnection, organisation_id: str) -> None:
    if await organisations.get(conn, organisation_id) is None:
        raise Invalid("this organisation is not known", field="organisation_id")


def _dates(account: Account) -> dict[str, str | None]:
    dates = {
        "valid_from": account.operator.valid_from,
        "valid_until": account.operator.valid_until,
        "pledged_at": account.pledged_at,
        "trained_at": account.trained_at,
    }
    return {name: None if value is None else value.isoformat() for name, value in dates.items()}
