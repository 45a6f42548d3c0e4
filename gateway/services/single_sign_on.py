"""Single sign-on: somebody whom the identity provider knows becomes the operator whom the system manager made."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.messages import Topic
from gateway.domain.operators import Role
from gateway.ports import Beginning, Identity, IdentityProvider, Refused
from gateway.services import second_factor
from gateway.services.errors import Forbidden, NotFound, NotSignedIn
from gateway.services.office import SYSTEM, Caller, Office
from gateway.services.signing_in import Entrance, begin_session, may_enter, shift_of
from gateway.storage import identities, operators, second_factors, sessions, setup_links
from gateway.storage.operators import Account
from gateway.storage.secrets import BadKey
from gateway.storage.sessions import Session

log = structlog.get_logger(__name__)

ERRAND_LASTS = timedelta(minutes=10)
"""How long somebody may take at the provider."""
_SEAL = "single-sign-on"


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """The provider, how it is called on the sign-in page, and which of its methods count as a second factor."""

    provider: IdentityProvider
    name_zh: str
    name_en: str
    second_factor: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser carries to the provider and back, sealed: it must be the one that was sent."""

    state: str
    nonce: str
    verifier: str
    purpose: str
    to: str
    until: float


async def begin(
    office: Office, sign_on: SingleSignOn, redirect_uri: str, purpose: str | None, to: str
) -> tuple[str, bytes]:
    """The provider's address and the sealed errand. Raises ``Invalid`` or ``Unavailable``."""
    chosen = shift_of(purpose)
    beginning: Beginning = await sign_on.provider.begin(redirect_uri)
    until = (office.clock.now() + ERRAND_LASTS).timestamp()
    # only a place within the console: an address from outside would make this door open onto other people's pages
    place = to if to.startswith("/") and not to.startswith("//") else "/"
    errand = Errand(beginning.state, beginning.nonce, beginning.verifier, chosen, place, until)
    return beginning.address, office.box.seal(_SEAL, json.dumps(asdict(errand)))


async def complete(
    office: Office,
    sign_on: SingleSignOn,
    sealed: bytes,
    redirect_uri: str,
    *,
    state: str,
    code: str,
    entrance: Entrance,
) -> tuple[str, Session, str]:
    """A new session, its token, and where to go. Raises ``NotSignedIn``, ``Forbidden`` or ``Unavailable``."""
    at = office.clock.now()
    errand = _opened(office, sealed, state, at)
    try:
        identity = await sign_on.provider.complete(redirect_uri, code, errand.nonce, errand.verifier)
    except Refused as problem:
        log.warning("a single sign-on was refused", problem=str(problem))
        raise NotSignedIn("the identity provider's answer does not hold: sign in again") from None
    token = secrets.token_urlsafe(32)
    async with office.store.begin() as conn:
        account = await _account(office, conn, identity, at, entrance.remote)
        if account is not None and _welcome(office, account, at, entrance.remote):
            session = begin_session(office, account, token, errand.purpose, entrance, at)
            session = await _proved(conn, sign_on, identity, session, at)
            await _noted(office, conn, session, identity, entrance.remote)
            return token, session, errand.to
        await office.note(conn, at, SYSTEM, "refuse_single_sign_on", "operator", "", remote=entrance.remote)
    raise Forbidden("there is no account for you here that may sign in: ask the system manager")


async def unlink(office: Office, caller: Caller, operator_id: str) -> None:
    """Lets another identity be linked to the account at its next sign-in.

    Who could do it could sign in as somebody else, whom the provider does not know. Raises ``NotFound`` or
    ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        if await operators.get(conn, operator_id) is None or not await identities.unlink(conn, operator_id):
            raise NotFound("identity")
        await office.note(conn, at, caller.operator.id, "unlink_identity", "operator", operator_id)
    await office.ring(Topic.PERMISSIONS, operator_id)


def _opened(office: Office, sealed: bytes, state: str, at: datetime) -> Errand:
    try:
        errand = Errand(**json.loads(office.box.open(_SEAL, sealed)))
    except (BadKey, ValueError, TypeError):
        raise NotSignedIn("this sign-in was not begun here: begin it again") from None
    if not hmac.compare_digest(errand.state, state) or errand.until < at.timestamp():
        raise NotSignedIn("this sign-in took too long, or another one was begun: begin it again")
    return errand


async def _account(
    office: Office, conn: AsyncConnection, identity: Identity, at: datetime, remote: str
) -> Account | None:
    """Whose identity it is: the account it was linked to, or at its first time the one with its login."""
    known = await identities.operator_of(conn, identity.issuer, identity.subject)
    if known is not None:
        return await operators.account(conn, known)
    account = await operators.by_login(conn, identity.login)
    # a login that comes back under another subject is another person with a name that was free again
    if account is None or await identities.is_linked(conn, identity.issuer, account.operator.id):
        return None
    operator = account.operator
    if Role.SERVICE in operator.roles:
        return None
    # who made it alone must not be who enters it first: by the link it takes a second person's code, and here too
    if not account.password_hash and not await setup_links.ever_released(conn, operator.id):
        return None
    await identities.link(conn, identity.issuer, identity.subject, operator.id, at)
    await office.note(
        conn,
        at,
        operator.id,
        "link_identity",
        "operator",
        operator.id,
        typed={"login": identity.login, "subject": identity.subject},
        issuer=identity.issuer,
        remote=remote,
    )
    return account


def _welcome(office: Office, account: Account, at: datetime, remote: str) -> bool:
    lapse = account.term.lapsed(at, office.rules)
    return lapse is None and may_enter(account, remote, at)


async def _proved(
    conn: AsyncConnection, sign_on: SingleSignOn, identity: Identity, session: Session, at: datetime
) -> Session:
    """The session: proved if the provider saw a second factor, else locked until the operator proves theirs."""
    if identity.methods & sign_on.second_factor:
        return replace(session, proved_at=at)
    if await second_factors.enrolled(conn, [session.operator_id]):
        return replace(session, locked_at=at)
    return session


async def _noted(office: Office, conn: AsyncConnection, session: Session, identity: Identity, remote: str) -> None:
    await sessions.insert(conn, session)
    await office.note(
        conn,
        session.created_at,
        session.operator_id,
        "sign_in",
        "session",
        session.id,
        remote=remote,
        issuer=identity.issuer,
        methods=sorted(identity.methods),
    )
