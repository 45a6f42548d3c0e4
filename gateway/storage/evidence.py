"""Evidence in the database: which still and clip each event has, where the file is, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.events import CandidateState
from gateway.domain.retention import FLOORS, RetentionClass
from gateway.storage.legal_holds import events_held
from gateway.storage.tables import cameras, candidates, events, evidence
from gateway.storage.upserting import chunks, insert

STILL = "still"
CLIP = "clip"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file of one event.

    ``path`` is relative to the evidence folder; it is "" when there is no file, and ``missing_reason`` says why.
    ``expires_at`` None keeps it for good.
    """

    event_id: str
    kind: str
    path: str
    bytes: int
    sha256: str
    missing_reason: str
    created_at: datetime
    expires_at: datetime | None = None

    @property
    def id(self) -> str:
        """The row's key: an event has one still and one clip."""
        return f"{self.event_id}/{self.kind}"


async def insert_once(connection: AsyncConnection, item: Evidence) -> bool:
    """Stores a piece of evidence unless the event has one of that kind; a file replaces a note that it is missing.

    Evidence that comes after a person confirmed its candidate never expires.
    """
    values = {name: getattr(item, name) for name in Evidence.__dataclass_fields__}
    if await _kept_for_good(connection, item.event_id):
        values["expires_at"] = None
    statement = insert(connection, evidence).values(id=item.id, **values)
    names = ("path", "bytes", "sha256", "missing_reason", "created_at", "expires_at")
    statement = statement.on_conflict_do_update(
        index_elements=["event_id", "kind"],
        set_={name: statement.excluded[name] for name in names},
        where=(evidence.c.path == "") & (statement.excluded.path != ""),
    )
    return (await connection.execute(statement)).rowcount == 1


async def of_event(connection: AsyncConnection, event_id: str) -> dict[str, Evidence]:
    """The event's evidence by kind."""
    return (await of_events(connection, [event_id])).get(event_id, {})


async def of_events(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, dict[str, Evidence]]:
    """Evidence by event and kind."""
    found: dict[str, dict[str, Evidence]] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        rows = await connection.execute(select(evidence).where(evidence.c.event_id.in_(chunk)))
        for row in rows.mappings():
            found.setdefault(row["event_id"], {})[row["kind"]] = _from(row)
    return found


async def total_bytes(connection: AsyncConnection) -> int:
    """How much room the files take."""
    return int(await connection.scalar(select(func.coalesce(func.sum(evidence.c.bytes), 0))) or 0)


async def lasting_bytes(connection: AsyncConnection, at: datetime) -> int:
    """How much room is taken by files that are kept for good, or may not be deleted for now."""
    kept = select(func.coalesce(func.sum(evidence.c.bytes), 0)).where(~_passing(at))
    return int(await connection.scalar(kept) or 0)


async def _kept_for_good(connection: AsyncConnection, event_id: str) -> bool:
    """Whether a person confirmed the event's candidate; nobody decides it until the transaction is over."""
    statement = select(candidates.c.id).where(candidates.c.event_id == event_id).with_for_update()
    await connection.execute(statement)
    return await connection.scalar(_confirmed().where(candidates.c.event_id == event_id)) is not None


async def expired(connection: AsyncConnection, at: datetime, limit: int = 200) -> list[Evidence]:
    """Files whose time has come, oldest first: none of a candidate that a person confirmed, none under a legal hold,
    none of a key target before its floor.
    """
    statement = _files().where(_passing(at), evidence.c.expires_at <= at).order_by(evidence.c.expires_at).limit(limit)
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def evictable(connection: AsyncConnection, at: datetime, limit: int = 200) -> list[Evidence]:
    """Files that may go when room is short, oldest first: of those whose time may come at all."""
    statement = _files().where(_passing(at)).order_by(evidence.c.created_at).limit(limit)
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def forget(connection: AsyncConnection, items: Sequence[Evidence], reason: str, at: datetime) -> list[Evidence]:
    """Notes that the files are gone and why; returns those of the items of which that is now so.

    What was kept for good, put under a hold or made a key target since the items were read stays, and so does what
    another gateway has forgotten first.
    """
    gone: set[str] = set()
    for chunk in chunks(item.id for item in items):
        passing = evidence.c.id.in_(chunk) & evidence.c.expires_at.is_not(None) & (evidence.c.path != "")
        passing &= evidence.c.event_id.not_in(events_held(at)) & ~_below_floor(at)
        left = {"path": "", "bytes": 0, "sha256": "", "missing_reason": reason, "expires_at": None}
        statement = update(evidence).where(passing).values(**left).returning(evidence.c.id)
        gone |= set((await connection.scalars(statement)).all())
    return [item for item in items if item.id in gone]


async def keep(connection: AsyncConnection, event_id: str) -> None:
    """Keeps the event's files for good: its candidate was confirmed."""
    await connection.execute(update(evidence).where(evidence.c.event_id == event_id).values(expires_at=None))


async def paths(connection: AsyncConnection) -> set[str]:
    """Every path that is in use: what else lies in the folder is left from a crash."""
    return set((await connection.scalars(select(evidence.c.path).where(evidence.c.path != ""))).all())


def _confirmed() -> Select[tuple[str]]:
    """Events whose candidate a person confirmed. A device fault is settled by nobody: its evidence goes in time."""
    decided = (candidates.c.state == CandidateState.CONFIRMED.value) & ~events.c.fault
    return select(candidates.c.event_id).join(events, events.c.id == candidates.c.event_id).where(decided)


def _passing(at: datetime) -> ColumnElement[bool]:
    held = evidence.c.event_id.in_(events_held(at))
    return evidence.c.event_id.not_in(_confirmed()) & evidence.c.expires_at.is_not(None) & ~held & ~_below_floor(at)


def _below_floor(at: datetime) -> ColumnElement[bool]:
    """Files of key targets that are younger than the law lets them go, whatever the settings say and room there is."""
    young = evidence.c.created_at > at - timedelta(days=FLOORS[RetentionClass.KEY])
    key = (events.c.id == evidence.c.event_id) & (cameras.c.retention_class == RetentionClass.KEY.value)
    owned = select(events.c.id).join(cameras, cameras.c.id == events.c.camera_id).where(key).correlate(evidence)
    return young & exists(owned)


def _files() -> Select[Any]:
    return select(evidence).where(evidence.c.path != "")


def _from(row: RowMapping) -> Evidence:
    return Evidence(**{name: row[name] for name in Evidence.__dataclass_fields__})
