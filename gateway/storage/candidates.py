"""Candidates in the database: what rules found, waiting for a person's decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.events import CandidateState
from gateway.domain.operators import Operator
from gateway.storage.paging import Page, bounded, cursor, cut, moment, position
from gateway.storage.reaching import reach
from gateway.storage.tables import cameras, candidates, events, evidence
from gateway.storage.upserting import chunks
from gateway.storage.versioned import overwrite

ORDER = "candidates"


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence as a list needs it: there, or missing for a reason, or (both empty) still on its way."""

    there: bool = False
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate with its event and its camera's name."""

    id: str
    event_id: str
    camera_id: str
    camera_name_zh: str
    camera_name_en: str
    township_code: str
    kind: str
    rule_id: str
    state: CandidateState
    created_at: datetime
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None
    measure: float
    threshold: float
    why: dict[str, float | str]
    box: list[float]
    fault: bool
    still: Proof
    clip: Proof
    version: int
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision_reason: str | None = None
    category: str | None = None
    ticket_id: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """What to list: every field narrows."""

    state: CandidateState | None = None
    camera_id: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided about a candidate."""

    state: CandidateState
    by: str
    at: datetime
    reason: str | None = None
    category: str | None = None
    ticket_id: str | None = None


async def get(connection: AsyncConnection, candidate_id: str) -> Candidate | None:
    """The candidate with that id; asks nobody's permission."""
    row = (await connection.execute(_select().where(candidates.c.id == candidate_id))).mappings().one_or_none()
    return None if row is None else _from(row)


async def of_event(connection: AsyncConnection, event_id: str) -> Candidate | None:
    """The event's candidate, None for an event that only continues another; asks nobody's permission."""
    row = (await connection.execute(_select().where(candidates.c.event_id == event_id))).mappings().one_or_none()
    return None if row is None else _from(row)


async def places(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, str]:
    """The camera of each of the candidates; unknown ids are left out."""
    found: dict[str, str] = {}
    for chunk in chunks(list(ids)):
        statement = select(candidates.c.id, candidates.c.camera_id).where(candidates.c.id.in_(chunk))
        found.update({row.id: row.camera_id for row in await connection.execute(statement)})
    return found


async def page(
    connection: AsyncConnection,
    operator: Operator,
    at: datetime,
    query: CandidateQuery,
    *,
    after: str | None = None,
    limit: int = 50,
) -> Page[Candidate]:
    """One page of the candidates of cameras whose events the operator may see, newest first."""
    limit = bounded(limit)
    scope = await reach(connection, operator, Action.SEE_EVENTS, at)
    if scope.nothing:
        return Page((), None)
    statement = _select().where(scope.condition(), *_narrowing(query))
    if after is not None:
        began, last_id = position(after, ORDER, str, str)
        start = bindparam(None, moment(began), candidates.c.created_at.type)
        statement = statement.where(tuple_(candidates.c.created_at, candidates.c.id) < tuple_(start, last_id))
    statement = statement.order_by(candidates.c.created_at.desc(), candidates.c.id.desc()).limit(limit + 1)
    items = [_from(row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor(ORDER, last.created_at.isoformat(), last.id))


async def count_open(connection: AsyncConnection, operator: Operator, at: datetime) -> int:
    """How many open candidates the operator may see."""
    scope = await reach(connection, operator, Action.SEE_EVENTS, at)
    if scope.nothing:
        return 0
    statement = (
        select(func.count())
        .select_from(candidates.join(cameras, cameras.c.id == candidates.c.camera_id))
        .where(candidates.c.state == CandidateState.OPEN.value, scope.condition())
    )
    return int(await connection.scalar(statement) or 0)


async def decide(connection: AsyncConnection, candidate_id: str, version: int, verdict: Verdict) -> None:
    """Writes the verdict on an open candidate. Raises ``Stale`` if it is at another version or decided already."""
    values = {
        "state": verdict.state.value,
        "decided_at": verdict.at,
        "decided_by": verdict.by,
        "decision_reason": verdict.reason,
        "category": verdict.category,
        "ticket_id": verdict.ticket_id,
        "version": version + 1,
    }
    still_open = candidates.c.state == CandidateState.OPEN.value
    await overwrite(connection, candidates, candidate_id, version, values, still_open)


def _narrowing(query: CandidateQuery) -> list[ColumnElement[bool]]:
    wanted = (
        (candidates.c.state, None if query.state is None else query.state.value),
        (candidates.c.camera_id, query.camera_id),
        (candidates.c.kind, query.kind),
    )
    return [column == value for column, value in wanted if value is not None]


def _select() -> Select[Any]:
    still, clip = evidence.alias("still"), evidence.alias("clip")
    return (
        select(
            candidates,
            cameras.c.name_zh.label("camera_name_zh"),
            cameras.c.name_en.label("camera_name_en"),
            events.c.rule_id,
            events.c.opened_at,
            events.c.last_at,
            events.c.closed_at,
            events.c.measure,
            events.c.threshold,
            events.c.why,
            events.c.box,
            events.c.fault,
            still.c.path.label("still_path"),
            still.c.missing_reason.label("still_missing"),
            clip.c.path.label("clip_path"),
            clip.c.missing_reason.label("clip_missing"),
        )
        .join(events, events.c.id == candidates.c.event_id)
        .join(cameras, cameras.c.id == candidates.c.camera_id)
        .outerjoin(still, (still.c.event_id == candidates.c.event_id) & (still.c.kind == "still"))
        .outerjoin(clip, (clip.c.event_id == candidates.c.event_id) & (clip.c.kind == "clip"))
    )


_PLAIN = tuple(name for name in Candidate.__dataclass_fields__ if name not in ("state", "still", "clip", "why", "box"))


def _from(row: RowMapping) -> Candidate:
    return Candidate(
        **{name: row[name] for name in _PLAIN},
        state=CandidateState(row["state"]),
        why=dict(row["why"]),
        box=list(row["box"]),
        still=Proof(bool(row["still_path"]), row["still_missing"] or ""),
        clip=Proof(bool(row["clip_path"]), row["clip_missing"] or ""),
    )
