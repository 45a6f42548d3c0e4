"""Simulating: what a grant would change if it were given, or revoked, said before anybody does it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.grants import Grant, Held, given_to, opens, permits
from gateway.domain.operators import Operator
from gateway.services.errors import Forbidden, NotFound
from gateway.services.office import Caller, Office
from gateway.services.pointing import Pointing
from gateway.services.sharing import STANDS, Wish, grant_of, judged
from gateway.storage import camera_lists, grants, operators, organisations
from gateway.storage.reaching import Reach, reach

MAX_PEOPLE = 200
MAX_CAMERAS = 500
"""Beyond these a change is counted for the first so many, and said to be larger."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A person whose permission would change, and with how many cameras which actions come or go."""

    operator_id: str
    name: str
    organisation_id: str
    gained: dict[Action, int]
    lost: dict[Action, int]
    cameras: list[str]


@dataclass(frozen=True, slots=True)
class NamedCamera:
    """A camera that the change is about."""

    id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Change:
    """Who would be touched. ``already`` people hold all of it by other grants, so that nothing changes for them."""

    people: list[Touched]
    already: int
    cameras: list[NamedCamera]
    larger: bool
    """True if there are more people or cameras than were looked at."""


async def giving(office: Office, caller: Caller, wish: Wish) -> Change:
    """What would change if the caller gave this grant. Raises what giving it would."""
    at = office.clock.now()
    async with office.store.read() as conn:
        wish, _ = await judged(conn, caller, wish, at)
        grant = grant_of("simulated", caller, wish, at)
        return await _change(conn, caller, grant, at, gives=True)


async def revoking(office: Office, caller: Caller, grant_id: str) -> Change:
    """What would change if the caller revoked this grant. Raises ``NotFound`` or ``Forbidden``."""
    at = office.clock.now()
    async with office.store.read() as conn:
        record = await grants.get(conn, grant_id)
        held = await grants.for_operator(conn, caller.operator, at)
        pointing = await Pointing.read(conn, [] if record is None else [record.grant])
        if record is None or not pointing.may_share(caller.operator, held, record.grant, at):
            raise NotFound("grant")
        if record.policy:
            raise Forbidden(STANDS)
        return await _change(conn, caller, record.grant, at, gives=False)


async def _change(conn: AsyncConnection, caller: Caller, grant: Grant, at: datetime, *, gives: bool) -> Change:
    at = opens(grant, at) or at  # a grant by the hour, or from tomorrow on, changes something only then
    own = await reach(conn, caller.operator, Action.DIRECTORY, at)
    about = await _about(conn, grant)
    page = await camera_lists.page_within(conn, and_(own.condition(), about.condition()), limit=MAX_CAMERAS)
    found = [item.camera for item in page.items]
    accounts = [account.operator for account in await operators.every(conn)]
    reached = [one for one in accounts if one.usable(at) and given_to(grant, one)]
    theirs = [(one, await grants.for_operator(conn, one, at)) for one in reached[:MAX_PEOPLE]]
    # pure arithmetic on thousands of pairs: not on the loop that carries pictures
    touched = await asyncio.to_thread(_compared, theirs, found, grant, at, gives)
    changed = [one for one in touched if one.gained or one.lost]
    return Change(
        changed,
        len(touched) - len(changed),
        [NamedCamera(one.id, one.name_zh, one.name_en) for one in found],
        page.next is not None or len(reached) > MAX_PEOPLE,
    )


async def _about(conn: AsyncConnection, grant: Grant) -> Reach:
    """The cameras the grant points at."""
    targets = {(grant.target_kind, grant.target_id)}
    if grant.target_below:
        lower = await organisations.under(conn, [grant.target_id])
        targets |= {(grant.target_kind, name) for name in lower[grant.target_id]}
    return Reach(frozenset(targets), frozenset(), conn.dialect.name)


def _compared(
    theirs: Sequence[tuple[Operator, Held]], found: Sequence[Camera], grant: Grant, at: datetime, gives: bool
) -> list[Touched]:
    """For each person, what is allowed with the grant and without it."""
    known: dict[tuple[object, ...], tuple[dict[Action, int], dict[Action, int], list[str]]] = {}
    touched = []
    for someone, held in theirs:
        rest = [one for one in held if one.id != grant.id]
        # people with the same grants and the same ceiling are touched alike
        alike = (someone.ceiling, tuple(one.id for one in rest), someone.organisation_id, someone.above)
        if alike not in known:
            without, with_it = Held(rest), Held([*rest, grant])
            before, after = (without, with_it) if gives else (with_it, without)
            known[alike] = _difference(someone, found, before, after, grant, at)
        touched.append(Touched(someone.id, someone.name, someone.organisation_id, *known[alike]))
    return touched


def _difference(
    someone: Operator, found: Sequence[Camera], before: Held, after: Held, grant: Grant, at: datetime
) -> tuple[dict[Action, int], dict[Action, int], list[str]]:
    gained: dict[Action, int] = {}
    lost: dict[Action, int] = {}
    changed: list[str] = []
    for camera in found:
        different = False
        for action in grant.actions & someone.ceiling:
            was = permits(someone, action, camera.facts, before, at).allowed
            will = permits(someone, action, camera.facts, after, at).allowed
            if was != will:
                counts = gained if will else lost
                counts[action] = counts.get(action, 0) + 1
                different = True
        if different:
            changed.append(camera.id)
    return gained, lost, changed
