"""Setting up: a link, shown once to whoever hands it over, by which the owner of an account sets the password.

A manager's link is good only together with the code by which a second person released it (``releasing``).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import must_prove
from gateway.domain.messages import Topic
from gateway.domain.organisations import Organisation
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import NotFound, NotReleased, WrongReleaseCode
from gateway.services.office import SYSTEM, Office
from gateway.services.plain_codes import plain
from gateway.storage import operators, organisations, sessions, setup_links
from gateway.storage.operators import Account
from gateway.storage.setup_links import SetupLink

LINK_LASTS = timedelta(hours=72)
WRONG_CODES = 5
"""How many wrong release codes make a link void."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What the manager hands over: the link's token, shown this once, and until when it works."""

    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Handover(expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True)
class SetupView:
    """What the holder of a link may know of the account."""

    login: str
    name: str
    organisation: Organisation
    expires_at: datetime
    second_factor: bool
    """Whether a second factor will be demanded next."""
    code_needed: bool
    """Whether the release code of the security manager is asked for."""
    released: bool
    """Whether there is one yet."""


async def issue(conn: AsyncConnection, link_id: str, operator_id: str, made_by: str, at: datetime) -> Handover:
    """A new link for the account, in the caller's transaction; earlier ones work no more."""
    token = secrets.token_urlsafe(32)
    link = SetupLink(link_id, operator_id, _hash(token), made_by, at, at + LINK_LASTS)
    await setup_links.insert(conn, link)
    return Handover(token, link.expires_at)


async def look(office: Office, token: str, remote: str) -> SetupView:
    """Whose account the link sets up. Raises ``NotFound`` for one that is used, over or invented."""
    at = office.clock.now()
    async with office.store.read() as conn:
        link, account, home = await _good(conn, token, at)
    demanded = must_prove(account.operator, remote, office.rules)
    operator, needed = account.operator, link.needs_release
    return SetupView(
        operator.login, operator.name, home, link.expires_at, demanded, needed, not needed or link.code_hash is not None
    )


async def take(office: Office, door: Doorkeeper, token: str, password: str, code: str, remote: str) -> None:
    """Sets the password and uses the link up; whatever ran on the account ends.

    Raises ``NotFound``, ``Invalid``, ``NotReleased`` or ``WrongReleaseCode``.
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        link, account, home = await _good(conn, token, at)
    operator = account.operator
    await door.examine(password, operator.login, operator.name, home.name_zh, home.name_en)
    if link.needs_release:
        await check_code(office, door, link, code, at, remote)
    hashed = await door.hash(password)
    async with office.store.begin() as conn:
        again, _, _ = await _good(conn, token, at)
        if again.code_hash != link.code_hash:
            raise NotReleased  # released anew meanwhile: the code that was given is void
        if not await setup_links.use(conn, link.id, at):
            raise NotFound("link")
        await operators.set_password(conn, operator.id, hashed)
        await sessions.end_all(conn, operator.id, at)
        await office.note(conn, at, operator.id, "set_up_account", "operator", operator.id, link=link.id, remote=remote)
    await office.ring(Topic.PERMISSIONS, operator.id)


async def check_code(office: Office, door: Doorkeeper, link: SetupLink, code: str, at: datetime, remote: str) -> None:
    """Returns if it is the link's code. Each attempt is counted whatever comes of it, and too many void the link."""
    if link.code_hash is None:
        raise NotReleased
    right = await door.check(link.code_hash, plain(code))
    async with office.store.begin() as conn:
        count = await setup_links.count_attempt(conn, link.id, link.code_hash, WRONG_CODES)
        if count is None:
            raise NotFound("link")
        if right:
            return
        await office.note(
            conn, at, SYSTEM, "wrong_release_code", "operator", link.operator_id, link=link.id, remote=remote
        )
        if count == WRONG_CODES:
            await setup_links.use(conn, link.id, at)
            await office.note(conn, at, SYSTEM, "void_setup_link", "operator", link.operator_id, link=link.id)
    if count == WRONG_CODES:
        await office.ring(Topic.PERMISSIONS, link.operator_id)
    raise WrongReleaseCode(WRONG_CODES - count)


async def _good(conn: AsyncConnection, token: str, at: datetime) -> tuple[SetupLink, Account, Organisation]:
    link = await setup_links.good(conn, _hash(token), at)
    account = None if link is None else await operators.account(conn, link.operator_id)
    if link is None or account is None:
        raise NotFound("link")
    disabled = account.operator.disabled_at
    home = await organisations.get(conn, account.operator.organisation_id)
    if home is None or (disabled is not None and disabled <= at):
        raise NotFound("link")
    return link, account, home


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
