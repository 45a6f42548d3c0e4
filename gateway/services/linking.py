"""Linking: an identity of the provider becomes an account's, once, and not by whoever made the account alone.

The provider vouches for who somebody is, not for which account is theirs: that takes the code by which a second person
released the account, or the account's own session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.messages import Topic
from gateway.domain.operators import Role
from gateway.ports import Identity
from gateway.services import carried, second_factor
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import Invalid, NotFound, NotReleased, NotSignedIn
from gateway.services.office import Caller, Office
from gateway.storage import identities, operators, setup_links
from gateway.storage.operators import Account
from gateway.storage.setup_links import SetupLink

LASTS = timedelta(minutes=10)
"""How long somebody may take to prove which account is theirs, after the provider's answer."""
_SEAL = "unlinked-identity"


class Way(StrEnum):
    """How the owner of an identity proves which account is theirs."""

    CODE = "code"
    """By the release code: nobody ever signed in to the account."""
    PASSWORD = "password"
    """By signing in to it once as always."""


@dataclass(frozen=True, slots=True)
class Unlinked:
    """An identity that the provider vouched for and no account has, as the browser carries it, sealed."""

    issuer: str
    subject: str
    login: str
    methods: list[str]
    purpose: str
    to: str
    until: float

    @classmethod
    def of(cls, identity: Identity, purpose: str, to: str, at: datetime) -> Unlinked:
        """That identity, from now on."""
        until = (at + LASTS).timestamp()
        return cls(identity.issuer, identity.subject, identity.login, sorted(identity.methods), purpose, to, until)

    @classmethod
    def opened(cls, office: Office, sealed: bytes, at: datetime) -> Unlinked:
        """What the browser brings. Raises ``NotSignedIn`` for what was not given to it here, or is over."""
        found = carried.opened(office, _SEAL, cls, sealed)
        if found.until < at.timestamp():
            raise NotSignedIn("this sign-in took too long: begin it again")
        return found

    def sealed(self, office: Office) -> bytes:
        """What the browser carries: nobody else reads or makes it."""
        return carried.sealed(office, _SEAL, self)

    @property
    def identity(self) -> Identity:
        """As the provider said it."""
        return Identity(self.issuer, self.subject, self.login, frozenset(self.methods))


async def candidate(conn: AsyncConnection, identity: Identity, at: datetime) -> tuple[Account, Way] | None:
    """The account with the identity's login, and how its owner proves that it is theirs; None if none can be linked."""
    account = await operators.by_login(conn, identity.login)
    # a login that comes back under another subject is another person with a name that was free again
    if account is None or await identities.is_linked(conn, identity.issuer, account.operator.id):
        return None
    if Role.SERVICE in account.operator.roles:
        return None
    if account.password_hash:
        return account, Way.PASSWORD
    # only a link that still works: what ran out, was replaced or was voided by wrong codes was released in vain
    link = (await setup_links.waiting(conn, at, account.operator.id)).get(account.operator.id)
    return None if link is None or not link.needs_release else (account, Way.CODE)


async def take(
    office: Office, conn: AsyncConnection, identity: Identity, link: SetupLink, at: datetime, remote: str
) -> Account:
    """Uses the link up, whose code was right, and gives the identity to its account, in the caller's transaction.

    Raises ``NotFound`` or ``NotReleased``.
    """
    found = await candidate(conn, identity, at)
    again = (await setup_links.waiting(conn, at, link.operator_id)).get(link.operator_id)
    if found is None or again is None or found[0].operator.id != link.operator_id or again.id != link.id:
        raise NotFound("link")
    if again.code_hash != link.code_hash:
        raise NotReleased  # released anew meanwhile: the code that was given is void
    if not await setup_links.use(conn, link.id, at):
        raise NotFound("link")
    await _given(office, conn, identity, link.operator_id, at, remote, link=link.id)
    return found[0]


async def link_own(office: Office, door: Doorkeeper, caller: Caller, sealed: bytes) -> None:
    """Gives the identity that the browser brings to the caller's own account, which has its login.

    Raises ``Invalid``, ``NotFound``, or as ``second_factor.be_present`` does.
    """
    at = office.clock.now()
    try:
        identity = Unlinked.opened(office, sealed, at).identity
    except NotSignedIn as problem:
        raise Invalid(problem.message, field="identity") from None  # who asks is signed in, and stays so
    await second_factor.be_present(office, door, caller, None)
    async with office.store.begin() as conn:
        found = await candidate(conn, identity, at)
        known = await identities.operator_of(conn, identity.issuer, identity.subject)
        if found is None or known is not None or found[0].operator.id != caller.operator.id:
            raise NotFound("identity")
        await _given(office, conn, identity, caller.operator.id, at, caller.remote)
    await office.ring(Topic.PERMISSIONS, caller.operator.id)


async def _given(
    office: Office,
    conn: AsyncConnection,
    identity: Identity,
    operator_id: str,
    at: datetime,
    remote: str,
    **more: str,
) -> None:
    await identities.link(conn, identity.issuer, identity.subject, operator_id, at)
    await office.note(
        conn,
        at,
        operator_id,
        "link_identity",
        "operator",
        operator_id,
        typed={"login": identity.login, "subject": identity.subject},
        issuer=identity.issuer,
        remote=remote,
        **more,
    )
