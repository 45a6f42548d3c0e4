"""An operator's reach for one action, the SQL twin of ``domain.grants.permits``: the targets of the grants that are
open, read once, then a condition on ``tables.cameras``. Knowing the targets lets a list read an index in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, false, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import Effect, Held, TargetKind, open_at
from gateway.domain.operators import Operator
from gateway.storage.grants import given_to, hours_from, in_force
from gateway.storage.organisations import under
from gateway.storage.tables import grant_actions, grants
from gateway.storage.targets import one, some

Target = tuple[TargetKind, str]

EVERYTHING: Target = (TargetKind.ALL, "")


@dataclass(frozen=True, slots=True)
class Reach:
    """What an operator's grants allow and deny for one action at one time. ``dialect`` is the database's."""

    allowed: frozenset[Target]
    denied: frozenset[Target]
    dialect: str

    @property
    def nothing(self) -> bool:
        """True if no camera can be within reach."""
        return not self.allowed or EVERYTHING in self.denied

    @property
    def everything(self) -> bool:
        """True if every camera is within reach but for what is denied."""
        return EVERYTHING in self.allowed

    def condition(self) -> ColumnElement[bool]:
        """A condition on ``tables.cameras``; every subquery in it stands alone, so that a database runs each once."""
        if self.nothing:
            return false()
        allowed = true() if self.everything else or_(*self._conditions(self.allowed))
        return and_(allowed, *(not_(way) for way in self.denied_ways()))

    def ways(self) -> list[ColumnElement[bool]]:
        """Conditions of which one must hold; each can use one index."""
        named = {(kind, name) for kind, name in self.allowed if kind is TargetKind.CAMERA}
        rest = self.allowed - named - {EVERYTHING}
        return [*(one(kind, name) for kind, name in sorted(rest)), *self._conditions(named)]

    def denied_ways(self) -> list[ColumnElement[bool]]:
        """Conditions of which none may hold."""
        return self._conditions(self.denied)

    def _conditions(self, targets: Iterable[Target]) -> list[ColumnElement[bool]]:
        grouped: dict[TargetKind, list[str]] = defaultdict(list)
        for kind, name in targets:
            if kind is not TargetKind.ALL:
                grouped[kind].append(name)
        return [some(kind, names, self.dialect) for kind, names in sorted(grouped.items())]


async def reach(
    connection: AsyncConnection, operator: Operator, action: Action, at: datetime, purpose: str | None = None
) -> Reach:
    """The operator's reach for the action at that time, for the purpose (None: for any)."""
    if not may_ever(operator, action, at):
        return Reach(frozenset(), frozenset(), connection.dialect.name)
    rows = (await connection.execute(_applying(operator, action, at))).mappings()
    return await _spread(
        connection,
        (
            (Effect(row["effect"]), TargetKind(row["target_kind"]), row["target_id"], row["target_below"])
            for row in rows
            if _holds(row, at, purpose)
        ),
    )


async def reach_by(connection: AsyncConnection, operator: Operator, action: Action, at: datetime, held: Held) -> Reach:
    """The operator's reach for any purpose by grants that were read before (``storage.grants.for_operator``)."""
    if not may_ever(operator, action, at):
        return Reach(frozenset(), frozenset(), connection.dialect.name)
    return await _spread(
        connection,
        (
            (grant.effect, grant.target_kind, grant.target_id, grant.target_below)
            for grant in held
            if action in grant.actions and open_at(grant, at)
        ),
    )


async def _spread(connection: AsyncConnection, targets: Iterable[tuple[Effect, TargetKind, str, bool]]) -> Reach:
    """What the targets of open grants allow and deny, with what lies below them where they say so."""
    found: dict[Effect, set[Target]] = {effect: set() for effect in Effect}
    below: list[tuple[Effect, TargetKind, str]] = []
    for effect, kind, name, also_below in targets:
        found[effect].add((kind, name))
        if also_below and kind in (TargetKind.OWNED_BY, TargetKind.MAINTAINED_BY):
            below.append((effect, kind, name))
    if below:
        lines = await under(connection, {name for _, _, name in below})
        for effect, kind, name in below:
            found[effect].update((kind, lower) for lower in lines[name])
    return Reach(frozenset(found[Effect.ALLOW]), frozenset(found[Effect.DENY]), connection.dialect.name)


def may_ever(operator: Operator, action: Action, at: datetime) -> bool:
    """False if no grant could help: the account is not usable or no role of the operator includes the action."""
    return operator.usable(at) and action in operator.ceiling


def _applying(operator: Operator, action: Action, at: datetime) -> Select[Any]:
    """The targets of the grants in force that speak to the operator of the action."""
    columns = (grants.c.effect, grants.c.target_kind, grants.c.target_id, grants.c.target_below)
    # A join, not the JSON column: both databases then use the index on grant_actions.
    return (
        select(*columns, grants.c.purposes, grants.c.hours)
        .join(grant_actions, grant_actions.c.grant_id == grants.c.id)
        .where(grant_actions.c.action == action.value, given_to(operator), in_force(at))
    )


def _holds(row: RowMapping, at: datetime, purpose: str | None) -> bool:
    if purpose is not None and row["purposes"] is not None and purpose not in row["purposes"]:
        return False
    hours = hours_from(row["hours"])
    return hours is None or hours.hold(at)
