"""Passkeys of the caller: enrolled on a key, a phone or a computer, listed and removed; their uses are ceremonies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from gateway.domain.accounts import must_prove
from gateway.domain.websites import Obstacle, WebSite
from gateway.services import ceremonies, second_factor
from gateway.services.ceremonies import Answer, Ceremony
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import Conflict, Forbidden, NotFound, WrongPasskey
from gateway.services.office import Caller, Office
from gateway.storage import passkeys, second_factors
from gateway.storage.passkeys import Passkey

MOST = 10
"""How many passkeys one person may have: a few keys and devices, and no heap that nobody looks through."""


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey as its owner sees it; ``here`` is whether it works at the address that was asked."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    host: str
    here: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """The caller's passkeys, and whether another could be made at this address."""

    items: list[PasskeyView]
    origin: str
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new passkey, and the recovery codes if it is the first second factor: they are shown this once."""

    passkey: PasskeyView
    codes: list[str]


async def listed(office: Office, caller: Caller, site: WebSite) -> Shelf:
    """The caller's own passkeys, oldest first."""
    async with office.store.read() as conn:
        found = await passkeys.of_operator(conn, caller.operator.id)
    return Shelf([_view(one, site) for one in found], site.origin, site.obstacle)


async def begin(office: Office, door: Doorkeeper, caller: Caller, password: str | None, site: WebSite) -> Ceremony:
    """Asks the browser for a new passkey.

    Who has a second factor proves it; who has none gives the password, unless they have only just signed in with it.
    Raises ``WrongPassword``, ``SecondFactorNeeded`` or ``Conflict``.
    """
    _refuse_obstacle(site)
    await second_factor.be_present(office, door, caller, password)
    async with office.store.begin() as conn:
        known = await passkeys.of_operator(conn, caller.operator.id)
        if len(known) >= MOST:
            raise Conflict(f"{MOST} passkeys are enough: remove one first", why="enough")
        here = [one for one in known if one.host == site.name]
        return await ceremonies.begin_enrolment(office, conn, caller.operator, caller.session_id, site, here)


async def finish(office: Office, caller: Caller, name: str, answer: Answer) -> Enrolled:
    """Puts a passkey into force. Raises ``WrongPasskey``, ``Conflict`` or ``SecondFactorNeeded``."""
    _refuse_obstacle(answer.site)
    at = office.clock.now()
    operator_id = caller.operator.id
    codes: list[str] = []
    passkey = None
    try:
        async with office.store.begin() as conn:
            first = not await second_factors.enrolled(conn, [operator_id])
            if not first:
                await second_factor.require(office, caller, conn)
            made = await ceremonies.made(conn, operator_id, answer, at)
            if made is None:
                await office.note(conn, at, operator_id, "refuse_passkey", "operator", operator_id, why="enrolment")
            else:
                passkey = Passkey(
                    office.new_id(),
                    operator_id,
                    answer.site.name,
                    made.credential,
                    made.public_key,
                    made.sign_count,
                    made.transports,
                    name,
                    at,
                )
                await passkeys.insert(conn, passkey)
                if first:
                    codes = await second_factor.fresh_codes(conn, operator_id)
                await second_factor.proved(conn, caller, at)
                await office.note(
                    conn,
                    at,
                    operator_id,
                    "enrol_passkey",
                    "operator",
                    operator_id,
                    typed={"name": name},
                    passkey=passkey.id,
                )
    except IntegrityError:
        raise Conflict("this passkey is enrolled already", why="known") from None
    if passkey is None:
        raise WrongPasskey
    return Enrolled(_view(passkey, answer.site), codes)


async def remove(office: Office, caller: Caller, passkey_id: str) -> None:
    """Removes one of the caller's own passkeys; with the last second factor go the recovery codes.

    Raises ``NotFound``, ``SecondFactorNeeded``, or ``Forbidden`` for the last one where one is demanded of them.
    """
    at = office.clock.now()
    operator_id = caller.operator.id
    async with office.store.begin() as conn:
        if all(one.id != passkey_id for one in await passkeys.of_operator(conn, operator_id)):
            raise NotFound("passkey")
        await second_factor.require(office, caller, conn)
        await passkeys.remove(conn, operator_id, passkey_id)
        if not await second_factors.enrolled(conn, [operator_id]):
            if must_prove(caller.operator, caller.remote, office.rules):
                raise Forbidden("a second factor is demanded of this account: set up another one first")
            await second_factors.forget(conn, operator_id)
        await office.note(conn, at, operator_id, "remove_passkey", "operator", operator_id, passkey=passkey_id)


async def challenge(office: Office, caller: Caller, site: WebSite) -> Ceremony:
    """Asks the browser for one of the caller's passkeys, for a fresh proof or to unlock. Raises ``Conflict``."""
    _refuse_obstacle(site)
    async with office.store.begin() as conn:
        begun = await ceremonies.begin_use(office, conn, caller.operator.id, caller.session_id, site)
    if begun is None:
        raise Conflict("none of your passkeys works at this address: use a code", why="elsewhere")
    return begun


def _refuse_obstacle(site: WebSite) -> None:
    if site.obstacle is not None:
        raise Conflict("passkeys need HTTPS and an address with a name: use a code", why=site.obstacle.value)


def _view(passkey: Passkey, site: WebSite) -> PasskeyView:
    return PasskeyView(
        passkey.id,
        passkey.name,
        passkey.created_at,
        passkey.used_at,
        passkey.host,
        passkey.host == site.name and site.obstacle is None,
    )
