"""Who may decide about requests for an owner's cameras: whoever may share them, and who stands in for such a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import TargetKind
from gateway.domain.operators import Operator
from gateway.domain.organisations import lineages
from gateway.domain.requests import AccessRequest
from gateway.services.coverage import Target, covers
from gateway.services.office import Caller
from gateway.storage import delegations, grants, operators, organisations


@dataclass(frozen=True, slots=True)
class Right:
    """By whose right the caller decides; ``for_id`` is that person when the caller is the deputy."""

    holder: Operator
    for_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """For which owners the caller may decide, and by whose right."""

    caller: Operator
    by_owner: dict[str, tuple[Right, ...]]

    @property
    def owners(self) -> frozenset[str]:
        """The owners for whom the caller may decide."""
        return frozenset(self.by_owner)

    def over(self, request: AccessRequest, owner_id: str) -> Right | None:
        """By whose right the caller may decide the owner's part; None if by nobody's.

        Nobody decides what they asked for themselves, nor what their own organisation asked of another.
        """
        home = self.caller.organisation_id
        if self.caller.id == request.asker_id or (home == request.organisation_id and home != owner_id):
            return None
        return next((right for right in self.by_owner.get(owner_id, ()) if right.for_id != request.asker_id), None)


async def rights_of(conn: AsyncConnection, caller: Caller, at: datetime) -> Rights:
    """For whom the caller may decide now, by their own right first."""
    operator = caller.operator
    if Action.SHARE not in operator.ceiling:
        return Rights(operator, {})
    holders = [Right(operator)]
    stood_for = await delegations.standing_in(conn, operator.id, at)
    principals = await operators.many(conn, (item.principal_id for item in stood_for))
    for person in principals.values():
        if person.organisation_id == operator.organisation_id:
            holders.append(Right(person, person.id))
    lines = lineages(await organisations.every(conn))
    found: dict[str, tuple[Right, ...]] = {}
    for right in holders:
        for owner_id in await _shared(conn, right.holder, lines, at):
            found[owner_id] = (*found.get(owner_id, ()), right)
    return Rights(operator, found)


async def shares_own(conn: AsyncConnection, operator: Operator, at: datetime) -> bool:
    """True if the operator may share some owner's cameras by grants of their own."""
    if Action.SHARE not in operator.ceiling:
        return False
    return bool(await _shared(conn, operator, lineages(await organisations.every(conn)), at))


async def deciders(conn: AsyncConnection, owner_id: str, at: datetime) -> tuple[str, ...]:
    """The people of an organisation who may decide about its cameras, their deputies included."""
    lines = lineages(await organisations.every(conn))
    mine = {owner_id: lines.get(owner_id, (owner_id,))}
    people = {account.operator.id: account.operator for account in await operators.every(conn, owner_id)}
    able = {id for id, one in people.items() if Action.SHARE in one.ceiling and one.usable(at)}
    found = {id for id in able if await _shared(conn, people[id], mine, at)}
    deputies = await delegations.within(conn, owner_id, at)
    found |= {item.deputy_id for item in deputies if item.principal_id in found and item.deputy_id in able}
    return tuple(sorted(found))


async def _shared(
    conn: AsyncConnection, operator: Operator, lines: Mapping[str, tuple[str, ...]], at: datetime
) -> list[str]:
    """The owners among those of the lines whose cameras the operator may share."""
    held = await grants.for_operator(conn, operator, at)
    targets = {owner: Target(TargetKind.OWNED_BY, owner, above=frozenset(line[1:])) for owner, line in lines.items()}
    needed = (Action.SHARE, Action.DIRECTORY)
    return [id for id, target in targets.items() if all(covers(held, operator, one, target, at) for one in needed)]
