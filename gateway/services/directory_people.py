"""The directory's people: their accounts are made, changed and taken away by what their groups give.

Everything here happens in the caller's transaction and says whether anything changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Unfit
from gateway.domain.directories import Given, GroupMapping, given, plain_login
from gateway.domain.operators import Operator, Role
from gateway.ports import Directory, Person
from gateway.services.office import SYSTEM, Office
from gateway.storage import identities, operators, organisations, sessions, setup_links
from gateway.storage.identities import Link
from gateway.storage.operators import Account

log = structlog.get_logger(__name__)

ISSUER = "ldap"
"""The issuer under which the directory's identities are linked; there is one directory."""
LONGEST_LOGIN = 64
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class DirectorySignOn:
    """The directory, what its groups give here, and how often people who are in are looked up again."""

    directory: Directory
    mappings: tuple[GroupMapping, ...]
    recheck: timedelta = timedelta(minutes=5)


async def link_of(conn: AsyncConnection, account: Account) -> Link | None:
    """The account's identity in the directory."""
    return await identities.link_of(conn, ISSUER, account.operator.id)


def is_free(account: Account) -> bool:
    """True if the directory may take the account over at its owner's first sign-in: a person's, without a password.

    A vendor's never: it rests on a contract and dates that no directory keeps.
    """
    return not account.password_hash and not account.sample and not account.operator.roles & {Role.VENDOR, Role.SERVICE}


async def account_of(conn: AsyncConnection, person: Person) -> Account | None:
    """The account of that person, or the one with their login, whosever it is."""
    known = await identities.operator_of(conn, ISSUER, person.subject)
    if known is not None:
        return await operators.account(conn, known)
    return await operators.by_login(conn, plain_login(person.login))


async def admit(
    office: Office, conn: AsyncConnection, sign_on: DirectorySignOn, person: Person, at: datetime, remote: str
) -> Account | None:
    """The account of somebody who has proved who they are, as their groups have it now; None if they may not in."""
    account = await account_of(conn, person)
    link = None if account is None else await link_of(conn, account)
    may = await _given(conn, sign_on, person)
    if account is not None and link is None and not is_free(account):
        return None  # a local account with the same login is somebody else's
    if account is not None and link is not None and link.subject != person.subject:
        return None  # the login came back under another subject: another person with a name that was free again
    if may is None:
        if account is not None and link is not None:
            await take_away(office, conn, account, link, at)
        return None
    if account is None:
        account = await _made(office, conn, person, may, at, remote)
    elif link is None:
        await _linked(office, conn, account, person, at, remote)
    return await fit(office, conn, account, person, may, at)


async def look_again(
    office: Office, conn: AsyncConnection, sign_on: DirectorySignOn, link: Link, person: Person | None, at: datetime
) -> bool:
    """Makes the account what the person's groups give now; True if it changed."""
    account = await operators.account(conn, link.operator_id)
    fresh = None if account is None else await link_of(conn, account)
    if account is None or fresh is None or fresh.subject != link.subject or fresh.withdrawn_at is not None:
        return False
    may = None if person is None else await _given(conn, sign_on, person)
    if person is None or may is None:
        await take_away(office, conn, account, fresh, at)
        return True
    return await fit(office, conn, account, person, may, at) != account


async def take_away(office: Office, conn: AsyncConnection, account: Account, link: Link, at: datetime) -> None:
    """Disables the account and ends its sessions, with every picture they carry, until its groups give something."""
    if link.withdrawn_at is not None:
        return
    operator = account.operator
    await identities.withdraw(conn, ISSUER, operator.id, at)
    await identities.check(conn, ISSUER, [operator.id], at)
    if operator.disabled_at is None:
        await operators.disable(conn, operator.id, at)
    await sessions.end_all(conn, operator.id, at)
    await office.note(
        conn,
        at,
        SYSTEM,
        "withdraw_operator",
        "operator",
        operator.id,
        roles_before=sorted(operator.roles),
        organisation=operator.organisation_id,
    )


async def fit(
    office: Office, conn: AsyncConnection, account: Account, person: Person, may: Given, at: datetime
) -> Account:
    """The account with the name, organisation and roles that the directory gives; only what differs is written."""
    link = await link_of(conn, account)
    old = account.operator
    disabled_at = old.disabled_at
    if link is not None and link.withdrawn_at is not None:
        # only what the directory took comes back by the directory: whom a manager disabled stays so
        disabled_at = None if disabled_at == link.withdrawn_at else disabled_at
        await identities.withdraw(conn, ISSUER, old.id, None)
    new = replace(
        old,
        name=person.name[:LONGEST_NAME],
        organisation_id=may.organisation_id,
        roles=may.roles,
        disabled_at=disabled_at,
    )
    await identities.check(conn, ISSUER, [old.id], at)
    if new == old:
        return account
    if new.disabled_at != old.disabled_at:
        await operators.disable(conn, old.id, new.disabled_at)
        await office.note(conn, at, SYSTEM, "enable_operator", "operator", old.id)
    if replace(new, disabled_at=old.disabled_at) != old:
        await operators.rewrite(conn, replace(account, operator=new))
        await office.note(
            conn,
            at,
            SYSTEM,
            "map_operator",
            "operator",
            old.id,
            typed={"name": new.name},
            roles=sorted(new.roles),
            roles_before=sorted(old.roles),
            organisation=new.organisation_id,
        )
    fitted = await operators.account(conn, old.id)
    assert fitted is not None
    return fitted


async def _given(conn: AsyncConnection, sign_on: DirectorySignOn, person: Person) -> Given | None:
    try:
        may = given(sign_on.mappings, person.groups)
    except Unfit as problem:
        log.warning("the groups of somebody in the directory give what one person may not have", problem=str(problem))
        return None
    if may is None or not person.name or len(plain_login(person.login)) > LONGEST_LOGIN:
        return None
    if await organisations.get(conn, may.organisation_id) is None:
        log.error("ldap.mapping names an organisation that is not known", organisation=may.organisation_id)
        return None
    return may


async def _made(
    office: Office, conn: AsyncConnection, person: Person, may: Given, at: datetime, remote: str
) -> Account:
    """A new account without a password, linked to the person."""
    login, name = plain_login(person.login), person.name[:LONGEST_NAME]
    operator = Operator(office.new_id(), login, name, may.organisation_id, may.roles)
    account = Account(operator, "", 0, None, at)
    await operators.insert(conn, account)
    await office.note(
        conn,
        at,
        SYSTEM,
        "add_directory_operator",
        "operator",
        operator.id,
        typed={"login": login, "name": name},
        roles=sorted(may.roles),
        organisation=may.organisation_id,
        remote=remote,
    )
    await _linked(office, conn, account, person, at, remote)
    return account


async def _linked(
    office: Office, conn: AsyncConnection, account: Account, person: Person, at: datetime, remote: str
) -> None:
    operator = account.operator
    await identities.link(conn, ISSUER, person.subject, operator.id, at)
    # its password is the directory's from now on: a link that would set another one here is good no more
    await setup_links.void(conn, operator.id, at)
    await office.note(
        conn,
        at,
        operator.id,
        "link_identity",
        "operator",
        operator.id,
        typed={"login": person.login, "subject": person.subject},
        issuer=ISSUER,
        remote=remote,
    )
