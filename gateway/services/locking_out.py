"""Locking out: wrong passwords and codes of an account, counted together; the fifth in a row locks it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.services.doorkeeping import FAILURES, LOCK, seconds_left
from gateway.services.errors import LockedOut
from gateway.services.office import SYSTEM, Office
from gateway.storage import operators
from gateway.storage.operators import Account


def refuse_locked(account: Account, at: datetime) -> None:
    """Returns if the account is not locked. Raises ``LockedOut``."""
    if account.locked_until is not None and account.locked_until > at:
        raise LockedOut(seconds_left(account.locked_until, at))


async def count_failure(office: Office, conn: AsyncConnection, account: Account, at: datetime, remote: str) -> None:
    """Counts a failure; the fifth in a row locks. A lock that has run out starts the count anew."""
    if account.locked_until is not None:
        await operators.clear_failures(conn, account.operator.id)
        account = replace(account, failed_count=0, locked_until=None)
    locks = account.failed_count + 1 >= FAILURES
    await operators.count_failure(conn, account.operator.id, at + LOCK if locks else None)
    action = "lock_account" if locks else "wrong_password"
    await office.note(conn, at, SYSTEM, action, "operator", account.operator.id, remote=remote)
