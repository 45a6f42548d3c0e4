"""Taking events in: a batch, exactly once, with the candidates that new ones make, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.events import CandidateState, Event
from gateway.storage.tables import Moment, cameras, candidates, events
from gateway.storage.upserting import chunks, insert

STALE = timedelta(minutes=10)
"""An open event not heard of for so long was left behind by a dead worker: it is closed, not extended."""


Key = tuple[str, str]
"""A camera and a rule."""


@dataclass(frozen=True, slots=True)
class Running:
    """An open event that a new one may turn out to continue."""

    id: str
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch means: who continues whom, how far each event reaches, which end when, which were left behind."""

    parents: dict[str, str]
    reach: dict[str, datetime]
    ends: dict[str, datetime]
    stale: set[str]


@dataclass(frozen=True, slots=True)
class NewCandidate:
    """A candidate that the batch made. ``fault`` ones become maintenance tickets without confirmation."""

    id: str
    event_id: str
    camera_id: str
    township_code: str
    fault: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a batch did. Everything in it may be acknowledged once the transaction is committed.

    ``changed`` are known events that were extended or closed; ``unknown`` ids are events of cameras that are gone.
    ``ended`` are the reports that closed what was open until then, one for each event (what extends it ends with it).
    """

    candidates: tuple[NewCandidate, ...]
    fresh: tuple[str, ...]
    changed: tuple[str, ...]
    unknown: tuple[str, ...]
    ended: tuple[Event, ...] = ()


async def accept(
    connection: AsyncConnection, batch: Sequence[Event], worker_id: str, at: datetime, new_id: Callable[[], str]
) -> Accepted:
    """Takes in a batch of reports, in their order; reports seen before change nothing.

    A new event whose camera and rule have an open event extends that one (``extends_id``) and makes no candidate. An
    event that was cut short stays open for that: whoever watches next sees whether it goes on. ``close_silent`` closes
    what nobody took up.
    """
    townships = await _lock_cameras(connection, batch)
    unknown = tuple(dict.fromkeys(item.id for item in batch if item.camera_id not in townships))
    known = [item for item in batch if item.camera_id in townships]
    there = await _existing(connection, known)
    births = _births(known, there)
    plan = _follow(known, there, await _open(connection, births.values()))
    if births:
        rows = [_row(item, plan.parents.get(item.id), worker_id, at) for item in births.values()]
        await connection.execute(insert(connection, events).on_conflict_do_nothing(index_elements=["id"]), rows)
    ended = await _ended(connection, known, plan)
    await _advance(connection, plan)
    new = [
        NewCandidate(new_id(), item.id, item.camera_id, townships[item.camera_id], item.fault)
        for item in births.values()
        if item.id not in plan.parents
    ]
    await _add_candidates(connection, new, births, at)
    changed = tuple(dict.fromkeys(item.id for item in known if item.id in there))
    return Accepted(tuple(new), tuple(births), changed, unknown, ended)


async def _lock_cameras(connection: AsyncConnection, batch: Sequence[Event]) -> dict[str, str]:
    """Townships of the cameras that exist, by id. Their rows stay locked, so that two gateways take turns."""
    found: dict[str, str] = {}
    for chunk in chunks(sorted({item.camera_id for item in batch})):
        statement = select(cameras.c.id, cameras.c.township_code).where(cameras.c.id.in_(chunk)).order_by(cameras.c.id)
        rows = await connection.execute(statement.with_for_update(key_share=True))
        found |= {row.id: row.township_code for row in rows}
    return found


async def _existing(connection: AsyncConnection, batch: Sequence[Event]) -> dict[str, str | None]:
    """Which of the events are there already, each with the event it extends."""
    found: dict[str, str | None] = {}
    for chunk in chunks(dict.fromkeys(item.id for item in batch)):
        rows = await connection.execute(select(events.c.id, events.c.extends_id).where(events.c.id.in_(chunk)))
        found |= {row.id: row.extends_id for row in rows}
    return found


async def _open(connection: AsyncConnection, births: Iterable[Event]) -> dict[Key, Running]:
    """The open events of the cameras that have new ones, by camera and rule; what only continues is left out."""
    found: dict[Key, Running] = {}
    for chunk in chunks(dict.fromkeys(item.camera_id for item in births)):
        statement = (
            select(events.c.id, events.c.camera_id, events.c.rule_id, events.c.last_at)
            .where(events.c.camera_id.in_(chunk), events.c.state == "open", events.c.extends_id.is_(None))
            .order_by(events.c.opened_at, events.c.id)
        )
        for row in await connection.execute(statement):
            found[row.camera_id, row.rule_id] = Running(row.id, row.last_at)
    return found


def _births(known: Iterable[Event], there: Container[str]) -> dict[str, Event]:
    births: dict[str, Event] = {}
    for item in known:
        if item.id not in there:
            births.setdefault(item.id, item)
    return births


def _follow(known: Iterable[Event], there: Mapping[str, str | None], running: dict[Key, Running]) -> Plan:
    """Walks the reports in their order: what extends what, how far each event reaches, which end."""
    plan = Plan({event_id: root for event_id, root in there.items() if root is not None}, {}, {}, set())
    seen = set(there)
    for item in known:
        key = (item.camera_id, item.rule_id)
        opened, last = moment(item.opened_at), moment(item.last_at)
        if item.id not in seen:
            seen.add(item.id)
            parent = running.get(key)
            if parent is not None and opened - parent.last_at <= STALE:
                plan.parents[item.id] = parent.id
            else:
                if parent is not None:
                    plan.stale.add(parent.id)
                running[key] = Running(item.id, last)
        root = plan.parents.get(item.id, item.id)
        for event_id in {item.id, root}:
            plan.reach[event_id] = max(last, plan.reach.get(event_id, last))
            if item.ended:
                plan.ends[event_id] = max(last, plan.ends.get(event_id, last))
        current = running.get(key)
        if current is not None and current.id == root:
            if item.ended:
                del running[key]
            else:
                running[key] = Running(root, max(last, current.last_at))
    return plan


async def _ended(connection: AsyncConnection, known: Iterable[Event], plan: Plan) -> tuple[Event, ...]:
    """The reports that close what is still open; asked before it is closed, so that one sent again closes nothing."""
    still_open: set[str] = set()
    for chunk in chunks(sorted(plan.ends)):
        statement = select(events.c.id).where(events.c.id.in_(chunk), events.c.state == "open")
        still_open |= set((await connection.scalars(statement)).all())
    found: dict[str, Event] = {}
    for item in known:
        root = plan.parents.get(item.id, item.id)
        if item.ended and root in still_open:
            found.setdefault(root, item)
    return tuple(found.values())


async def _advance(connection: AsyncConnection, plan: Plan) -> None:
    """Moves ``last_at`` forward, never back, and closes what ended; a closed event stays closed."""
    columns = events.c
    if plan.reach:
        later = update(events).where(columns.id == bindparam("event"), columns.last_at < bindparam("at"))
        rows = [{"event": event_id, "at": at} for event_id, at in sorted(plan.reach.items())]
        await connection.execute(later.values(last_at=bindparam("at")), rows)
    ends = {event_id: None for event_id in plan.stale} | plan.ends
    if ends:
        closing = update(events).where(columns.id == bindparam("event"), columns.state == "open")
        closing = closing.values(
            state="closed", closed_at=func.coalesce(bindparam("at", type_=Moment), columns.last_at)
        )
        rows = [{"event": event_id, "at": at} for event_id, at in sorted(ends.items())]
        await connection.execute(closing, rows)


async def _add_candidates(
    connection: AsyncConnection, new: Sequence[NewCandidate], births: Mapping[str, Event], at: datetime
) -> None:
    if not new:
        return
    rows = [
        {
            "id": item.id,
            "event_id": item.event_id,
            "camera_id": item.camera_id,
            "township_code": item.township_code,
            "kind": births[item.event_id].kind.value,
            "state": CandidateState.OPEN.value,
            "created_at": at,
            "version": 1,
        }
        for item in new
    ]
    await connection.execute(insert(connection, candidates), rows)


def _row(item: Event, parent: str | None, worker_id: str, at: datetime) -> dict[str, Any]:
    return {
        "id": item.id,
        "camera_id": item.camera_id,
        "rule_id": item.rule_id,
        "kind": item.kind.value,
        "fault": item.fault,
        "state": "open",
        "extends_id": parent,
        "opened_at": moment(item.opened_at),
        "last_at": moment(item.last_at),
        "closed_at": None,
        "picture_at": moment(item.picture_at),
        "accepted_at": at,
        "box": [item.box.x, item.box.y, item.box.width, item.box.height],
        "measure": item.measure,
        "threshold": item.threshold,
        "why": dict(item.why),
        "worker_id": worker_id,
    }


def moment(seconds: float) -> datetime:
    """Unix seconds as an aware datetime."""
    return datetime.fromtimestamp(seconds, UTC)
