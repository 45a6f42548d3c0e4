"""Grants in the database: given, revoked, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, null, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import CameraFacts, Effect, Grant, GranteeKind, Held, TargetKind
from gateway.domain.hours import Hours
from gateway.domain.operators import Operator
from gateway.domain.schedules import Schedule
from gateway.storage import epochs
from gateway.storage.tables import grant_actions, grant_sources, grants, operators
from gateway.storage.upserting import chunks

_PEOPLE = [GranteeKind.OPERATOR.value, GranteeKind.SERVICE_ACCOUNT.value]


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


async def insert(connection: AsyncConnection, grant: Grant, policy: str = "", sources: Iterable[str] = ()) -> Grant:
    """Adds a grant under the next number and bumps the permission epoch; returns it with its number.

    ``sources`` are the grants that it leans on. Raises ValueError for a target that names nothing.
    """
    if (grant.target_kind is TargetKind.ALL) != (grant.target_id == ""):
        raise ValueError("a grant on everything names no target; every other grant names exactly one")
    numbered = replace(grant, number=await epochs.bump(connection, epochs.GRANT_NUMBER))
    values: dict[str, Any] = {
        "id": grant.id,
        "number": numbered.number,
        "effect": grant.effect.value,
        "grantee_kind": grant.grantee_kind.value,
        "grantee_id": grant.grantee_id,
        "grantee_within": grant.grantee_within,
        "includes_below": grant.includes_below,
        "target_kind": grant.target_kind.value,
        "target_id": grant.target_id,
        "target_below": grant.target_below,
        "actions": sorted(action.value for action in grant.actions),
        "purposes": null() if grant.purposes is None else sorted(grant.purposes),
        "not_before": grant.not_before,
        "not_after": grant.not_after,
        "hours": null() if grant.hours is None else hours_document(grant.hours),
        "conditions": sorted(condition.value for condition in grant.conditions),
        "granted_by": grant.granted_by,
        "giver_id": grant.giver_id,
        "reason": grant.reason,
        "policy": policy,
        "created_at": grant.created_at,
        "revoked_at": grant.revoked_at,
    }
    await connection.execute(grants.insert().values(values))
    if grant.actions:
        rows = [{"grant_id": grant.id, "action": action.value} for action in sorted(grant.actions)]
        await connection.execute(grant_actions.insert(), rows)
    if leant := sorted(set(sources)):
        await connection.execute(
            grant_sources.insert(), [{"grant_id": grant.id, "source_id": source} for source in leant]
        )
    await epochs.bump(connection, epochs.PERMISSION)
    return numbered


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


async def standing(connection: AsyncConnection, ids: Iterable[str]) -> frozenset[str]:
    """Those of the grants that are standing rules."""
    found: set[str] = set()
    for chunk in chunks(dict.fromkeys(ids)):
        ruled = and_(grants.c.id.in_(chunk), grants.c.policy != "")
        found |= set(await connection.scalars(select(grants.c.id).where(ruled)))
    return frozenset(found)


async def leaning_on(connection: AsyncConnection, source_id: str, at: datetime) -> list[str]:
    """The grants given on the strength of that one which are not over."""
    statement = (
        select(grants.c.id)
        .join(grant_sources, grant_sources.c.grant_id == grants.c.id)
        .where(grant_sources.c.source_id == source_id, not_over(at))
        .order_by(grants.c.id)
    )
    return list(await connection.scalars(statement))


async def left_over(connection: AsyncConnection, at: datetime) -> list[tuple[str, str]]:
    """Grants that are not over but lean on one that is, or whose holder's account is: (grant, the one it leans on)."""
    source = grants.alias("source")
    gone = or_(operators.c.disabled_at <= at, operators.c.valid_until <= at)
    statement = (
        select(grants.c.id, source.c.id)
        .join(grant_sources, grant_sources.c.grant_id == grants.c.id)
        .join(source, source.c.id == grant_sources.c.source_id)
        .outerjoin(operators, and_(source.c.grantee_kind.in_(_PEOPLE), operators.c.id == source.c.grantee_id))
        .where(not_over(at), or_(source.c.revoked_at <= at, source.c.not_after <= at, gone))
        .order_by(grants.c.id)
    )
    return [(row[0], row[1]) for row in await connection.execute(statement)]


async def revocations(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, datetime]:
    """When those of the grants that were revoked were, by id."""
    found: dict[str, datetime] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        revoked = and_(grants.c.id.in_(chunk), grants.c.revoked_at.is_not(None))
        rows = await connection.execute(select(grants.c.id, grants.c.revoked_at).where(revoked))
        found |= {row.id: row.revoked_at for row in rows}
    return found


async def for_operator(connection: AsyncConnection, operator: Operator, at: datetime) -> Held:
    """The grants for the operator, as person, member of an organisation or holder of a role, that are not over.

    Those that begin later are among them: ``permits`` minds a deny that is to come.
    """
    statement = select(grants).where(given_to(operator), not_over(at)).order_by(grants.c.id)
    return Held(grant_from(row) for row in (await connection.execute(statement)).mappings())


async def for_camera(connection: AsyncConnection, camera: CameraFacts, at: datetime) -> Held:
    """The grants that reach the camera and are not over, whoever holds them."""
    targets = [
        (TargetKind.ALL.value, ""),
        (TargetKind.CAMERA.value, camera.id),
        (TargetKind.KIND.value, str(camera.kind)),
        (TargetKind.OWNED_BY.value, camera.owner_id),
        (TargetKind.MAINTAINED_BY.value, camera.maintainer_id),
        (TargetKind.LOCATED_IN.value, camera.township_code),
        *((TargetKind.GROUP.value, name) for name in sorted(camera.groups)),
        *((TargetKind.AREA.value, name) for name in sorted(camera.areas)),
    ]
    if camera.recorder_id is not None:
        targets.append((TargetKind.RECORDER.value, camera.recorder_id))
    below = [
        *((TargetKind.OWNED_BY.value, name) for name in sorted(camera.owner_above)),
        *((TargetKind.MAINTAINED_BY.value, name) for name in sorted(camera.maintainer_above)),
    ]
    place = tuple_(grants.c.target_kind, grants.c.target_id)
    reached = or_(place.in_(targets), and_(grants.c.target_below, place.in_(below)))
    statement = select(grants).where(reached, not_over(at)).order_by(grants.c.id)
    return Held(grant_from(row) for row in (await connection.execute(statement)).mappings())


async def denies(connection: AsyncConnection, at: datetime) -> list[Grant]:
    """The denies that are not over, whoever is denied."""
    statement = select(grants).where(grants.c.effect == Effect.DENY.value, not_over(at)).order_by(grants.c.id)
    return [grant_from(row) for row in (await connection.execute(statement)).mappings()]


async def every(
    connection: AsyncConnection,
    *,
    target: tuple[TargetKind, str] | None = None,
    grantee: tuple[GranteeKind, str] | None = None,
    active_at: datetime | None = None,
    ending_by: datetime | None = None,
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
    if ending_by is not None:
        statement = statement.where(grants.c.not_after <= ending_by)
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


def not_over(at: datetime) -> ColumnElement[bool]:
    """True for grants that are in force or will be."""
    return and_(
        or_(grants.c.revoked_at.is_(None), grants.c.revoked_at > at),
        or_(grants.c.not_after.is_(None), grants.c.not_after > at),
    )


def given_to(operator: Operator) -> ColumnElement[bool]:
    """The SQL twin of ``domain.grants.given_to``."""
    kind, name = grants.c.grantee_kind, grants.c.grantee_id
    home, above, within = operator.organisation_id, sorted(operator.above), grants.c.grantee_within
    below = grants.c.includes_below
    ways: list[ColumnElement[bool]] = [
        and_(kind.in_(_PEOPLE), name == operator.id),
        and_(kind == GranteeKind.ORGANISATION.value, name == home),
    ]
    if above:
        ways.append(and_(kind == GranteeKind.ORGANISATION.value, name.in_(above), below))
    if operator.roles:
        acts = and_(kind == GranteeKind.ROLE.value, name.in_(sorted(role.value for role in operator.roles)))
        ways.append(and_(acts, or_(within.in_(["", home]), and_(below, within.in_(above)))))
    return or_(*ways)


def hours_document(hours: Hours) -> dict[str, Any]:
    """Hours as they are stored: days by number (0 is Monday), windows in minutes, the offset from UTC in minutes."""
    windows = [list(window) for window in hours.schedule.hours]
    return {"days": sorted(hours.schedule.days), "windows": windows, "offset": hours.offset_minutes}


def hours_from(document: Any) -> Hours | None:
    """The hours in a stored document, None for any hour."""
    if document is None:
        return None
    windows = tuple((int(start), int(end)) for start, end in document["windows"])
    return Hours(Schedule(frozenset(document["days"]), windows), document["offset"])


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
        grantee_within=row["grantee_within"],
        includes_below=row["includes_below"],
        target_below=row["target_below"],
        hours=hours_from(row["hours"]),
        conditions=frozenset(Condition(condition) for condition in row["conditions"]),
        giver_id=row["giver_id"],
        number=row["number"],
    )


def _record_from(row: RowMapping) -> GrantRecord:
    grant = grant_from(row)
    revocation = Revocation(row["revoked_by"], row["revoke_reason"]) if row["revoked_by"] is not None else None
    return GrantRecord(grant, row["policy"], revocation)
