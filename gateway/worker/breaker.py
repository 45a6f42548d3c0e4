"""How hard a device may be knocked at: one breaker and one queue per host and account.

A recorder with 32 channels and a wrong password must see one failed sign-in, not 32, or it locks the account. So until
an account has been accepted, and again after one of its streams broke, streams are opened one at a time; a refusal
stops them all for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.ports import Clock, Credential, Refused

SLOW_RETRY_SECONDS = 300.0
PARALLEL_OPENS = 8


class Gate:
    """The way to one host with one account."""

    def __init__(self, clock: Clock, parallel: int) -> None:
        self._clock = clock
        self._parallel = asyncio.Semaphore(parallel)
        self._one = asyncio.Lock()
        self._trusted = False
        self._closed_until = 0.0
        self.trips = 0

    def closed_for(self) -> float:
        """Seconds until the account is tried again; 0 if it may be tried now."""
        return max(0.0, self._closed_until - self._clock.now().timestamp())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Inside, one stream may be opened. Raises ``Refused`` without asking the device while the breaker is open."""
        async with self._parallel:
            self._check()
            async with self._one:
                self._check()
                if not self._trusted:
                    yield
                    return
            yield

    def _check(self) -> None:
        wait = self.closed_for()
        if wait > 0:
            raise Refused("the device does not take the user name and password; it is asked again every few minutes")

    def accepted(self) -> None:
        """The device took the account."""
        self._trusted = True

    def doubted(self) -> None:
        """A stream broke: perhaps the password was changed under it, so the next opening is one alone again."""
        self._trusted = False

    def refused(self) -> None:
        """The device did not take the account: nobody tries it for a while."""
        self._trusted = False
        self.trips += 1
        self._closed_until = self._clock.now().timestamp() + SLOW_RETRY_SECONDS


class Gates:
    """All gates of a worker, made when first asked for. A changed password is another gate, and so tried at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gates: dict[tuple[str, str, str], Gate] = {}

    def of(self, host: str, credential: Credential | None, host_limit: int | None) -> Gate:
        """The gate of that host and account; ``host_limit`` counts when the gate is made."""
        account = (credential.username, credential.password) if credential is not None else ("", "")
        key = (host, *account)
        if key not in self._gates:
            self._gates[key] = Gate(self._clock, max(1, min(PARALLEL_OPENS, host_limit or PARALLEL_OPENS)))
        return self._gates[key]

    def forget_all_but(self, kept: set[tuple[str, str, str]]) -> None:
        """Drops the gates of hosts that are not assigned any more."""
        self._gates = {key: gate for key, gate in self._gates.items() if key in kept}

    @property
    def closed(self) -> int:
        """How many accounts are refused at present."""
        return sum(gate.closed_for() > 0 for gate in self._gates.values())
