"""Changing accounts: with effect at once, but for what would show somebody more pictures or make them a manager, which
a second person releases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Term, Unfit, check_roles, check_term, reopens, widens
from gateway.domain.messages import Topic
from gateway.domain.operators import Operator, Role
from gateway.services import directory_people, notifying, releasing, second_factor
from gateway.services.account_views import OperatorView, views
from gateway.services.errors import Conflict, Forbidden, Invalid, KeptInDirectory, NotFound
from gateway.services.office import Caller, Office
from gateway.storage import account_changes, epochs, operators, organisations, sessions
from gateway.storage.account_changes import AccountChange
from gateway.storage.operators import Account

OPENING = frozenset({"disabled", "valid_from", "valid_until", "pledged_at", "trained_at"})
"""What of an account opens it again once it is over."""


async def change(office: Office, caller: Caller, operator_id: str, changes: Mapping[str, Any]) -> OperatorView:
    """Changes an account: ``disabled``, and fields of ``NewOperator`` but login, password and language.

    What the account runs is asked again at once. Roles and an organisation that would show it more pictures, or make it
    a manager's, wait until the security manager releases them, instead of any that waited before; so does what would
    open an account that sees and was disabled or has lapsed. Raises ``NotFound``, ``Forbidden``, ``Invalid``,
    ``Conflict``, ``KeptInDirectory`` or ``SecondFactorNeeded``.
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
        told = tuple[str, ...]()
        wider = widens(old.operator, new.operator)
        # a wider post waits, and the account would hold the one it has meanwhile
        meanwhile = _in_post(new, old.operator) if wider else new
        opens = any(
            reopens(old.operator, old.term, one.operator, one.term, at, office.rules) for one in (new, meanwhile)
        )
        if opens or wider:
            told = await _ask(office, conn, caller, old, new, at, opens=opens)
            new = _in_post(new, old.operator)
            new = _resting(new, old.term, old.operator.disabled_at) if opens else new
        elif await _withdraw(conn, operator_id, set(changes)):
            await office.note(conn, at, caller.operator.id, "withdraw_account_change", "operator", operator_id)
        if new != old:
            await _store(office, conn, caller, old, new, at)
        view = (await views(office, conn, caller, [new]))[0]
    await office.ring(Topic.PERMISSIONS, operator_id)
    await notifying.ring_for(office, told)
    return view


async def release(office: Office, caller: Caller, operator_id: str, change_id: str) -> OperatorView:
    """Puts the account's waiting change into force. The route admits only the security manager.

    Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict``, ``KeptInDirectory`` or ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        await epochs.bump(conn, epochs.PERMISSION)
        waiting = (await account_changes.every(conn, operator_id)).get(operator_id)
        old = await operators.account(conn, operator_id)
        if waiting is None or waiting.id != change_id or old is None:
            raise NotFound("change")
        if caller.operator.id in (waiting.asked_by, operator_id):
            raise Forbidden("who asked for the change or whose account it is does not release it: a second person does")
        await account_changes.drop(conn, operator_id)
        operator = replace(old.operator, roles=waiting.roles, organisation_id=waiting.organisation_id)
        new = replace(old, operator=operator)
        if waiting.opens:
            new = _resting(new, waiting.term(old.created_at), None)
        await _store(office, conn, caller, old, new, at, asked_by=waiting.asked_by)
        view = (await views(office, conn, caller, [new]))[0]
    await office.ring(Topic.PERMISSIONS, operator_id)
    return view


async def _ask(
    office: Office, conn: AsyncConnection, caller: Caller, old: Account, new: Account, at: datetime, *, opens: bool
) -> tuple[str, ...]:
    """Keeps what of the change must be released; the notices by which the security managers were told."""
    operator = new.operator
    await _check_move(conn, old, new)
    change = AccountChange(
        office.new_id(), operator.id, operator.roles, operator.organisation_id, caller.operator.id, at
    )
    if opens:
        change = replace(
            change,
            opens=True,
            valid_from=operator.valid_from,
            valid_until=operator.valid_until,
            pledged_at=new.pledged_at,
            trained_at=new.trained_at,
        )
    more: dict[str, Any] = {"opens": True, **dates(new)} if opens else {}
    await account_changes.put(conn, change)
    await office.note(
        conn,
        at,
        caller.operator.id,
        "ask_account_change",
        "operator",
        operator.id,
        roles=sorted(operator.roles),
        roles_before=sorted(old.operator.roles),
        organisation=operator.organisation_id,
        **more,
    )
    return await releasing.tell_releasers(conn, at, "change_to_release", old, change.id)


async def _withdraw(conn: AsyncConnection, operator_id: str, named: set[str]) -> bool:
    """Takes back the change that waits if what it is about was decided otherwise; False if it was not."""
    waiting = (await account_changes.every(conn, operator_id)).get(operator_id)
    about = {"roles", "organisation_id"} | (OPENING if waiting is not None and waiting.opens else frozenset())
    return bool(about & named) and await account_changes.drop(conn, operator_id)


def _in_post(account: Account, post: Operator) -> Account:
    """The account with that one's roles and organisation."""
    operator = replace(account.operator, roles=post.roles, organisation_id=post.organisation_id)
    return replace(account, operator=operator)


def _resting(account: Account, term: Term, disabled_at: datetime | None) -> Account:
    """The account on those dates, disabled since then or (None) not."""
    valid_from, valid_until = term.valid_from, term.valid_until
    operator = replace(account.operator, disabled_at=disabled_at, valid_from=valid_from, valid_until=valid_until)
    return replace(account, operator=operator, pledged_at=term.pledged_at, trained_at=term.trained_at)


async def _check_move(conn: AsyncConnection, old: Account, new: Account) -> None:
    if Role.SERVICE in old.operator.roles:
        raise Invalid("a service account is only disabled and enabled here", field="roles")
    if new.operator.organisation_id != old.operator.organisation_id:
        await check_home(conn, new.operator.organisation_id)
    if _moved(old, new) and await directory_people.link_of(conn, old) is not None:
        raise KeptInDirectory("the directory's groups say this account's roles and organisation: change them there")
    check(new)


async def _store(
    office: Office, conn: AsyncConnection, caller: Caller, old: Account, new: Account, at: datetime, **more: Any
) -> None:
    operator = new.operator
    await _keep_a_system_manager(office, conn, old, new, at)
    if operator.disabled_at != old.operator.disabled_at:
        await operators.disable(conn, operator.id, operator.disabled_at)
        action = "enable_operator" if operator.disabled_at is None else "disable_operator"
        await office.note(conn, at, caller.operator.id, action, "operator", operator.id, **more)
    if (
        replace(new.operator, disabled_at=None) != replace(old.operator, disabled_at=None)
        or new.term != old.term
        or (new.contract != old.contract)
    ):
        await _check_move(conn, old, new)
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
            **dates(new),
            **more,
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


def check(account: Account) -> None:
    """Returns if the account may have its roles, dates and contract. Raises ``Invalid``."""
    operator = account.operator
    try:
        check_roles(operator.roles)
        check_term(operator.roles, account.term, account.contract)
    except Unfit as problem:
        raise Invalid(str(problem), field=problem.field) from None


async def check_home(conn: AsyncConnection, organisation_id: str) -> None:
    """Returns if the organisation is known. Raises ``Invalid``."""
    if await organisations.get(conn, organisation_id) is None:
        raise Invalid("this organisation is not known", field="organisation_id")


def dates(account: Account) -> dict[str, str | None]:
    """The dates on which the account rests, as the audit has them."""
    dates = {
        "valid_from": account.operator.valid_from,
        "valid_until": account.operator.valid_until,
        "pledged_at": account.pledged_at,
        "trained_at": account.trained_at,
    }
    return {name: None if value is None else value.isoformat() for name, value in dates.items()}
