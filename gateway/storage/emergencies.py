"""Emergencies in the database: their steps, the grants they gave, and what was watched by those."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.emergencies import Emergency, EmergencyState, Widened
from gateway.domain.grants import TargetKind
from gateway.domain.operators import Role
from gateway.storage.tables import cameras, emergencies, emergency_grants, emergency_steps, view_records
from gateway.storage.versioned import overwrite


@dataclass(frozen=True, slots=True)
class EmergencyStep:
    """One step: proposed, approved, refused, renewed, lapsed or ended, by whom, until when, and what they said."""

    id: str
    emergency_id: str
    at: datetime
    kind: str
    operator_id: str
    until: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Watched:
    """One look at a camera that an emergency allowed, with the camera's owner."""

    view_id: str
    operator_id: str
    organisation_id: str
    camera_id: str
    owner_id: str
    action: str
    purpose: str
    started_at: datetime
    ended_at: datetime | None
    bytes: int


async def insert(connection: AsyncConnection, item: Emergency) -> None:
    """Adds an emergency."""
    await connection.execute(emergencies.insert().values(_row(item)))


async def save(connection: AsyncConnection, item: Emergency) -> None:
    """Writes a changed emergency. Raises ``Stale`` if somebody else changed it meanwhile."""
    await overwrite(connection, emergencies, item.id, item.version - 1, _row(item))


async def get(connection: AsyncConnection, emergency_id: str) -> Emergency | None:
    """The emergency with that id."""
    found = await _some(connection, emergencies.c.id == emergency_id)
    return found[0] if found else None


async def latest(connection: AsyncConnection, limit: int = 100) -> list[Emergency]:
    """The newest emergencies, newest first."""
    return await _some(connection, limit=limit)


async def in_state(connection: AsyncConnection, state: EmergencyState) -> list[Emergency]:
    """The emergencies in that state, newest first."""
    return await _some(connection, emergencies.c.state == state.value)


async def append(connection: AsyncConnection, step: EmergencyStep) -> None:
    """Adds a step."""
    await connection.execute(emergency_steps.insert().values(asdict(step)))


async def steps(connection: AsyncConnection, emergency_id: str) -> list[EmergencyStep]:
    """The steps of an emergency, oldest first."""
    statement = select(emergency_steps).where(emergency_steps.c.emergency_id == emergency_id)
    rows = await connection.execute(statement.order_by(emergency_steps.c.at, emergency_steps.c.id))
    return [
        EmergencyStep(**{name: row[name] for name in EmergencyStep.__dataclass_fields__}) for row in rows.mappings()
    ]


async def note_grants(connection: AsyncConnection, emergency_id: str, grant_ids: Iterable[str]) -> None:
    """Notes which grants the emergency gave."""
    rows = [{"emergency_id": emergency_id, "grant_id": grant} for grant in grant_ids]
    if rows:
        await connection.execute(emergency_grants.insert(), rows)


async def grants_of(connection: AsyncConnection, emergency_id: str) -> list[str]:
    """The ids of the grants that the emergency gave."""
    statement = select(emergency_grants.c.grant_id).where(emergency_grants.c.emergency_id == emergency_id)
    return list((await connection.scalars(statement.order_by(emergency_grants.c.grant_id))).all())


async def given(connection: AsyncConnection, grant_ids: Sequence[str]) -> set[str]:
    """Those of the grants that some emergency gave."""
    if not grant_ids:
        return set()
    statement = select(emergency_grants.c.grant_id).where(emergency_grants.c.grant_id.in_(grant_ids))
    return set(await connection.scalars(statement))


async def watched(connection: AsyncConnection, emergency_id: str, owners: Iterable[str] | None) -> list[Watched]:
    """What was looked at by the emergency's grants, oldest first; of some owners' cameras, or of all with None."""
    given = select(emergency_grants.c.grant_id).where(emergency_grants.c.emergency_id == emergency_id)
    statement = (
        select(view_records, cameras.c.owner_id)
        .join(cameras, cameras.c.id == view_records.c.camera_id)
        .where(view_records.c.grant_id.in_(given))
        .order_by(view_records.c.started_at, view_records.c.id)
    )
    if owners is not None:
        statement = statement.where(cameras.c.owner_id.in_(sorted(owners)))
    names = [name for name in Watched.__dataclass_fields__ if name != "view_id"]
    rows = (await connection.execute(statement)).mappings()
    return [Watched(view_id=row["id"], **{name: row[name] for name in names}) for row in rows]


async def owners_within(connection: AsyncConnection, scope: ColumnElement[bool]) -> list[str]:
    """Who owns cameras there."""
    return list((await connection.scalars(select(cameras.c.owner_id).where(scope).distinct())).all())


async def cameras_within(connection: AsyncConnection, scope: ColumnElement[bool]) -> list[str]:
    """The cameras there, by id."""
    return list((await connection.scalars(select(cameras.c.id).where(scope).order_by(cameras.c.id))).all())


async def _some(connection: AsyncConnection, *ways: ColumnElement[bool], limit: int | None = None) -> list[Emergency]:
    statement = select(emergencies).where(*ways).order_by(emergencies.c.id.desc()).limit(limit)
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


def _row(item: Emergency) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "reason": item.reason,
        "state": item.state.value,
        "scope_kind": item.scope_kind.value,
        "scope_id": item.scope_id,
        "widened": [[one.organisation_id, "" if one.role is None else one.role.value] for one in item.widened],
        "actions": sorted(action.value for action in item.actions),
        "lasts_seconds": int(item.lasts.total_seconds()),
        "proposed_by": item.proposed_by,
        "proposed_at": item.proposed_at,
        "approvers": list(item.approvers),
        "began_at": item.began_at,
        "ends_at": item.ends_at,
        "ended_at": item.ended_at,
        "version": item.version,
    }


def _from(row: RowMapping) -> Emergency:
    return Emergency(
        id=row["id"],
        name=row["name"],
        reason=row["reason"],
        state=EmergencyState(row["state"]),
        scope_kind=TargetKind(row["scope_kind"]),
        scope_id=row["scope_id"],
        widened=tuple(Widened(home, Role(role) if role else None) for home, role in row["widened"]),
        actions=frozenset(Action(action) for action in row["actions"]),
        lasts=timedelta(seconds=row["lasts_seconds"]),
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        approvers=tuple(row["approvers"]),
        began_at=row["began_at"],
        ends_at=row["ends_at"],
        ended_at=row["ended_at"],
        version=row["version"],
    )
