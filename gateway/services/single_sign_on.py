"""Single sign-on: somebody whom the identity provider knows becomes the operator whom their identity is linked to."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.messages import Topic
from gateway.ports import Beginning, Identity, IdentityProvider, Refused
from gateway.services import carried, linking, second_factor, setting_up
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import Forbidden, NotFound, NotSignedIn
from gateway.services.linking import Unlinked, Way
from gateway.services.office import SYSTEM, Caller, Office
from gateway.services.signing_in import Entrance, begin_session, may_enter, shift_of
from gateway.storage import identities, operators, second_factors, sessions, setup_links
from gateway.storage.operators import Account
from gateway.storage.sessions import Session

log = structlog.get_logger(__name__)

ERRAND_LASTS = timedelta(minutes=10)
"""How long somebody may take at the provider."""
_SEAL = "single-sign-on"
NO_ACCOUNT = "there is no account for you here that may sign in: ask the system manager"


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


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that began, its token, and where to go."""

    token: str
    session: Session
    to: str

    def __repr__(self) -> str:
        return f"Entered(session={self.session.id!r})"


@dataclass(frozen=True, slots=True)
class FirstTime:
    """An identity that no account has yet: how its owner proves which is theirs, and what the browser brings then."""

    way: Way
    sealed: bytes


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
    return beginning.address, carried.sealed(office, _SEAL, errand)


async def complete(
    office: Office,
    sign_on: SingleSignOn,
    sealed: bytes,
    redirect_uri: str,
    *,
    state: str,
    code: str,
    entrance: Entrance,
) -> Entered | FirstTime:
    """A new session, or what a first time takes. Raises ``NotSignedIn``, ``Forbidden`` or ``Unavailable``."""
    at = office.clock.now()
    errand = _opened(office, sealed, state, at)
    try:
        identity = await sign_on.provider.complete(redirect_uri, code, errand.nonce, errand.verifier)
    except Refused as problem:
        log.warning("a single sign-on was refused", problem=str(problem))
        raise NotSignedIn("the identity provider's answer does not hold: sign in again") from None
    async with office.store.begin() as conn:
        known = await identities.operator_of(conn, identity.issuer, identity.subject)
        account = None if known is None else await operators.account(conn, known)
        if account is not None and _welcome(office, account, at, entrance.remote):
            return await _enter(office, conn, sign_on, account, identity, errand.purpose, errand.to, entrance, at)
        found = await linking.candidate(conn, identity, at) if known is None else None
        if found is not None and _welcome(office, found[0], at, entrance.remote):
            unlinked = Unlinked.of(identity, errand.purpose, errand.to, at)
            return FirstTime(found[1], unlinked.sealed(office))
        await office.note(conn, at, SYSTEM, "refuse_single_sign_on", "operator", "", remote=entrance.remote)
    raise Forbidden(NO_ACCOUNT)


async def enter_by_code(
    office: Office, door: Doorkeeper, sign_on: SingleSignOn, sealed: bytes, code: str, entrance: Entrance
) -> Entered:
    """Links the identity that the browser brings to the account that waits for it, by its release code, and enters.

    Raises ``NotSignedIn``, ``Forbidden``, ``NotFound``, ``NotReleased`` or ``WrongReleaseCode``.
    """
    at = office.clock.now()
    unlinked = Unlinked.opened(office, sealed, at)
    async with office.store.read() as conn:
        found = await linking.candidate(conn, unlinked.identity, at)
        if found is None or found[1] is not Way.CODE or not _welcome(office, found[0], at, entrance.remote):
            raise Forbidden(NO_ACCOUNT)
        link = (await setup_links.waiting(conn, at, found[0].operator.id))[found[0].operator.id]
    await setting_up.check_code(office, door, link, code, at, entrance.remote)
    async with office.store.begin() as conn:
        account = await linking.take(office, conn, unlinked.identity, link, at, entrance.remote)
        if not _welcome(office, account, at, entrance.remote):
            raise Forbidden(NO_ACCOUNT)
        identity, purpose, to = unlinked.identity, unlinked.purpose, unlinked.to
        entered = await _enter(office, conn, sign_on, account, identity, purpose, to, entrance, at)
    await office.ring(Topic.PERMISSIONS, account.operator.id)
    return entered


async def unlink(office: Office, caller: Caller, operator_id: str) -> None:
    """Lets another identity be linked to the account, by its owner's password or a released link.

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
    errand = carried.opened(office, _SEAL, Errand, sealed)
    if not hmac.compare_digest(errand.state.encode(), state.encode()) or errand.until < at.timestamp():
        raise NotSignedIn("this sign-in took too long, or another one was begun: begin it again")
    return errand


async def _enter(
    office: Office,
    conn: AsyncConnection,
    sign_on: SingleSignOn,
    account: Account,
    identity: Identity,
    purpose: str,
    to: str,
    entrance: Entrance,
    at: datetime,
) -> Entered:
    token = secrets.token_urlsafe(32)
    session = begin_session(office, account, token, purpose, entrance, at)
    session = await _proved(conn, sign_on, identity, session, at)
    await _noted(office, conn, session, identity, entrance.remote)
    return Entered(token, session, to)


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
