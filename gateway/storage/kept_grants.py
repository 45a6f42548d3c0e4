"""Grants as they were read last, kept until the permission epoch moves: people look more often than they are given."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import Held
from gateway.domain.operators import Operator
from gateway.storage import epochs, grants

MOST = 2_000
"""Operators whose grants are kept; of more, those who asked longest ago are forgotten."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An operator's grants as they were at an epoch. ``alike`` is equal for all whom the same decisions await."""

    epoch: int
    operator: Operator
    above: frozenset[str]
    held: Held
    alike: tuple[tuple[str, ...], frozenset[Action]]


class KeptGrants:
    """The grants of those who asked of late. Every change of a grant bumps the epoch in its own transaction, so what is
    kept is what the connection would read; ``permits`` minds beginnings and ends, and the operator is compared.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, frozenset[Action] | None], Kept] = OrderedDict()

    async def of(self, connection: AsyncConnection, operator: Operator, at: datetime) -> Kept:
        """The grants that speak to the operator and were not over when they were read."""
        return await self.at_epoch(connection, await epochs.get(connection, epochs.PERMISSION), operator, at)

    def known(self, epoch: int, operator: Operator) -> Kept | None:
        """What is kept of the operator's grants, if it was read at that epoch."""
        kept = self._kept.get((operator.id, operator.scopes))
        return kept if kept is not None and _still(kept, epoch, operator) else None

    async def at_epoch(self, connection: AsyncConnection, epoch: int, operator: Operator, at: datetime) -> Kept:
        """The same for an epoch that was read by the same connection in the same transaction."""
        key = (operator.id, operator.scopes)
        kept = self.known(epoch, operator)
        if kept is None:
            held = await grants.for_operator(connection, operator, at)
            alike = (tuple(grant.id for grant in held), operator.ceiling)
            kept = self._kept[key] = Kept(epoch, operator, operator.above, held, alike)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept


def _still(kept: Kept, epoch: int, operator: Operator) -> bool:
    return (kept.epoch, kept.operator, kept.above) == (epoch, operator, operator.above)
