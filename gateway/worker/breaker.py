"""How hard a device may be knocked at: one breaker and one queue per host and user, whatever the password.

A recorder with 32 channels and a wrong password must see one failed sign-in, not 32, or it locks the account. So until
a password has been accepted, and again after one of its streams broke, streams are opened one at a time; a refusal
stops all that use this password for a while. Another password is tried at once, since somebody may have mended it, but
the device counts failures per account and not per password: after a few nobody knocks, with whichever password.

Whoever waited while another found that nothing answers at the same port is told so at once: to find it out one by one
would take a recorder's channels minutes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.reachability import Unreachable
from gateway.ports import Clock, Credential, Refused

SLOW_RETRY_SECONDS = 300.0
PARALLEL_OPENS = 8
MOST_FAILURES = 3
"""Failed sign-ins in ``SLOW_RETRY_SECONDS``, all passwords together: makes lock an account after five or more."""
REFUSED = "the device does not take the user name and password; it is asked again every few minutes"
TOO_MANY = "several passwords of this user were refused: the device is left alone for some minutes, or it locks them"


class _Account:
    """What all gates of one host and user share."""

    def __init__(self, clock: Clock, parallel: int) -> None:
        self._clock = clock
        self.parallel = asyncio.Semaphore(parallel)
        self.one = asyncio.Lock()
        self.trusted: str | None = None
        """The password the device took last, while nothing speaks against it."""
        self._known_good: str | None = None
        self._wrong: dict[str, float] = {}
        self._failed_at: deque[float] = deque(maxlen=MOST_FAILURES)
        self.away: dict[int, Unreachable] = {}
        """What was found last at each port where nothing answered."""

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def closed_for(self, password: str) -> tuple[float, str]:
        """Seconds until that password may be tried, and why it may not be now; 0 if it may."""
        now = self._now()
        wrong = self._wrong.get(password, 0.0) - now
        # A password that worked is not locked out by somebody who tries others.
        spent = len(self._failed_at) == MOST_FAILURES and password != self._known_good
        budget = self._failed_at[0] + SLOW_RETRY_SECONDS - now if spent else 0.0
        return (wrong, REFUSED) if wrong >= budget else (budget, TOO_MANY)

    def accepted(self, password: str) -> None:
        self.trusted = self._known_good = password
        self._wrong.pop(password, None)
        self._failed_at.clear()

    def refused(self, password: str) -> None:
        if self.trusted == password:
            self.trusted = None
        if self._known_good == password:
            self._known_good = None
        now = self._now()
        self._failed_at.append(now)
        self._wrong = {known: until for known, until in self._wrong.items() if until > now}
        self._wrong[password] = now + SLOW_RETRY_SECONDS

    def remembers(self) -> bool:
        """Whether a failure is recent enough to count."""
        return bool(self._failed_at) and self._failed_at[-1] + SLOW_RETRY_SECONDS > self._now()

    def is_closed(self) -> bool:
        """Whether some password is refused at present."""
        return any(until > self._now() for until in self._wrong.values())


class Gate:
    """The way to one port of a host with one account: behind one address there may be a device at every port."""

    def __init__(self, account: _Account, password: str, port: int) -> None:
        self._account, self._password, self._port = account, password, port

    def closed_for(self) -> float:
        """Seconds until the account is tried again; 0 if it may be tried now."""
        return max(0.0, self._account.closed_for(self._password)[0])

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Inside, one stream may be opened. Raises ``Refused`` without asking the device while the breaker is open.

        And ``Unreachable`` if somebody else found meanwhile that nothing answers there.
        """
        known = self._account.away.get(self._port)
        async with self._account.parallel:
            self._check()
            async with self._account.one:
                self._check()
                if self._account.trusted != self._password:
                    found = self._account.away.get(self._port)
                    if found is not None and found is not known:
                        raise Unreachable(str(found))
                    try:
                        yield
                    except Unreachable as gone:
                        self._account.away[self._port] = Unreachable(str(gone))
                        raise
                    return
            yield

    def _check(self) -> None:
        wait, why = self._account.closed_for(self._password)
        if wait > 0:
            raise Refused(why)

    def accepted(self) -> None:
        """The device took the account."""
        self._account.accepted(self._password)

    def doubted(self) -> None:
        """A stream broke: perhaps the password was changed under it, so the next opening is one alone again."""
        if self._account.trusted == self._password:
            self._account.trusted = None

    def refused(self) -> None:
        """The device did not take the account: nobody tries it for a while."""
        self._account.refused(self._password)


class Gates:
    """All gates of a worker, made when first asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._accounts: dict[tuple[str, str], _Account] = {}

    def of(self, host: str, port: int, credential: Credential | None, host_limit: int | None) -> Gate:
        """The gate of that port and account; ``host_limit`` counts when the first of a user's gates is made."""
        username, password = (credential.username, credential.password) if credential is not None else ("", "")
        key = (host.lower(), username)
        if key not in self._accounts:
            self._accounts[key] = _Account(self._clock, max(1, min(PARALLEL_OPENS, host_limit or PARALLEL_OPENS)))
        return Gate(self._accounts[key], password, port)

    def forget_all_but(self, kept: set[tuple[str, str]]) -> None:
        """Drops the accounts of hosts (host, user) that are not assigned any more, failures of late excepted."""
        wanted = {(host.lower(), user) for host, user in kept}
        self._accounts = {
            key: account for key, account in self._accounts.items() if key in wanted or account.remembers()
        }

    @property
    def closed(self) -> int:
        """How many accounts are refused at present."""
        return sum(account.is_closed() for account in self._accounts.values())
