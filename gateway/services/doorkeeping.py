"""Doorkeeping: password hashes, and how many guesses anybody has."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.services.errors import LockedOut
from gateway.services.passwords import LONGEST, PasswordBook

if TYPE_CHECKING:
    from gateway.services.directory_people import DirectorySignOn

FAILURES = 5
LOCK = timedelta(minutes=15)
STRANGERS = 10_000
"""Unknown logins remembered for lock-out; the oldest is forgotten first."""

# argon2id with 32 MiB, three passes: above OWASP's least (19 MiB, two passes), and small enough for two at once
_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)

NOBODY = _hasher.hash(secrets.token_hex(16))
"""Compared with when the login is unknown, so that the answer takes as long."""


@dataclass(slots=True)
class Attempt:
    """Wrong passwords in a row for a login that does not exist."""

    count: int = 0
    locked_until: datetime | None = None


class Doorkeeper:
    """Bounds password checks that run at once, and locks unknown logins like known ones so that they look alike.

    ``directory`` judges the passwords of its people, if there is one.
    """

    def __init__(
        self, at_once: int = 2, book: PasswordBook | None = None, directory: DirectorySignOn | None = None
    ) -> None:
        self.directory = directory
        self._book = book or PasswordBook()
        self._turn = asyncio.Semaphore(at_once)
        self._strangers: OrderedDict[str, Attempt] = OrderedDict()

    async def examine(self, password: str, login: str, *others: str) -> None:
        """Returns if the new password may be used. Raises ``Invalid`` with the reason."""
        await asyncio.to_thread(self._book.check, password, login, others)

    async def check(self, password_hash: str, password: str) -> bool:
        """True if the password belongs to the hash; computed in a thread, a few at a time.

        No hash, as of an account that is not set up yet, belongs to no password, and takes as long.
        """
        async with self._turn:
            return await asyncio.to_thread(verify_password, password_hash or NOBODY, password[:LONGEST])

    async def hash(self, password: str) -> str:
        """The hash to store for the password; computed in a thread."""
        async with self._turn:
            return await asyncio.to_thread(hash_password, password)

    def refuse_stranger(self, login: str, at: datetime) -> None:
        """Raises ``LockedOut`` while the unknown login is locked."""
        attempt = self._strangers.get(login)
        if attempt is not None and attempt.locked_until is not None and attempt.locked_until > at:
            raise LockedOut(seconds_left(attempt.locked_until, at))

    def count_stranger(self, login: str, at: datetime) -> None:
        """Counts a failure for a login that does not exist."""
        attempt = self._strangers.pop(login, None)
        if attempt is None or (attempt.locked_until is not None and attempt.locked_until <= at):
            attempt = Attempt()
        attempt.count += 1
        if attempt.count >= FAILURES:
            attempt.locked_until = at + LOCK
        self._strangers[login] = attempt
        while len(self._strangers) > STRANGERS:
            self._strangers.popitem(last=False)


def hash_password(password: str) -> str:
    """The argon2id hash to store. Blocks for some 50 ms: call it in a thread."""
    return _hasher.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """True if the password belongs to the hash. Blocks like ``hash_password``."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def seconds_left(until: datetime, at: datetime) -> int:
    """Whole seconds until then, at least one."""
    return max(1, int((until - at).total_seconds()))
