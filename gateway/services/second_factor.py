"""Second factor: passkeys, codes from a phone, recovery codes on paper, and the fresh proof that grave acts take."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import must_prove
from gateway.domain.websites import WebSite
from gateway.services import ceremonies, plain_codes, totp
from gateway.services.ceremonies import Answer
from gateway.services.directory_sign_on import password_is_right
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import (
    Conflict,
    Failed,
    Forbidden,
    NotSignedIn,
    SecondFactorNeeded,
    WrongCode,
    WrongPasskey,
    WrongPassword,
)
from gateway.services.locking_out import count_failure, refuse_locked
from gateway.services.office import Caller, Office
from gateway.storage import operators, passkeys, second_factors, sessions

PROOF_LASTS = timedelta(minutes=10)
"""For how long a proof is fresh, and how old a sign-in may be to set up a second factor without the password."""
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """What the console shows of a caller's second factor; ``confirmed_at`` is the phone's, None without one."""

    enrolled: bool
    demanded: bool
    confirmed_at: datetime | None
    codes_left: int
    passkeys: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A secret to be put on a phone: to type by hand, and as the address in a QR code."""

    secret: str
    address: str

    def __repr__(self) -> str:
        return "Proposal(***)"


async def require(office: Office, caller: Caller, conn: AsyncConnection) -> None:
    """Returns if the caller's session has lately proved the second factor, or need not. Raises ``SecondFactorNeeded``.

    Somebody without one passes only where the settings offer it instead of demanding it. To be called inside the use
    case's own transaction, before anything is changed.
    """
    if not await second_factors.enrolled(conn, [caller.operator.id]):
        if office.rules.second_factor_required:
            raise SecondFactorNeeded(enrolled=False)
        return
    if not await _fresh(office, caller, conn):
        raise SecondFactorNeeded(enrolled=True)


async def standing(office: Office, caller: Caller, conn: AsyncConnection) -> Standing:
    """What the caller has and what is demanded of them."""
    factor = await second_factors.get(conn, caller.operator.id)
    confirmed = None if factor is None else factor.confirmed_at
    left = await second_factors.codes_left(conn, caller.operator.id)
    keys = len(await passkeys.of_operator(conn, caller.operator.id))
    demanded = must_prove(caller.operator, caller.remote, office.rules)
    return Standing(confirmed is not None or keys > 0, demanded, confirmed, left, keys)


async def be_present(office: Office, door: Doorkeeper, caller: Caller, password: str | None) -> None:
    """Returns if it is the caller who sets up a second factor. Raises ``WrongPassword`` or ``SecondFactorNeeded``.

    Who has a second factor proves it; who has none gives the password, unless they have only just signed in with it.
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        await _prove_presence(office, caller, conn)
        session = await sessions.live_by_id(conn, caller.session_id, at)
        account = await operators.account(conn, caller.operator.id)
        enrolled = bool(await second_factors.enrolled(conn, [caller.operator.id]))
    if session is None or account is None:
        raise NotSignedIn
    if not enrolled and at - session[0].created_at > PROOF_LASTS:
        refuse_locked(account, at)
        if not await password_is_right(office, door, account, password or ""):
            async with office.store.begin() as conn:
                await count_failure(office, conn, account, at, caller.remote)
            raise WrongPassword


async def propose(office: Office, door: Doorkeeper, caller: Caller, password: str | None) -> Proposal:
    """A new secret, in force once a code of it is given. Raises as ``be_present`` does."""
    await be_present(office, door, caller, password)
    secret = totp.new_secret()
    async with office.store.begin() as conn:
        await second_factors.propose(conn, caller.operator.id, _sealed(office, caller.operator.id, secret))
    return Proposal(totp.base32(secret), totp.otpauth(secret, caller.operator.login))


async def confirm(office: Office, caller: Caller, code: str) -> list[str]:
    """Puts the proposed secret into force; returns the recovery codes, which are never shown again.

    Raises ``Conflict`` if none was proposed, or ``WrongCode``.
    """
    at = office.clock.now()
    operator_id = caller.operator.id
    async with office.store.begin() as conn:
        factor = await second_factors.get(conn, operator_id)
        if factor is None or factor.pending is None:
            raise Conflict("no second factor is being set up")
        if await second_factors.enrolled(conn, [operator_id]):
            await require(office, caller, conn)
        step = totp.matching_step(_opened(office, operator_id, factor.pending), _digits(code), at)
        if step is None or not await second_factors.confirm(conn, operator_id, factor.pending, step, at):
            raise WrongCode
        codes = await fresh_codes(conn, operator_id)
        await proved(conn, caller, at)
        await office.note(conn, at, operator_id, "enrol_second_factor", "operator", operator_id)
    return codes


async def prove(office: Office, caller: Caller, given: str | Answer) -> None:
    """Notes a fresh proof in the caller's session: a code, or what a passkey answered.

    Wrong ones count like wrong passwords. Raises ``WrongCode``, ``WrongPasskey``, ``LockedOut`` or
    ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        account = await operators.account(conn, caller.operator.id)
        if account is None:
            raise NotSignedIn
        refuse_locked(account, at)
        if not await second_factors.enrolled(conn, [caller.operator.id]):
            raise SecondFactorNeeded(enrolled=False)
        right = await use(office, conn, caller.operator.id, given, at, caller.remote)
        if right:
            await operators.clear_failures(conn, caller.operator.id)
            await proved(conn, caller, at)
            await office.note(
                conn, at, caller.operator.id, "prove_second_factor", "session", caller.session_id, remote=caller.remote
            )
        else:
            await count_failure(office, conn, account, at, caller.remote)
    if not right:
        raise wrong(given)


async def renew_codes(office: Office, caller: Caller) -> list[str]:
    """New recovery codes instead of the old ones. Raises ``SecondFactorNeeded`` without a fresh proof."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        if not await second_factors.enrolled(conn, [caller.operator.id]):
            raise SecondFactorNeeded(enrolled=False)
        await require(office, caller, conn)
        codes = await fresh_codes(conn, caller.operator.id)
        await office.note(conn, at, caller.operator.id, "renew_recovery_codes", "operator", caller.operator.id)
    return codes


async def give_up(office: Office, caller: Caller) -> None:
    """Removes the caller's own phone; passkeys stay, and without one the recovery codes go too.

    Raises ``Forbidden`` where a second factor is demanded of them and the phone is the only one.
    """
    at = office.clock.now()
    operator_id = caller.operator.id
    async with office.store.begin() as conn:
        await require(office, caller, conn)
        if not await second_factors.forget_phone(conn, operator_id):
            return
        if not await second_factors.enrolled(conn, [operator_id]):
            if must_prove(caller.operator, caller.remote, office.rules):
                raise Forbidden("a second factor is demanded of this account")
            await second_factors.forget(conn, operator_id)
        await office.note(conn, at, operator_id, "remove_second_factor", "operator", operator_id)


async def asked_of(office: Office, conn: AsyncConnection, operator_id: str, site: WebSite | None) -> SecondFactorNeeded:
    """What somebody is asked for who gave the right password: a code, or one of the passkeys that work on the site."""
    if not await passkeys.of_operator(conn, operator_id):
        return SecondFactorNeeded(enrolled=True)
    phone = await second_factors.get(conn, operator_id)
    begun = None if site is None else await ceremonies.begin_use(office, conn, operator_id, None, site)
    return SecondFactorNeeded(enrolled=True, passkey=begun, phone=phone is not None and phone.confirmed_at is not None)


async def use(
    office: Office, conn: AsyncConnection, operator_id: str, given: str | Answer, at: datetime, remote: str = ""
) -> bool:
    """Uses up a code of the operator's phone or paper, or a passkey's answer; False if it does not hold or was used."""
    if isinstance(given, Answer):
        return await ceremonies.used(office, conn, operator_id, given, at, remote)
    if (digits := _digits(given)).isdigit():
        factor = await second_factors.get(conn, operator_id)
        if factor is None or factor.secret is None:
            return False
        step = totp.matching_step(_opened(office, operator_id, factor.secret), digits, at)
        return step is not None and await second_factors.use_step(conn, operator_id, step)
    if not await second_factors.use_code(conn, operator_id, _hash(given), at):
        return False
    left = await second_factors.codes_left(conn, operator_id)
    await office.note(conn, at, operator_id, "use_recovery_code", "operator", operator_id, left=left, remote=remote)
    return True


def wrong(given: str | Answer | None) -> Failed:
    """How it is refused."""
    return WrongPasskey() if isinstance(given, Answer) else WrongCode()


async def fresh_codes(conn: AsyncConnection, operator_id: str) -> list[str]:
    """New recovery codes instead of whatever there was; they are kept as hashes and never shown again."""
    codes = [plain_codes.fresh(4) for _ in range(RECOVERY_CODES)]
    await second_factors.replace_codes(conn, operator_id, [_hash(one) for one in codes])
    return codes


async def proved(conn: AsyncConnection, caller: Caller, at: datetime) -> None:
    """Notes in the caller's session that the second factor was proved."""
    await sessions.prove(conn, caller.session_id, at)


async def _prove_presence(office: Office, caller: Caller, conn: AsyncConnection) -> None:
    if await second_factors.enrolled(conn, [caller.operator.id]) and not await _fresh(office, caller, conn):
        raise SecondFactorNeeded(enrolled=True)


async def _fresh(office: Office, caller: Caller, conn: AsyncConnection) -> bool:
    at = office.clock.now()
    found = await sessions.live_by_id(conn, caller.session_id, at)
    proved = None if found is None else found[0].proved_at
    return proved is not None and at - proved <= PROOF_LASTS


def _name(operator_id: str) -> str:
    return f"second-factor:{operator_id}"


def _sealed(office: Office, operator_id: str, secret: bytes) -> bytes:
    return office.box.seal(_name(operator_id), base64.b64encode(secret).decode())


def _opened(office: Office, operator_id: str, sealed: bytes) -> bytes:
    return base64.b64decode(office.box.open(_name(operator_id), sealed))


def _digits(code: str) -> str:
    return code.replace(" ", "")


def _hash(code: str) -> str:
    # sixteen letters are 79 bits: such a hash needs no salt
    return hashlib.sha256(plain_codes.plain(code).encode()).hexdigest()
