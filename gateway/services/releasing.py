"""Releasing: the security manager puts into force what the system manager made, so that neither makes a watcher alone.

Who issues a link never sees the code, and who releases it never sees the link: whoever sets the account up was given
both, by two people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.messages import Topic
from gateway.domain.notices import to_role
from gateway.domain.operators import Role
from gateway.services import notifying, plain_codes, second_factor
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import Conflict, Forbidden, NotFound
from gateway.services.office import Caller, Office
from gateway.storage import identities, operators, setup_links
from gateway.storage.operators import Account

GROUPS = 2
"""Of four letters each: with five attempts at a code that is enough, and short enough to be said on the phone."""
NO_RELEASER = (
    "no security manager can sign in, so nothing can be released: make one on the gateway's machine with "
    "`gateway create-user --role security_manager`"
)


@dataclass(frozen=True, slots=True)
class ReleaseNeeded:
    """Who can release what was just made, by name; a sentence if nobody can."""

    by: list[str]
    hint: str


@dataclass(frozen=True, slots=True)
class Released:
    """The code, shown this once, and until when the link that it belongs to works."""

    code: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Released(expires_at={self.expires_at!r})"


async def release(office: Office, door: Doorkeeper, caller: Caller, operator_id: str, link_id: str) -> Released:
    """A new code for that link, which waits for the account; a former one is void. The route admits only the security
    manager.

    Raises ``NotFound``, ``Forbidden``, ``SecondFactorNeeded``, or ``Conflict`` if another link waits by now.
    """
    at = office.clock.now()
    code = plain_codes.fresh(GROUPS)
    hashed = await door.hash(plain_codes.plain(code))
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        link = (await setup_links.waiting(conn, at, operator_id)).get(operator_id)
        account = await operators.account(conn, operator_id)
        if link is None or not link.needs_release or account is None or account.operator.disabled(at):
            raise NotFound("link")
        if link.id != link_id:
            raise Conflict("another link was made meanwhile: look at the account again, then release it")
        if caller.operator.id in (link.made_by, operator_id):
            raise Forbidden("who made the link or whose account it is does not release it: a second person does")
        if not await setup_links.release(conn, link.id, caller.operator.id, at, hashed):
            raise NotFound("link")
        await office.note(
            conn,
            at,
            caller.operator.id,
            "release_account",
            "operator",
            operator_id,
            link=link.id,
            made_by=link.made_by,
            again=link.released_at is not None,
        )
    await office.ring(Topic.PERMISSIONS, operator_id)
    return Released(code, link.expires_at)


async def tell_releasers(conn: AsyncConnection, at: datetime, kind: str, account: Account, key: str) -> tuple[str, ...]:
    """Tells the security managers that something of the account waits for them, in the caller's transaction."""
    to, operator = [to_role(Role.SECURITY_MANAGER)], account.operator
    about = ("service" if operator.service else "operator", operator.id)
    return await notifying.tell(conn, at, to, kind, about, key=key, login=operator.login)


async def releasers(office: Office, conn: AsyncConnection, caller: Caller, operator_id: str) -> ReleaseNeeded:
    """The security managers who can sign in, but for the caller and whose account it is."""
    at, named = office.clock.now(), []
    for account in await operators.every(conn):
        person = account.operator
        if Role.SECURITY_MANAGER not in person.roles or person.id in (caller.operator.id, operator_id):
            continue
        enters = bool(account.password_hash) or await identities.any_of(conn, person.id)
        if enters and not person.disabled(at) and account.term.lapsed(at, office.rules) is None:
            named.append(person.name)
    return ReleaseNeeded(named, "" if named else NO_RELEASER)
