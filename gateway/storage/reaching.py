"""An operator's reach for one action: the few targets of the grants in force, read once, then used in the open.

``visibility.visible`` says the same inside one statement; knowing the targets lets a list read an index in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, not_, or_, true
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import Effect, TargetKind
from gateway.domain.operators import Operator
from gateway.storage.tables import cameras
from gateway.storage.visibility import TARGET_COLUMNS, applying, may_ever

Target = tuple[TargetKind, str]


@dataclass(frozen=True, slots=True)
class Reach:
    """What an operator's grants allow and deny for one action at one time."""

    allowed: frozenset[Target]
    denied: frozenset[Target]

    @property
    def nothing(self) -> bool:
        """True if no camera can be within reach."""
        return not self.allowed or (TargetKind.ALL, "") in self.denied

    @property
    def everything(self) -> bool:
        """True if every camera is within reach but for what is denied."""
        return (TargetKind.ALL, "") in self.allowed

    def condition(self) -> ColumnElement[bool]:
        """A condition on ``tables.cameras``."""
        if self.nothing:
            return false()
        allowed = true() if self.everything else or_(*self.ways())
        return and_(allowed, *(not_(way) for way in self.denied_ways()))

    def ways(self) -> list[ColumnElement[bool]]:
        """Conditions of which one must hold; each can use one index."""
        named = {(kind, name) for kind, name in self.allowed if kind is TargetKind.CAMERA}
        rest = self.allowed - named - {(TargetKind.ALL, "")}
        return [*(TARGET_COLUMNS[kind] == name for kind, name in sorted(rest)), *_conditions(named)]

    def denied_ways(self) -> list[ColumnElement[bool]]:
        """Conditions of which none may hold."""
        return _conditions(self.denied)


async def reach(connection: AsyncConnection, operator: Operator, action: Action, at: datetime) -> Reach:
    """The operator's reach for the action at that time."""
    if not may_ever(operator, action, at):
        return Reach(frozenset(), frozenset())
    found: dict[Effect, frozenset[Target]] = {}
    for effect in Effect:
        rows = await connection.execute(applying(operator, action, at, effect))
        found[effect] = frozenset((TargetKind(kind), name) for kind, name in rows)
    return Reach(found[Effect.ALLOW], found[Effect.DENY])


def _conditions(targets: Iterable[Target]) -> list[ColumnElement[bool]]:
    grouped: dict[TargetKind, list[str]] = defaultdict(list)
    for kind, name in targets:
        if kind is not TargetKind.ALL:
            grouped[kind].append(name)
    conditions: list[ColumnElement[bool]] = []
    for kind, names in sorted(grouped.items()):
        column = TARGET_COLUMNS[kind]
        condition = column.in_(sorted(names))
        # A stand-alone camera's recorder is NULL: its comparison must be false, not unknown.
        conditions.append(and_(column.is_not(None), condition) if column is cameras.c.recorder_id else condition)
    return conditions
