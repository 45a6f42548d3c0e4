"""Emergency mode: proposed by one person, approved by another, told to every owner at once, renewed, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.emergencies import (
    LONGEST,
    PROPOSED_FOR,
    SCOPES,
    WIDENED,
    Emergency,
    EmergencyState,
    Widened,
    why_not_approve,
    why_not_renew,
)
from gateway.domain.grants import TargetKind
from gateway.domain.messages import Topic
from gateway.domain.notices import Recipient, to_operator, to_organisation
from gateway.services import emergency_grants, notifying, second_factor
from gateway.services.emergency_views import EmergencyView, holds, knows, views_of
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.office import SYSTEM, Caller, Office
from gateway.storage import emergencies, operators, organisations, places
from gateway.storage.emergencies import EmergencyStep

TEXT_MAX = 500
NAME_MAX = 128


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposes: the incident, why, where, for whom, what, and for how long."""

    name: str
    reason: str
    scope_kind: TargetKind
    scope_id: str
    widened: tuple[Widened, ...]
    actions: frozenset[Action]
    lasts: timedelta


async def propose(office: Office, caller: Caller, wish: Proposal) -> EmergencyView:
    """Proposes an emergency; nothing is widened before somebody else approves. Raises ``Forbidden`` or ``Invalid``."""
    at = office.clock.now()
    _check(wish)
    async with office.store.begin() as conn:
        await _check_scope(conn, wish)
        item = Emergency(
            id=office.new_id(),
            name=wish.name.strip(),
            reason=wish.reason.strip(),
            state=EmergencyState.PROPOSED,
            scope_kind=wish.scope_kind,
            scope_id=wish.scope_id,
            widened=wish.widened,
            actions=wish.actions | {Action.DIRECTORY, Action.LIST},
            lasts=wish.lasts,
            proposed_by=caller.operator.id,
            proposed_at=at,
        )
        await _check_right(conn, caller, item, at)
        await emergencies.insert(conn, item)
        await _step(office, conn, item, "propose", caller.operator.id, None, item.reason, at)
        people = [to_operator(one) for one in await _approvers(conn, item, at)]
        until = (at + PROPOSED_FOR).isoformat()
        told = await notifying.tell(conn, at, people, "emergency_proposed", ("emergency", item.id), until=until)
        view = (await views_of(conn, caller, [item], at))[0]
    await notifying.ring_for(office, told)
    return view


async def approve(office: Office, caller: Caller, emergency_id: str) -> EmergencyView:
    """Begins a proposed emergency and tells every owner in its scope.

    Nothing else opens so many cameras at once, so a second factor has to be proved lately. Raises ``NotFound``,
    ``Forbidden``, ``Conflict`` or ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        item = await _known(conn, caller, emergency_id, at)
        await _check_right(conn, caller, item, at)
        _refuse_if(why_not_approve(item, caller.operator.id, at), item.state is not EmergencyState.PROPOSED)
        ends = at + item.lasts
        after = replace(
            item,
            state=EmergencyState.RUNNING,
            approvers=(caller.operator.id,),
            began_at=at,
            ends_at=ends,
            version=item.version + 1,
        )
        await emergencies.save(conn, after)
        given = await emergency_grants.give(office, conn, caller, after, at, ends)
        await _step(office, conn, after, "approve", caller.operator.id, ends, "", at)
        told = await _tell_owners(conn, after, "emergency_began", at, until=ends.isoformat())
        view = (await views_of(conn, caller, [after], at))[0]
    await _rung(office, given, told)
    return view


async def refuse(office: Office, caller: Caller, emergency_id: str, reason: str) -> EmergencyView:
    """Refuses a proposal. Raises ``NotFound``, ``Forbidden``, ``Conflict`` or ``Invalid``."""
    at = office.clock.now()
    _check_text(reason, "reason")
    async with office.store.begin() as conn:
        item = await _known(conn, caller, emergency_id, at)
        await _check_right(conn, caller, item, at)
        _refuse_if(why_not_approve(item, caller.operator.id, at), item.state is not EmergencyState.PROPOSED)
        after = replace(item, state=EmergencyState.REFUSED, ended_at=at, version=item.version + 1)
        await emergencies.save(conn, after)
        await _step(office, conn, after, "refuse", caller.operator.id, None, reason.strip(), at)
        to = [to_operator(item.proposed_by)]
        told = await notifying.tell(conn, at, to, "emergency_refused", ("emergency", item.id))
        view = (await views_of(conn, caller, [after], at))[0]
    await notifying.ring_for(office, told)
    return view


async def renew(office: Office, caller: Caller, emergency_id: str, lasts: timedelta, reason: str) -> EmergencyView:
    """Puts off the end of a running emergency. Raises ``NotFound``, ``Forbidden``, ``Conflict`` or ``Invalid``.

    Twice at most, each time by somebody who neither proposed nor approved it before.
    """
    at = office.clock.now()
    _check_text(reason, "reason")
    _check_lasts(lasts)
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        item = await _known(conn, caller, emergency_id, at)
        await _check_right(conn, caller, item, at)
        _refuse_if(why_not_renew(item, caller.operator.id, at), item.state is not EmergencyState.RUNNING)
        assert item.ends_at is not None
        ends = item.ends_at + lasts
        approvers = (*item.approvers, caller.operator.id)
        after = replace(item, approvers=approvers, ends_at=ends, version=item.version + 1)
        await emergencies.save(conn, after)
        given = await emergency_grants.give(office, conn, caller, after, item.ends_at, ends)
        await _step(office, conn, after, "renew", caller.operator.id, ends, reason.strip(), at)
        key = f"renewal {after.renewals}"
        told = await _tell_owners(conn, after, "emergency_renewed", at, key=key, until=ends.isoformat())
        view = (await views_of(conn, caller, [after], at))[0]
    await _rung(office, given, told)
    return view


async def end(office: Office, caller: Caller, emergency_id: str, reason: str) -> EmergencyView:
    """Ends a running emergency before its time. Raises ``NotFound``, ``Forbidden``, ``Conflict`` or ``Invalid``."""
    at = office.clock.now()
    _check_text(reason, "reason")
    async with office.store.begin() as conn:
        item = await _known(conn, caller, emergency_id, at)
        await _check_right(conn, caller, item, at)
        if item.state is not EmergencyState.RUNNING:
            raise Conflict("this emergency is not running")
        ended = await emergency_grants.take_back(office, conn, item, caller.operator.id, reason.strip(), at)
        after, told = await _over(office, conn, item, caller.operator.id, reason.strip(), at)
        view = (await views_of(conn, caller, [after], at))[0]
    await _rung(office, ended, told)
    return view


async def settle(office: Office, at: datetime) -> None:
    """A sweep: emergencies whose time is over say so and tell every owner; proposals that nobody approved lapse.

    The grants have ended by themselves, and with them every picture.
    """
    async with office.store.read() as conn:
        over = [i for i in await emergencies.in_state(conn, EmergencyState.RUNNING) if i.ends_at and i.ends_at <= at]
        open_ = await emergencies.in_state(conn, EmergencyState.PROPOSED)
    for item in over:
        async with office.store.begin() as conn:
            now = await emergencies.get(conn, item.id)
            if now is None or now.version != item.version:
                continue
            _, told = await _over(office, conn, item, SYSTEM, "", item.ends_at or at)
        await notifying.ring_for(office, told)
        await office.ring(Topic.GRANTS)
    for item in open_:
        if at < item.proposed_at + PROPOSED_FOR:
            continue
        async with office.store.begin() as conn:
            now = await emergencies.get(conn, item.id)
            if now is None or now.version != item.version:
                continue
            after = replace(item, state=EmergencyState.LAPSED, ended_at=at, version=item.version + 1)
            await emergencies.save(conn, after)
            await _step(office, conn, after, "lapse", SYSTEM, None, "", at)


async def _over(
    office: Office, conn: AsyncConnection, item: Emergency, who: str, reason: str, at: datetime
) -> tuple[Emergency, tuple[str, ...]]:
    after = replace(item, state=EmergencyState.ENDED, ended_at=at, version=item.version + 1)
    await emergencies.save(conn, after)
    await _step(office, conn, after, "end", who, None, reason, office.clock.now())
    return after, await _tell_owners(conn, after, "emergency_ended", office.clock.now())


async def _tell_owners(
    conn: AsyncConnection, item: Emergency, kind: str, at: datetime, *, key: str = "", **detail: str
) -> tuple[str, ...]:
    owners = await emergencies.owners_within(conn, emergency_grants.within(conn, item))
    to: list[Recipient] = [to_organisation(owner) for owner in sorted(owners)]
    to += [to_operator(one) for one in {item.proposed_by, *item.approvers}]
    return await notifying.tell(conn, at, to, kind, ("emergency", item.id), key=key, name=item.name, **detail)


async def _step(
    office: Office,
    conn: AsyncConnection,
    item: Emergency,
    kind: str,
    who: str,
    until: datetime | None,
    text: str,
    at: datetime,
) -> None:
    await emergencies.append(conn, EmergencyStep(office.new_id(), item.id, at, kind, who, until, text))
    await office.note(
        conn,
        at,
        who,
        f"{kind}_emergency",
        "emergency",
        item.id,
        scope=f"{item.scope_kind}:{item.scope_id}",
        until=None if until is None else until.isoformat(),
        typed={"name": item.name, "reason": text},
    )


async def _rung(office: Office, grant_ids: Sequence[str], told: tuple[str, ...]) -> None:
    await office.ring(Topic.PERMISSIONS, *grant_ids)
    await office.ring(Topic.GRANTS, *grant_ids)
    await notifying.ring_for(office, told)


async def _known(conn: AsyncConnection, caller: Caller, emergency_id: str, at: datetime) -> Emergency:
    item = await emergencies.get(conn, emergency_id)
    if item is None or Action.SHARE not in caller.operator.ceiling or not await knows(conn, caller, item, at):
        raise NotFound("emergency")
    return item


async def _check_right(conn: AsyncConnection, caller: Caller, item: Emergency, at: datetime) -> None:
    """Only who may share everything in the scope may widen it."""
    if not await holds(conn, caller, item, at):
        raise Forbidden("only who may share every camera in the scope may do this")


async def _approvers(conn: AsyncConnection, item: Emergency, at: datetime) -> list[str]:
    """The colleagues of whoever proposed it who could approve it."""
    proposer = await operators.get(conn, item.proposed_by)
    found = []
    for account in await operators.every(conn, None if proposer is None else proposer.organisation_id):
        one = account.operator
        able = Action.SHARE in one.ceiling and one.usable(at) and one.id != item.proposed_by
        if able and await holds(conn, Caller(one, "", None), item, at):
            found.append(one.id)
    return found


def _refuse_if(why: str | None, settled: bool) -> None:
    if why is not None:
        raise Conflict(why) if settled else Forbidden(why)


def _check(wish: Proposal) -> None:
    _check_text(wish.name, "name", NAME_MAX)
    _check_text(wish.reason, "reason")
    _check_lasts(wish.lasts)
    if wish.scope_kind not in SCOPES:
        raise Invalid("an emergency is for everything, a township or an area", field="scope_kind")
    if not wish.actions or not wish.actions <= WIDENED:
        raise Invalid("an emergency does not give this", field="actions", known=sorted(WIDENED))
    if not wish.widened:
        raise Invalid("name who may watch", field="widened")
    if any(not one.organisation_id and one.role is None for one in wish.widened):
        raise Invalid("name an organisation or a role", field="widened")


def _check_lasts(lasts: timedelta) -> None:
    if not timedelta(0) < lasts <= LONGEST:
        raise Invalid("an emergency lasts at most 12 hours", field="hours")


def _check_text(text: str, field: str, most: int = TEXT_MAX) -> None:
    if not text.strip() or len(text) > most:
        raise Invalid(f"1 to {most} characters are needed", field=field)


async def _check_scope(conn: AsyncConnection, wish: Proposal) -> None:
    if (wish.scope_kind is TargetKind.ALL) != (wish.scope_id == ""):
        raise Invalid("name the township or the area; everything has no name", field="scope_id")
    towns = {one.code for one in await places.every_township(conn)}
    if wish.scope_kind is TargetKind.LOCATED_IN and wish.scope_id not in towns:
        raise Invalid("this township is not known", field="scope_id")
    known = {one.id for one in await organisations.every(conn)}
    if any(one.organisation_id and one.organisation_id not in known for one in wish.widened):
        raise Invalid("this organisation is not known", field="widened")
