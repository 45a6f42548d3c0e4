"""Holding: what keeps a signed-in session from doing anything, and how its operator lifts it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Hold, must_prove
from gateway.domain.operators import Operator
from gateway.services import second_factor
from gateway.services.ceremonies import Answer
from gateway.services.directory_sign_on import password_is_right
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import NotSignedIn, WrongPassword
from gateway.services.locking_out import count_failure, refuse_locked
from gateway.services.office import Caller, Office
from gateway.storage import operators, second_factors, sessions
from gateway.storage.sessions import Session

TOUCH_EVERY = timedelta(minutes=1)
"""How often a session that is used is written to."""
LATENESS = 2 * TOUCH_EVERY
"""How much later than the console the gateway itself locks: it hears of input once a minute."""


async def hold_of(
    office: Office, conn: AsyncConnection, session: Session, operator: Operator, remote: str, at: datetime
) -> Hold | None:
    """What keeps the session from doing anything, if something does."""
    if session.kind != sessions.SIGN_IN:
        return None  # nobody sits at a service
    if session.locked_since(at, office.rules.idle + LATENESS) is not None:
        return Hold.LOCKED
    demanded = must_prove(operator, remote, office.rules) or must_prove(operator, session.remote, office.rules)
    if demanded and not await second_factors.enrolled(conn, [operator.id]):
        return Hold.SECOND_FACTOR
    return None


async def lock(office: Office, caller: Caller) -> None:
    """Locks the caller's controls; the pictures that run go on."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        if await sessions.lock(conn, caller.session_id, at):
            await office.note(conn, at, caller.operator.id, "lock_session", "session", caller.session_id)


async def unlock(
    office: Office, door: Doorkeeper, caller: Caller, *, password: str = "", given: str | Answer = ""
) -> None:
    """Opens the controls again, by the password, by a code or by a passkey.

    Raises ``WrongPassword``, ``WrongCode``, ``WrongPasskey``, ``LockedOut`` or ``DirectoryUnavailable``.
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        account = await operators.account(conn, caller.operator.id)
    if account is None:
        raise NotSignedIn
    refuse_locked(account, at)
    right = not given and await password_is_right(office, door, account, password)
    async with office.store.begin() as conn:
        if given:
            right = await second_factor.use(office, conn, caller.operator.id, given, at, caller.remote)
        if right:
            await operators.clear_failures(conn, caller.operator.id)
            await sessions.unlock(conn, caller.session_id, at)
            await office.note(conn, at, caller.operator.id, "unlock_session", "session", caller.session_id)
            return
        await count_failure(office, conn, account, at, caller.remote)
    raise second_factor.wrong(given) if given else WrongPassword()
