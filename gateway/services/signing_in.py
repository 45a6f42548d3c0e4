"""Signing in: passwords, lock-out, and sessions whose tokens are stored only as hashes."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from gateway.domain import purposes
from gateway.domain.accounts import Hold, is_loopback
from gateway.domain.messages import Topic
from gateway.domain.operators import Operator
from gateway.domain.organisations import Organisation
from gateway.domain.websites import WebSite
from gateway.services import directory_people, directory_sign_on, second_factor
from gateway.services.ceremonies import Answer
from gateway.services.doorkeeping import NOBODY, Doorkeeper
from gateway.services.doorkeeping import hash_password as hash_password
from gateway.services.errors import (
    AccountLapsed,
    Failed,
    Forbidden,
    Invalid,
    KeptInDirectory,
    NotSignedIn,
    WrongPassword,
)
from gateway.services.holding import TOUCH_EVERY, hold_of
from gateway.services.locking_out import count_failure, refuse_locked
from gateway.services.office import SYSTEM, Caller, Office
from gateway.services.permitting import check_ground
from gateway.services.running_sessions import end
from gateway.storage import operators, organisations, second_factors, sessions
from gateway.storage.operators import Account
from gateway.storage.sessions import Session

LANGUAGES = frozenset({"zh-CN", "en"})


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where somebody comes in from, with what, and how long they may stay."""

    remote: str
    user_agent: str
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class SignedInView:
    """What a session may know about itself."""

    operator: Operator
    organisation: Organisation
    purpose: str | None
    expires_at: datetime
    sample: bool
    hold: Hold | None
    idle: timedelta
    second_factor: second_factor.Standing


def hash_token(token: str) -> str:
    """What is stored of a session token (256 random bits need no salt); of one in two halves, what each gives."""
    first, dot, rest = token.partition(".")
    hashed = hashlib.sha256(first.encode()).hexdigest()
    return joined_hash(hashed, rest) if dot else hashed


def joined_hash(first_hash: str, rest: str) -> str:
    """What is stored of a token whose first half only its hash is known of: whoever joins them never saw that half."""
    return hashlib.sha256(f"{first_hash}.{rest}".encode()).hexdigest()


async def sign_in(
    office: Office,
    door: Doorkeeper,
    login: str,
    password: str,
    *,
    purpose: str | None,
    entrance: Entrance,
    given: str | Answer | None = None,
    site: WebSite | None = None,
) -> tuple[str, Session]:
    """A new session and its token. Raises ``WrongPassword``, ``LockedOut``, ``AccountLapsed``, ``Invalid``, or for
    people of the directory also ``NotMapped`` or ``DirectoryUnavailable``.

    Who has a second factor gives a code or a passkey's answer too: ``SecondFactorNeeded`` asks for it, with what a
    passkey on the site is to answer; ``WrongCode`` and ``WrongPasskey`` count like a wrong password.
    """
    chosen = shift_of(purpose)
    remote = entrance.remote
    at = office.clock.now()
    knocked = await directory_sign_on.knock(office, door, login, password, at, remote)
    known, right = knocked or await _knock(office, door, login, password, at, remote)
    token = secrets.token_urlsafe(32)
    async with office.store.begin() as conn:
        # asked again: while this password was checked, others may have locked the account
        account = await operators.account(conn, known.operator.id)
        if account is None:
            raise WrongPassword
        refuse_locked(account, at)
        right = right and may_enter(account, remote, at)
        lapse = account.term.lapsed(at, office.rules)
        needs_proof = right and bool(await second_factors.enrolled(conn, [account.operator.id]))
        proved = False
        if needs_proof and given is not None:
            proved = await second_factor.use(office, conn, account.operator.id, given, at, remote)
        refusal: Failed
        if needs_proof and given is None:
            refusal = await second_factor.asked_of(office, conn, account.operator.id, site)
        elif right and proved == needs_proof and lapse is not None:
            await operators.clear_failures(conn, account.operator.id)
            await office.note(
                conn, at, SYSTEM, "refuse_lapsed", "operator", account.operator.id, why=lapse.value, remote=remote
            )
            refusal = AccountLapsed(lapse.value)
        elif right and proved == needs_proof:
            session = begin_session(office, account, token, chosen, entrance, at)
            session = replace(session, proved_at=at if proved else None)
            await operators.clear_failures(conn, account.operator.id)
            await sessions.insert(conn, session)
            await office.note(conn, at, account.operator.id, "sign_in", "session", session.id, remote=remote)
            return token, session
        else:
            await count_failure(office, conn, account, at, remote)
            refusal = second_factor.wrong(given) if needs_proof else WrongPassword()
    raise refusal


async def _knock(
    office: Office, door: Doorkeeper, login: str, password: str, at: datetime, remote: str
) -> tuple[Account, bool]:
    """The local account with that login, and whether the password is right. Raises ``WrongPassword``, ``LockedOut``."""
    async with office.store.read() as conn:
        account = await operators.by_login(conn, login)
    if account is None:
        door.refuse_stranger(login, at)
        await door.check(NOBODY, password)
        door.count_stranger(login, at)
        # written like a known login's failure: for the audit, and so that it takes as long; never what was typed
        async with office.store.begin() as conn:
            await office.note(conn, at, SYSTEM, "wrong_password", "operator", "", remote=remote)
        raise WrongPassword
    refuse_locked(account, at)
    return account, await door.check(account.password_hash, password)


async def resume(
    office: Office, token: str, remote: str, kind: str = sessions.SIGN_IN, *, by_hand: bool = False
) -> Caller:
    """The caller whose session of that kind the token opens; ``by_hand`` if the request came from somebody's hand.

    Raises ``NotSignedIn``.
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await sessions.live(conn, hash_token(token), at, kind)
        if found is None:
            raise NotSignedIn("the session has ended: sign in again")
        session, operator, scene = found
        hold = await hold_of(office, conn, session, operator, remote, at)
    if by_hand and hold is not Hold.LOCKED and at - (session.input_at or session.created_at) > TOUCH_EVERY:
        # a full disk must not sign anybody out
        with suppress(SQLAlchemyError):
            async with office.store.begin() as conn:
                await sessions.touch(conn, [(session.id, at)], by_hand=True)
    elif at - session.last_seen_at > TOUCH_EVERY:
        office.touches.note(session.id, at)
    return Caller(operator, session.id, session.purpose, remote, hold, session.ground, session.ground_ticket, scene)


async def describe(office: Office, caller: Caller) -> SignedInView:
    """The caller's session as the console shows it."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await sessions.live_by_id(conn, caller.session_id, at)
        account = await operators.account(conn, caller.operator.id)
        home = await organisations.get(conn, caller.operator.organisation_id)
        standing = await second_factor.standing(office, caller, conn)
    if found is None or account is None or home is None:
        raise NotSignedIn
    session, operator = found
    return SignedInView(
        operator,
        home,
        session.purpose,
        session.expires_at,
        account.sample,
        caller.hold,
        office.rules.idle,
        standing,
    )


async def sign_out(office: Office, caller: Caller) -> None:
    """Ends the caller's session and every picture it carries."""
    await end(office, caller, caller.session_id)


async def change(
    office: Office,
    caller: Caller,
    purpose: str | None,
    language: str | None,
    *,
    reason: str = "",
    ticket_id: str | None = None,
) -> None:
    """Changes the purpose or the language, whichever is given. Another purpose than the shift's own needs a reason or
    an open ticket, as a single look does. Raises ``Invalid``, ``Forbidden`` or ``NotFound``.
    """
    at = office.clock.now()
    if language is not None and language not in LANGUAGES:
        raise Invalid("this language is not offered", field="language", offered=sorted(LANGUAGES))
    if purpose is not None and caller.operator.scopes is not None:
        raise Forbidden("a token keeps the purpose that it was issued for")
    async with office.store.begin() as conn:
        if purpose is not None:
            chosen, who = purpose_of(purpose), caller.operator.id
            if chosen == purposes.SHIFT_PURPOSE:
                reason, ticket_id = "", None
            else:
                await check_ground(conn, caller, reason, ticket_id, at)
            ground = reason.strip()
            await sessions.set_purpose(conn, caller.session_id, chosen, ground, ticket_id)
            session_id, typed = caller.session_id, {"reason": ground}
            await office.note(
                conn, at, who, "choose_purpose", "session", session_id, typed=typed, purpose=chosen, ticket=ticket_id
            )
        if language is not None:
            await operators.set_language(conn, caller.operator.id, language)


async def change_password(office: Office, door: Doorkeeper, caller: Caller, old: str, new: str) -> None:
    """Changes the caller's own password and ends the other sessions. Raises ``WrongPassword``, ``Invalid``, or
    ``KeptInDirectory`` for people of the directory.
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        account = await operators.account(conn, caller.operator.id)
        home = await organisations.get(conn, caller.operator.organisation_id)
        elsewhere = account is not None and await directory_people.link_of(conn, account) is not None
    if account is None or home is None:
        raise NotSignedIn
    if elsewhere:
        raise KeptInDirectory("your password is kept by the directory: change it there")
    await door.examine(new, account.operator.login, account.operator.name, home.name_zh, home.name_en)
    refuse_locked(account, at)
    if not await door.check(account.password_hash, old):
        async with office.store.begin() as conn:
            await count_failure(office, conn, account, at, caller.remote)
        raise WrongPassword
    hashed = await door.hash(new)
    async with office.store.begin() as conn:
        await operators.set_password(conn, caller.operator.id, hashed)
        await sessions.end_all(conn, caller.operator.id, at, keep=caller.session_id)
        await office.note(conn, at, caller.operator.id, "change_password", "operator", caller.operator.id)
    await office.ring(Topic.PERMISSIONS, caller.operator.id)


def purpose_of(code: str | None) -> str:
    """The purpose of a shift: the one chosen, or the routine patrol. Raises ``Invalid``."""
    if code is None:
        return purposes.SHIFT_PURPOSE
    if code not in purposes.CODES:
        raise Invalid("this purpose is not known", field="purpose", known=sorted(purposes.CODES))
    return code


def shift_of(code: str | None) -> str:
    """The purpose that a session begins with. Raises ``Invalid`` for another than the shift's: it needs a ground."""
    chosen = purpose_of(code)
    if chosen != purposes.SHIFT_PURPOSE:
        sentence = "a shift begins with its own purpose: sign in, then choose another with a reason or a ticket"
        raise Invalid(sentence, field="purpose", known=[purposes.SHIFT_PURPOSE])
    return chosen


def may_enter(account: Account, remote: str, at: datetime) -> bool:
    """False for an account that is disabled, and for a sample account anywhere but on this machine."""
    operator = account.operator
    disabled = operator.disabled(at)
    return not disabled and (not account.sample or is_loopback(remote))


def begin_session(
    office: Office, account: Account, token: str, purpose: str, entrance: Entrance, at: datetime
) -> Session:
    """A session of the account that begins now, ends with its terms and is opened by the token; not stored yet."""
    return Session(
        id=office.new_id(),
        token_hash=hash_token(token),
        operator_id=account.operator.id,
        purpose=purpose,
        created_at=at,
        last_seen_at=at,
        expires_at=min(at + entrance.lasts, account.term.ends(office.rules)[0]),
        remote=entrance.remote[:64],
        user_agent=entrance.user_agent[:256],
    )
