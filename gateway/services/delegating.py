"""Delegating: a decider who will be away names somebody of the same organisation who decides meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.delegations import LONGEST, Delegation
from gateway.domain.notices import to_operator
from gateway.services import notifying, second_factor
from gateway.services.deciding_rights import shares_own
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.storage import delegations, operators

REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class DelegationView:
    """A delegation with the names of both people."""

    id: str
    principal_id: str
    principal_name: str
    deputy_id: str
    deputy_name: str
    not_before: datetime
    not_after: datetime
    reason: str
    created_at: datetime
    ended_at: datetime | None
    active: bool
    may_end: bool


async def name_deputy(
    office: Office, caller: Caller, deputy_id: str, not_before: datetime | None, not_after: datetime, reason: str
) -> DelegationView:
    """Names a deputy for the caller. Raises ``Forbidden``, ``Invalid`` or ``SecondFactorNeeded``.

    Only who may share by grants of their own can name one: what a deputy decides by is not theirs to hand on.
    """
    at = office.clock.now()
    begins = max(at, not_before or at)
    if not reason.strip() or len(reason) > REASON_MAX:
        raise Invalid(f"a reason of at most {REASON_MAX} characters is needed", field="reason")
    if not begins < not_after <= begins + LONGEST:
        raise Invalid(f"a delegation lasts at most {LONGEST.days} days", field="not_after")
    async with office.store.begin() as conn:
        await second_factor.require(office, caller, conn)
        if not await shares_own(conn, caller.operator, at):
            raise Forbidden("you have nothing to decide about that a deputy could decide")
        deputy = await operators.get(conn, deputy_id)
        if (
            deputy is None
            or deputy.id == caller.operator.id
            or not deputy.usable(at)
            or deputy.organisation_id != caller.operator.organisation_id
            or Action.SHARE not in deputy.ceiling
        ):
            raise Invalid("this person of your organisation cannot stand in for you", field="deputy_id")
        item = Delegation(
            office.new_id(),
            caller.operator.organisation_id,
            caller.operator.id,
            deputy.id,
            begins,
            not_after,
            reason.strip(),
            at,
        )
        await delegations.insert(conn, item)
        who, typed = caller.operator.id, {"reason": item.reason}
        until = not_after.isoformat()
        await office.note(
            conn, at, who, "name_deputy", "delegation", item.id, deputy=deputy.id, until=until, typed=typed
        )
        about = ("delegation", item.id)
        told = await notifying.tell(conn, at, [to_operator(deputy.id)], "deputy_named", about, until=until)
        view = (await _views(conn, caller, [item], at))[0]
    await notifying.ring_for(office, told)
    return view


async def end(office: Office, caller: Caller, delegation_id: str) -> DelegationView:
    """Ends a delegation before its time: for either of the two. Raises ``NotFound`` or ``Conflict``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        item = await delegations.get(conn, delegation_id)
        if item is None or caller.operator.id not in (item.principal_id, item.deputy_id):
            raise NotFound("delegation")
        if not await delegations.end(conn, item.id, at):
            raise Conflict("this delegation is over")
        await office.note(conn, at, caller.operator.id, "end_delegation", "delegation", item.id)
        after = await delegations.get(conn, item.id)
        assert after is not None
        return (await _views(conn, caller, [after], at))[0]


async def listed(office: Office, caller: Caller) -> list[DelegationView]:
    """The delegations of the caller's organisation that concern the caller, or all for who may decide there."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await delegations.of_organisation(conn, caller.operator.organisation_id)
        if Action.SHARE not in caller.operator.ceiling:
            found = []
        return await _views(conn, caller, found, at)


async def _views(
    conn: AsyncConnection, caller: Caller, found: Sequence[Delegation], at: datetime
) -> list[DelegationView]:
    names = await operators.names(conn, {id for item in found for id in (item.principal_id, item.deputy_id)})
    return [
        DelegationView(
            id=item.id,
            principal_id=item.principal_id,
            principal_name=names.get(item.principal_id, ""),
            deputy_id=item.deputy_id,
            deputy_name=names.get(item.deputy_id, ""),
            not_before=item.not_before,
            not_after=item.not_after,
            reason=item.reason,
            created_at=item.created_at,
            ended_at=item.ended_at,
            active=item.holds(at),
            may_end=item.ended_at is None
            and at < item.not_after
            and caller.operator.id in (item.principal_id, item.deputy_id),
        )
        for item in found
    ]
