"""Knowing: which of the things that changed each of many operators may know of, decided for all of them in one reading.

A change is told to every open console. Asking the database for each would cost more than everything else that a
thousand consoles do, so cameras and candidates are decided in memory by ``permits``, once for all operators to whom
the same grants speak, and an operator's grants are read again only when the permission epoch has moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import CameraFacts, Held, permits
from gateway.domain.messages import Topic
from gateway.domain.operators import Operator
from gateway.services import export_views
from gateway.storage import cameras, candidates, epochs, grants
from gateway.storage import notices as notice_rows
from gateway.storage import tickets as ticket_rows
from gateway.storage.tables import notices, tickets
from gateway.storage.upserting import chunks

Changed = Mapping[Topic, Sequence[str]]
"""Ids by topic."""

_ASKED = {Topic.CAMERAS: Action.DIRECTORY, Topic.CANDIDATES: Action.SEE_EVENTS}
"""What one must be allowed with a camera to hear of it, and of a candidate on it."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An operator's grants as they were at an epoch. ``alike`` is the same for all whom the same decision awaits."""

    epoch: int
    operator: Operator
    above: frozenset[str]
    held: Held
    alike: tuple[object, ...]


class Knowing:
    """Decides who may know what. Grants are kept for those who listen (``forget_all_but``)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, frozenset[Action] | None], _Kept] = {}

    def forget_all_but(self, operators: Collection[str]) -> None:
        """Drops the grants of everybody else."""
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] in operators}

    async def of(
        self, conn: AsyncConnection, asking: Sequence[tuple[Operator, Changed]], at: datetime
    ) -> list[Changed]:
        """For each operator, in their order, those of the ids that he or she may know of; grants are never named."""
        epoch = await epochs.get(conn, epochs.PERMISSION)
        places = await _places(conn, [changed for _, changed in asking])
        decided: dict[tuple[object, ...], bool] = {}
        found: list[Changed] = []
        for operator, changed in asking:
            known: dict[Topic, Sequence[str]] = {}
            for topic, ids in changed.items():
                if topic in _ASKED and ids:
                    kept = await self._grants(conn, operator, epoch, at)
                    known[topic] = [one for one in ids if _knows(kept, topic, places[topic].get(one), at, decided)]
                elif ids:
                    known[topic] = await _asked_for(conn, operator, topic, ids, at)
            found.append(known)
            await asyncio.sleep(0)  # who asks for a list meanwhile is answered in between
        return found

    async def _grants(self, conn: AsyncConnection, operator: Operator, epoch: int, at: datetime) -> _Kept:
        key = (operator.id, operator.scopes)
        kept = self._kept.get(key)
        if kept is None or (kept.epoch, kept.operator, kept.above) != (epoch, operator, operator.above):
            held = await grants.for_operator(conn, operator, at)
            alike = (tuple(grant.id for grant in held), operator.ceiling)
            kept = self._kept[key] = _Kept(epoch, operator, operator.above, held, alike)
        return kept


async def _places(conn: AsyncConnection, asked: Sequence[Changed]) -> dict[Topic, dict[str, CameraFacts]]:
    """The cameras that the ids stand for, by topic and id."""
    wanted = {topic: {one for changed in asked for one in changed.get(topic, ())} for topic in _ASKED}
    places = await candidates.places(conn, wanted[Topic.CANDIDATES])
    facts = {
        name: camera.facts
        for name, camera in (await cameras.many(conn, wanted[Topic.CAMERAS] | set(places.values()))).items()
    }
    return {
        Topic.CAMERAS: facts,
        Topic.CANDIDATES: {one: facts[camera_id] for one, camera_id in places.items() if camera_id in facts},
    }


def _knows(
    kept: _Kept, topic: Topic, camera: CameraFacts | None, at: datetime, decided: dict[tuple[object, ...], bool]
) -> bool:
    if camera is None:
        return False
    key = (kept.alike, topic, camera.id)
    if key not in decided:
        decided[key] = permits(kept.operator, _ASKED[topic], camera, kept.held, at).allowed
    return decided[key]


async def _asked_for(
    conn: AsyncConnection, operator: Operator, topic: Topic, ids: Sequence[str], at: datetime
) -> list[str]:
    """Tickets, exports and notices change seldom and belong to few: the database decides."""
    scope: ColumnElement[bool]
    match topic:
        case Topic.TICKETS:
            column, scope = tickets.c.id, await ticket_rows.visible(conn, operator, at)
        case Topic.EXPORTS:
            return await export_views.known(conn, operator, ids, at)
        case Topic.NOTICES:
            column, scope = notices.c.id, notice_rows.readable(operator)
        case _:
            return []
    found: list[str] = []
    for chunk in chunks(ids):
        found += (await conn.scalars(select(column).where(column.in_(chunk), scope))).all()
    return found
