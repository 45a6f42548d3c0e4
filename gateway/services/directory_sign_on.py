"""Signing in by the directory: whose password it is to judge, and what becomes of whoever proves it.

Local accounts never depend on the directory: a login with a password of its own here is not asked about there.
"""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.directories import plain_login
from gateway.domain.messages import Topic
from gateway.ports import Person, Unavailable
from gateway.services import directory_people
from gateway.services.directory_people import ISSUER, DirectorySignOn
from gateway.services.doorkeeping import NOBODY, Doorkeeper
from gateway.services.errors import DirectoryUnavailable, NotMapped, WrongPassword
from gateway.services.locking_out import refuse_locked
from gateway.services.office import SYSTEM, Office
from gateway.services.sweeping import Sweep
from gateway.storage import identities, operators
from gateway.storage.operators import Account

log = structlog.get_logger(__name__)

AT_A_TIME = 200
"""How many people one round of the sweep asks about."""


async def knock(
    office: Office, door: Doorkeeper, login: str, password: str, at: datetime, remote: str
) -> tuple[Account, bool] | None:
    """The account that the directory answers for, and whether the password was right; None for a local login.

    Raises ``WrongPassword`` for who has no account yet, ``LockedOut``, ``NotMapped`` for who proved who they are and
    may not in, or ``DirectoryUnavailable``.
    """
    sign_on = door.directory
    if sign_on is None:
        return None
    plain = plain_login(login)
    async with office.store.read() as conn:
        account = await operators.by_login(conn, login) or await operators.by_login(conn, plain)
        if account is not None and not await _is_theirs(conn, account):
            return None
    # whoever is locked is told so without asking the directory, which would count on its own
    if account is not None:
        refuse_locked(account, at)
    else:
        door.refuse_stranger(plain, at)
    person = await _asked(sign_on, plain)
    if person is None:
        await door.check(NOBODY, password)
        return (account, False) if account is not None else await _wrong(office, door, [plain], at, remote)
    async with office.store.read() as conn:
        account = await directory_people.account_of(conn, person)
        theirs = account is not None and await _is_theirs(conn, account)
    # one person may have several logins there: the guesses at all of them are counted together
    counted = [plain, f"{ISSUER} {person.subject}"]
    for one in counted:
        door.refuse_stranger(one, at)
    if account is not None and theirs:
        refuse_locked(account, at)
    if await _proved(sign_on, person, password):
        return await _admitted(office, sign_on, person, at, remote), True
    if account is not None and theirs:
        return account, False
    return await _wrong(office, door, counted, at, remote)


async def password_is_right(office: Office, door: Doorkeeper, account: Account, password: str) -> bool:
    """True if the password is the account's: the directory's for its people, else the one kept here.

    Raises ``DirectoryUnavailable``.
    """
    async with office.store.read() as conn:
        link = await directory_people.link_of(conn, account)
    if link is None:
        return await door.check(account.password_hash, password)
    if door.directory is None:
        return False
    try:
        person = (await door.directory.directory.again([link.subject]))[link.subject]
    except Unavailable as problem:
        raise _silent(problem) from None
    return person is not None and await _proved(door.directory, person, password)


def recheck(sign_on: DirectorySignOn) -> Sweep:
    """The sweep that looks up again who is in: roles follow the groups, and whoever left them is out."""
    resting: datetime | None = None

    async def sweep(office: Office, at: datetime) -> None:
        nonlocal resting
        if resting is not None and at < resting:
            return
        async with office.store.read() as conn:
            due = await identities.unchecked(conn, ISSUER, at - sign_on.recheck, AT_A_TIME)
        if not due:
            return
        # a directory that does not answer changes nothing, and is not asked every twenty seconds
        resting = at + sign_on.recheck
        people = await sign_on.directory.again([link.subject for link in due])
        resting = None
        for link in due:
            async with office.store.begin() as conn:
                changed = await directory_people.look_again(office, conn, sign_on, link, people[link.subject], at)
            if changed:
                await office.ring(Topic.PERMISSIONS, link.operator_id)

    return sweep


async def _is_theirs(conn: AsyncConnection, account: Account) -> bool:
    """True if the directory judges the account's password, or may from its owner's first sign-in on."""
    return await directory_people.link_of(conn, account) is not None or directory_people.is_free(account)


async def _admitted(office: Office, sign_on: DirectorySignOn, person: Person, at: datetime, remote: str) -> Account:
    try:
        before, account = await _admit(office, sign_on, person, at, remote)
    except IntegrityError:
        # two first sign-ins of one person at once: by now the account is there
        before, account = await _admit(office, sign_on, person, at, remote)
    if before != account:
        changed = account or before
        assert changed is not None
        await office.ring(Topic.PERMISSIONS, changed.operator.id)
    if account is None:
        raise NotMapped
    return account


async def _admit(
    office: Office, sign_on: DirectorySignOn, person: Person, at: datetime, remote: str
) -> tuple[Account | None, Account | None]:
    """The account as it was and as it is; None if there was none, or none that may in."""
    async with office.store.begin() as conn:
        before = await directory_people.account_of(conn, person)
        account = await directory_people.admit(office, conn, sign_on, person, at, remote)
        if account is None:
            refused = "" if before is None else before.operator.id
            await office.note(conn, at, SYSTEM, "refuse_directory", "operator", refused, remote=remote)
    return before, account


async def _wrong(office: Office, door: Doorkeeper, logins: list[str], at: datetime, remote: str) -> NoReturn:
    for one in logins:
        door.count_stranger(one, at)
    async with office.store.begin() as conn:
        await office.note(conn, at, SYSTEM, "wrong_password", "operator", "", remote=remote)
    raise WrongPassword


async def _asked(sign_on: DirectorySignOn, login: str) -> Person | None:
    try:
        return await sign_on.directory.find(login)
    except Unavailable as problem:
        raise _silent(problem) from None


async def _proved(sign_on: DirectorySignOn, person: Person, password: str) -> bool:
    try:
        return await sign_on.directory.proves(person, password)
    except Unavailable as problem:
        raise _silent(problem) from None


def _silent(problem: Unavailable) -> DirectoryUnavailable:
    log.warning("the directory cannot be asked", problem=str(problem))
    return DirectoryUnavailable()
