"""Every seam of the house on one page: what the floors above expect of the mechanisms below."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gateway.domain.messages import Message
from gateway.domain.observations import Observation
from gateway.domain.packets import Packet


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture, brightness only. The only type that carries an array.

    ``luma`` is height x width, uint8, read-only by convention and valid only during ``detect``.
    ``at`` is the Unix time in seconds at which its packet arrived; ``keyframe`` says it came from one. ``late`` is by
    how many seconds it arrived later than the stream's most punctual pictures.
    """

    luma: npt.NDArray[np.uint8]
    at: float
    keyframe: bool
    late: float = 0.0


class Detector(Protocol):
    """Looks at the pictures of one camera in order and says what it observes. One instance per camera."""

    def detect(self, frame: Frame) -> Sequence[Observation]:
        """Findings in this picture; boxes are fractions of it. Never raises on odd sizes or skipped pictures."""
        ...


class Unavailable(Exception):
    """The device does not answer, hung up or sent nonsense: try again later."""


class Refused(Exception):
    """The device does not take our credentials: try again slowly, or it will lock the account."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name and password for one device. The password never shows in a repr."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credential(username={self.username!r}, password=***)"


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """Where a stream is fetched: never carries a password."""

    scheme: str
    host: str
    port: int
    path: str
    transport: str = "tcp"


class Connection(Protocol):
    """One open pull of one stream. ``packets`` blocks the calling thread; ``close`` may be called from another."""

    @property
    def clock_offset(self) -> float | None:
        """By how many seconds the device's clock is ahead of ours, None while it has not told its time."""
        ...

    def packets(self) -> Iterator[Packet]:
        """Packets as they arrive, until the device ends the stream. Raises ``Unavailable`` or ``Refused``."""
        ...

    def close(self) -> None:
        """Ends ``packets`` soon; safe to call twice and from any thread."""
        ...


class Adapter(Protocol):
    """Speaks one scheme. ``open`` blocks: it is called in a thread of its own."""

    def open(self, address: DeviceAddress, credential: Credential | None) -> AbstractContextManager[Connection]:
        """A pull of the stream at that address. Raises ``Unavailable`` or ``Refused``."""
        ...


class Clock(Protocol):
    """What time it is, and waiting. One real, one for tests."""

    def now(self) -> datetime:
        """The current moment, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Waits that long."""
        ...


class Bus(Protocol):
    """The doorbell between parts and gateways. It may lose messages; the database is the truth."""

    async def publish(self, message: Message) -> None:
        """Rings. Never raises when the carrier is down: that is counted."""
        ...

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """Messages from now on, from every gateway including this one; bounded, oldest dropped and counted."""
        ...


class Counter(Protocol):
    """Something that can be counted up: a Prometheus counter, or a test's."""

    def inc(self, amount: float = 1) -> None:
        """Adds to the count."""
        ...


Json = dict[str, Any]
"""A decoded JSON object, at the edges where its shape is checked next."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A sign-in that was begun elsewhere: where the browser goes, and what must fit when it comes back."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an identity provider says somebody is: a subject that never changes, a login, and how they proved it."""

    issuer: str
    subject: str
    login: str
    methods: frozenset[str]


class IdentityProvider(Protocol):
    """Signs people in for us."""

    async def begin(self, redirect_uri: str) -> Beginning:
        """Where to send the browser. Raises ``Unavailable``."""
        ...

    async def complete(self, redirect_uri: str, code: str, nonce: str, verifier: str) -> Identity:
        """Who came back with that code. Raises ``Refused`` or ``Unavailable``."""
        ...


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a directory: a subject that never changes, the login, the name, where they stand and their groups."""

    subject: str
    login: str
    name: str
    place: str
    groups: frozenset[str]


class Directory(Protocol):
    """A directory of people and groups that somebody else keeps. Everything raises ``Unavailable``."""

    async def find(self, login: str) -> Person | None:
        """The one person with that login; None if nobody has it, or several do."""
        ...

    async def proves(self, person: Person, password: str) -> bool:
        """True if the password is that person's."""
        ...

    async def again(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        """What the people with those subjects are now; None for who is not there any more."""
        ...
