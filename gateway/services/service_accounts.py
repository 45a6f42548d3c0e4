"""Service accounts: departments' systems that come with tokens. Whoever issues one says what for, and until when.

A token that opens pictures comes in two halves: the system manager is shown the first, and the security manager the
second by releasing it. Neither has a token that opens anything; the department joins them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain import purposes
from gateway.domain.actions import Action
from gateway.domain.messages import Topic
from gateway.domain.operators import ROLE_ACTIONS, SEEING, Operator, Role
from gateway.services import notifying, releasing, second_factor
from gateway.services.doorkeeping import NOBODY
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.services.releasing import ReleaseNeeded
from gateway.services.signing_in import hash_token, joined_hash
from gateway.storage import operators, organisations, sessions
from gateway.storage.operators import Account
from gateway.storage.sessions import HALF, HELD, TOKEN, Session

LONGEST = timedelta(days=366)
PREFIX = "seg_"
"""What every token begins with, so that one that strayed into a file is found by those who look for secrets."""
MAX_TOKENS = 20
SCOPES = ROLE_ACTIONS[Role.SERVICE]


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as its keepers see it: never the token itself, which is shown once and kept only as a hash."""

    id: str
    label: str
    scopes: list[Action]
    purpose: str | None
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime
    remote: str
    waits: bool
    """True until the security manager has released it."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service account with the tokens that are good now."""

    id: str
    login: str
    name: str
    organisation_id: str
    disabled: bool
    created_at: datetime
    tokens: list[TokenView]


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token, or its first half and who can release it; to be handed over now, for it is not shown again."""

    token: str
    view: TokenView
    release: ReleaseNeeded | None


@dataclass(frozen=True, slots=True)
class Rest:
    """The second half of a token, shown this once: the department puts it behind the first, after a dot."""

    rest: str

    def __repr__(self) -> str:
        return "Rest(***)"


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What a token is to be for."""

    label: str
    scopes: frozenset[Action]
    purpose: str
    days: int


async def listed(office: Office) -> list[ServiceView]:
    """Every service account; the route admits only managers."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = [account for account in await operators.every(conn) if Role.SERVICE in account.operator.roles]
        return [await _view(conn, account, at) for account in found]


async def add(office: Office, caller: Caller, login: str, name: str, organisation_id: str) -> ServiceView:
    """Makes a service account without any token. Raises ``Invalid`` or ``Conflict``."""
    at = office.clock.now()
    service = Operator(office.new_id(), login, name, organisation_id, frozenset({Role.SERVICE}))
    # no password is right for it, and to be told so takes as long as for everybody else
    account = Account(service, NOBODY, 0, None, at)
    try:
        async with office.store.begin() as conn:
            await second_factor.require(office, caller, conn)
            if await organisations.get(conn, organisation_id) is None:
                raise Invalid("this organisation is not known", field="organisation_id")
            await operators.insert(conn, account)
            await office.note(
                conn,
                at,
                caller.operator.id,
                "add_service",
                "operator",
                service.id,
                typed={"login": login, "name": name},
                organisation=organisation_id,
            )
    except IntegrityError:
        raise Conflict("this login is taken", field="login") from None
    await office.ring(Topic.PERMISSIONS, service.id)
    return ServiceView(service.id, login, name, organisation_id, False, at, [])


async def issue(office: Office, caller: Caller, service_id: str, wish: TokenWish) -> Issued:
    """A new token; of one that opens pictures the first half, which alone opens nothing.

    Raises ``NotFound`` or ``Invalid``.
    """
    _check(wish)
    at = office.clock.now()
    needed, told = None, tuple[str, ...]()
    token = PREFIX + secrets.token_urlsafe(32)
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        service = await _service(conn, service_id)
        if len(await sessions.of_operator(conn, service.operator.id, at)) >= MAX_TOKENS:
            raise Invalid(f"a service has at most {MAX_TOKENS} tokens: revoke one first")
        session = Session(
            id=office.new_id(),
            token_hash=hash_token(token),
            operator_id=service.operator.id,
            purpose=wish.purpose,
            created_at=at,
            last_seen_at=at,
            expires_at=at + timedelta(days=wish.days),
            remote="",
            kind=HALF if wish.scopes & SEEING else TOKEN,
            scopes=wish.scopes,
            label=wish.label.strip(),
            issued_by=caller.operator.id,
        )
        await sessions.insert(conn, session)
        await office.note(
            conn,
            at,
            caller.operator.id,
            "issue_token",
            "session",
            session.id,
            typed={"label": session.label},
            service=service.operator.id,
            scopes=sorted(wish.scopes),
            purpose=wish.purpose,
            expires_at=session.expires_at.isoformat(),
        )
        if session.kind == HALF:
            needed = await releasing.releasers(office, conn, caller, service_id)
            told = await releasing.tell_releasers(conn, at, "token_to_release", service, session.id)
    await notifying.ring_for(office, told)
    return Issued(token, _token(session), needed)


async def release(office: Office, caller: Caller, service_id: str, token_id: str) -> Rest:
    """The second half of a token that waits; with it the token works. The route admits only the security manager.

    Raises ``NotFound``, ``Forbidden`` or ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    rest = secrets.token_urlsafe(16)
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        service = await _service(conn, service_id)
        running = await sessions.of_operator(conn, service.operator.id, at)
        half = next((one for one in running if one.id == token_id and one.kind == HALF), None)
        if half is None:
            raise NotFound("token")
        if half.issued_by == caller.operator.id:
            raise Forbidden("who issued the token does not release it: a second person does")
        if not await sessions.complete(conn, token_id, joined_hash(half.token_hash, rest)):
            raise NotFound("token")
        await office.note(
            conn,
            at,
            caller.operator.id,
            "release_token",
            "session",
            token_id,
            service=service.operator.id,
            made_by=half.issued_by,
        )
    await office.ring(Topic.PERMISSIONS, service.operator.id)
    return Rest(rest)


async def revoke(office: Office, caller: Caller, service_id: str, token_id: str) -> None:
    """Ends a token, and within two seconds every picture it carries. Raises ``NotFound`` or ``SecondFactorNeeded``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        service = await _service(conn, service_id)
        if token_id not in {session.id for session in await sessions.of_operator(conn, service.operator.id, at)}:
            raise NotFound("token")
        await sessions.end(conn, token_id, at)
        await office.note(
            conn, at, caller.operator.id, "revoke_token", "session", token_id, service=service.operator.id
        )
    await office.ring(Topic.PERMISSIONS, token_id)


def _check(wish: TokenWish) -> None:
    if not wish.label.strip():
        raise Invalid("a token needs a label that says which system has it", field="label")
    if not wish.scopes:
        raise Invalid("a token without scopes opens nothing", field="scopes")
    if beyond := wish.scopes - SCOPES:
        raise Invalid(f"a service never does this: {', '.join(sorted(beyond))}", field="scopes", known=sorted(SCOPES))
    if wish.purpose not in purposes.CODES:
        raise Invalid("this purpose is not known", field="purpose", known=sorted(purposes.CODES))
    if not 1 <= wish.days <= LONGEST.days:
        raise Invalid(f"a token is good for 1 to {LONGEST.days} days", field="days")


async def _service(conn: AsyncConnection, service_id: str) -> Account:
    found = await operators.account(conn, service_id)
    if found is None or Role.SERVICE not in found.operator.roles:
        raise NotFound("service")
    return found


async def _view(conn: AsyncConnection, account: Account, at: datetime) -> ServiceView:
    service = account.operator
    disabled = service.disabled(at)
    tokens: Sequence[Session] = await sessions.of_operator(conn, service.id, at)
    return ServiceView(
        service.id,
        service.login,
        service.name,
        service.organisation_id,
        disabled,
        account.created_at,
        [_token(token) for token in tokens],
    )


def _token(session: Session) -> TokenView:
    return TokenView(
        id=session.id,
        label=session.label,
        scopes=sorted(session.scopes or ()),
        purpose=session.purpose,
        created_at=session.created_at,
        expires_at=session.expires_at,
        last_seen_at=session.last_seen_at,
        remote=session.remote,
        waits=session.kind in (HALF, HELD),
    )
