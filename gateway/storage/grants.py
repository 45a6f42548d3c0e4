"""Grants in the database: given, revoked, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, null, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import CameraFacts, Effect, Grant, GranteeKind, TargetKind
from gateway.domain.operators import Operator
from gateway.storage import epochs
from gateway.storage.tables import grant_actions, grants


@dataclass(frozen=True, slots=True)
class Revocation:
    """Who ended a grant and why."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """A grant and its paper trail. ``policy`` names the standing rule it came from, "" if a person gave it."""

    grant: Grant
    policy: str
    revocation: Revocation | None


async def insert(connection: AsyncConnection, grant: Grant, policy: str = "") -> None:
    """Adds a grant and bumps the permission epoch. Raises ValueError for a target that names nothing."""
    if (grant.target_kind is TargetKind.ALL) != (grant.target_id == ""):
        raise ValueError("a grant on everything names no target; every other grant names exactly one")
    values: dict[str, Any] = {
        "id": grant.id,
        "effect": grant.effect.value,
        "grantee_kind": grant.grantee_kind.value,
        "grantee_id": grant.grantee_id,
        "target_kind": grant.target_kind.value,
        "target_id": grant.target_id,
        "actions": sorted(action.value for action in grant.actions),
        "purposes": null() if grant.purposes is None else sorted(grant.purposes),
        "not_before": grant.not_before,
        "not_after": grant.not_after,
        "granted_by": grant.granted_by,
        "reason": grant.reason,
        "policy": policy,
        "created_at": grant.created_at,
        "revoked_at": grant.revoked_at,
    }
    await connection.execute(grants.insert().values(values))
    if grant.actions:
        rows = [{"grant_id": grant.id, "action": action.value} for action in sorted(grant.actions)]
        await connection.execute(grant_actions.insert(), rows)
    await epochs.bump(connection, epochs.PERMISSION)


async def revoke(connection: AsyncConnection, grant_id: str, at: datetime, by: str, reason: str) -> bool:
    """Ends a grant and bumps the permission epoch; False if there is none or it was revoked before."""
    statement = (
        update(grants)
        .where(grants.c.id == grant_id, grants.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=by, revoke_reason=reason)
    )
    if (await connection.execute(statement)).rowcount == 0:
        return False
    await epochs.bump(connection, epochs.PERMISSION)
    return True


async def get(connection: AsyncConnection, grant_id: str) -> GrantRecord | None:
    """The grant with that id."""
    row = (await connection.execute(select(grants).where(grants.c.id == grant_id))).mappings().one_or_none()
    return None if row is None else _record_from(row)


async def for_operator(connection: AsyncConnection, operator: Operator, at: datetime) -> list[Grant]:
    """The grants in force for the operator, as person, member of the organisation or holder of a role."""
    statement = select(grants).where(given_to(operator), in_force(at)).order_by(grants.c.id)
    return [grant_from(row) for row in (await connection.execute(statement)).mappings()]


async def for_camera(connection: AsyncConnection, camera: CameraFacts, at: datetime) -> list[Grant]:
    """The grants in force that reach the camera, whoever holds them."""
    targets = [
        (TargetKind.ALL.value, ""),
        (TargetKind.CAMERA.value, camera.id),
        (TargetKind.KIND.value, str(camera.kind)),
        (TargetKind.OWNED_BY.value, camera.owner_id),
        (TargetKind.MAINTAINED_BY.value, camera.maintainer_id),
        (TargetKind.LOCATED_IN.value, camera.township_code),
    ]
    if camera.recorder_id is not None:
        targets.append((TargetKind.RECORDER.value, camera.recorder_id))
    statement = (
        select(grants)
        .where(tuple_(grants.c.target_kind, grants.c.target_id).in_(targets), in_force(at))
        .order_by(grants.c.id)
    )
    return [grant_from(row) for row in (await connection.execute(statement)).mappings()]


async def every(
    connection: AsyncConnection,
    *,
    target: tuple[TargetKind, str] | None = None,
    grantee: tuple[GranteeKind, str] | None = None,
    active_at: datetime | None = None,
    after: str | None = None,
    limit: int = 200,
) -> list[GrantRecord]:
    """Grants newest first (ids are born in order): on a target, to a grantee, in force at a time, older than an id."""
    statement = select(grants).order_by(grants.c.id.desc()).limit(limit)
    if target is not None:
        statement = statement.where(grants.c.target_kind == target[0].value, grants.c.target_id == target[1])
    if grantee is not None:
        statement = statement.where(grants.c.grantee_kind == grantee[0].value, grants.c.grantee_id == grantee[1])
    if active_at is not None:
        statement = statement.where(in_force(active_at))
    if after is not None:
        statement = statement.where(grants.c.id < after)
    return [_record_from(row) for row in (await connection.execute(statement)).mappings()]


async def next_change(connection: AsyncConnection, at: datetime) -> datetime | None:
    """The next moment at which some grant begins or ends by itself; None if nothing is pending."""
    begins = select(grants.c.not_before).where(grants.c.revoked_at.is_(None), grants.c.not_before > at)
    ends = select(grants.c.not_after).where(grants.c.revoked_at.is_(None), grants.c.not_after > at)
    found: Sequence[datetime | None] = [
        await connection.scalar(begins.order_by(grants.c.not_before).limit(1)),
        await connection.scalar(ends.order_by(grants.c.not_after).limit(1)),
    ]
    return min((moment for moment in found if moment is not None), default=None)


def in_force(at: datetime) -> ColumnElement[bool]:
    """The SQL twin of ``domain.grants.in_force``."""
    return and_(
        or_(grants.c.revoked_at.is_(None), grants.c.revoked_at > at),
        grants.c.not_before <= at,
        or_(grants.c.not_after.is_(None), grants.c.not_after > at),
    )


def given_to(operator: Operator) -> ColumnElement[bool]:
    """The SQL twin of ``domain.grants.given_to``."""
    holders = [
        (GranteeKind.OPERATOR.value, operator.id),
        (GranteeKind.ORGANISATION.value, operator.organisation_id),
        *((GranteeKind.ROLE.value, role.value) for role in sorted(operator.roles)),
    ]
    return or_(*(and_(grants.c.grantee_kind == kind, grants.c.grantee_id == name) for kind, name in holders))


def grant_from(row: RowMapping) -> Grant:
    """The grant in a row of ``grants``."""
    purposes = row["purposes"]
    return Grant(
        id=row["id"],
        effect=Effect(row["effect"]),
        grantee_kind=GranteeKind(row["grantee_kind"]),
        grantee_id=row["grantee_id"],
        target_kind=TargetKind(row["target_kind"]),
        target_id=row["target_id"],
        actions=frozenset(Action(action) for action in row["actions"]),
        purposes=None if purposes is None else frozenset(purposes),
        not_before=row["not_before"],
        not_after=row["not_after"],
        granted_by=row["granted_by"],
        reason=row["reason"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )


def _record_from(row: RowMapping) -> GrantRecord:
    grant = grant_from(row)
    revocation = Revocation(row["revoked_by"], row["revoke_reason"]) if row["revoked_by"] is not None else None
    return GrantRecord(grant, row["policy"], revocation)
