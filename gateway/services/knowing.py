"""Knowing: which of the things that changed each of many operators may know of, decided for all of them in one reading.

A change is told to every open console. Asking the database for each would cost more than everything else that a
thousand consoles do, so cameras and candidates are decided in memory by ``permits``, once for all operators to whom
the same grants speak, and an operator's grants are read again only when the permission epoch has moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import CameraFacts, permits
from gateway.domain.messages import Topic
from gateway.domain.operators import Operator
from gateway.services import export_views
from gateway.storage import candidates, epochs
from gateway.storage import notices as notice_rows
from gateway.storage import tickets as ticket_rows
from gateway.storage.kept_grants import Kept
from gateway.storage.store import Store
from gateway.storage.tables import notices, tickets
from gateway.storage.upserting import chunks

Changed = Mapping[Topic, Sequence[str]]
"""Ids by topic."""

_ASKED = {Topic.CAMERAS: Action.DIRECTORY, Topic.CANDIDATES: Action.SEE_EVENTS}
"""What one must be allowed with a camera to hear of it, and of a candidate on it."""


async def known_of(
    conn: AsyncConnection, store: Store, asking: Sequence[tuple[Operator, Changed]], at: datetime
) -> list[Changed]:
    """For each operator, in their order, those of the ids that he or she may know of; grants are never named.

    The operators' accounts must be usable at that time: their dates are not part of what is decided for several.
    """
    under = await epochs.catalogue(conn)
    places = await _places(conn, store, under, [changed for _, changed in asking])
    decided: dict[tuple[object, ...], bool] = {}
    found: list[Changed] = []
    for operator, changed in asking:
        known: dict[Topic, Sequence[str]] = {}
        for topic, ids in changed.items():
            if topic in _ASKED and ids:
                kept = await store.grants.at_epoch(conn, under.permission, operator, at)
                known[topic] = [one for one in ids if _knows(kept, topic, places[topic].get(one), at, decided)]
            elif ids:
                known[topic] = await _asked_for(conn, operator, topic, ids, at)
        found.append(known)
        await asyncio.sleep(0)  # who asks for a list meanwhile is answered in between
    return found


async def _places(
    conn: AsyncConnection, store: Store, under: epochs.Catalogue, asked: Sequence[Changed]
) -> dict[Topic, dict[str, CameraFacts]]:
    """The cameras that the ids stand for, by topic and id."""
    wanted = {topic: {one for changed in asked for one in changed.get(topic, ())} for topic in _ASKED}
    places = await candidates.places(conn, wanted[Topic.CANDIDATES])
    listed = await store.cameras.of(conn, under, wanted[Topic.CAMERAS] | set(places.values()))
    facts = {name: one.camera.facts for name, one in listed.items()}
    return {
        Topic.CAMERAS: facts,
        Topic.CANDIDATES: {one: facts[camera_id] for one, camera_id in places.items() if camera_id in facts},
    }


def _knows(
    kept: Kept, topic: Topic, camera: CameraFacts | None, at: datetime, decided: dict[tuple[object, ...], bool]
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
