"""Administering: operators' accounts. The system manager keeps them; everyone else sees their own colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.messages import Topic
from gateway.domain.operators import MANAGERS, Operator, Role
from gateway.services import directory_people, notifying, releasing, second_factor, setting_up
from gateway.services.account_views import OperatorView, views
from gateway.services.changing import check, check_home, dates
from gateway.services.errors import Conflict, Forbidden, Invalid, KeptInDirectory, NotFound
from gateway.services.office import Caller, Office
from gateway.services.releasing import ReleaseNeeded
from gateway.services.setting_up import Handover
from gateway.storage import operators, second_factors, sessions
from gateway.storage.operators import Account

SEES_ALL = MANAGERS | {Role.DISTRICT_OPERATOR, Role.SHIFT_LEADER}


@dataclass(frozen=True, slots=True)
class NewOperator:
    """An account to be made; its owner sets the password by a link."""

    login: str
    name: str
    organisation_id: str
    roles: frozenset[Role]
    language: str = "zh-CN"
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    contract: str = ""
    pledged_at: datetime | None = None
    trained_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An account that was made or reset, and if there is a link to hand over: the link, shown this once, and who can
    release it.
    """

    operator: OperatorView
    setup: Handover | None
    release: ReleaseNeeded | None


async def listed(office: Office, caller: Caller) -> list[OperatorView]:
    """All accounts for managers and the district centre; for everyone else their own organisation's."""
    everybody = bool(caller.operator.roles & SEES_ALL)
    async with office.store.read() as conn:
        found = await operators.every(conn, None if everybody else caller.operator.organisation_id)
        return await views(office, conn, caller, found)


async def add(office: Office, caller: Caller, wish: NewOperator) -> Kept:
    """Makes an account and the link by which its owner sets the password. The route admits only the system manager.

    Raises ``Invalid``, ``Conflict`` or ``SecondFactorNeeded``.
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
    check(account)
    try:
        async with office.store.begin() as conn:
            await second_factor.require(office, caller, conn)
            await check_home(conn, wish.organisation_id)
            await operators.insert(conn, account)
            handover, needed, told = await _handed(office, conn, caller, account, at)
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
                **dates(account),
            )
            view = (await views(office, conn, caller, [account]))[0]
    except IntegrityError:
        raise Conflict("this login is taken", field="login") from None
    await office.ring(Topic.PERMISSIONS, operator.id)
    await notifying.ring_for(office, told)
    return Kept(view, handover, needed)


async def reset(office: Office, caller: Caller, operator_id: str, *, password: bool, factor: bool) -> Kept:
    """Takes away the password (its owner sets a new one by the link), the second factor, or both; all sessions end.

    Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``KeptInDirectory`` or ``SecondFactorNeeded``.
    """
    if operator_id == caller.operator.id:
        raise Forbidden("nobody resets their own account")
    if not password and not factor:
        raise Invalid("say what to reset: the password, the second factor, or both", field="password")
    at = office.clock.now()
    handover, needed, told = None, None, tuple[str, ...]()
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        account = await operators.account(conn, operator_id)
        if account is None or Role.SERVICE in account.operator.roles:
            raise NotFound("operator")
        if password and await directory_people.link_of(conn, account) is not None:
            raise KeptInDirectory("this password is kept by the directory: reset it there")
        if password:
            await operators.set_password(conn, operator_id, "")
            handover, needed, told = await _handed(office, conn, caller, account, at)
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
    await notifying.ring_for(office, told)
    return Kept(view, handover, needed)


async def _handed(
    office: Office, conn: AsyncConnection, caller: Caller, account: Account, at: datetime
) -> tuple[Handover, ReleaseNeeded, tuple[str, ...]]:
    """A link for the account, who can release it, and the notices by which they were told."""
    link_id, operator_id = office.new_id(), account.operator.id
    handover = await setting_up.issue(conn, link_id, operator_id, caller.operator.id, at)
    told = await releasing.tell_releasers(conn, at, "account_to_release", account, link_id)
    return handover, await releasing.releasers(office, conn, caller, operator_id), told
