"""The grants of an emergency: wide, for public security alone, with the viewer's name across, and never without masks.

An emergency lifts no mask. Where somebody is shown a camera only with its masks, its owner holds that it must not be
seen without them: there the emergency's grant says masked only as well. If there is such a camera in the scope, the
wide grant stands on a group of all the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.conditions import Condition
from gateway.domain.emergencies import FOR_PURPOSES, Emergency, Widened
from gateway.domain.grants import Effect, GranteeKind, TargetKind
from gateway.domain.groups import CameraGroup
from gateway.services import onward_giving, sharing
from gateway.services.office import Caller, Office
from gateway.storage import emergencies, grants, groups
from gateway.storage import grants as grant_rows
from gateway.storage.reaching import Reach, Target
from gateway.storage.tables import grants as grant_table
from gateway.storage.tables import organisation_lines

BASE = frozenset({Condition.WATERMARK})


def within(conn: AsyncConnection, emergency: Emergency) -> ColumnElement[bool]:
    """A condition on ``tables.cameras``: true in the emergency's scope."""
    return _reached(conn, {(emergency.scope_kind, emergency.scope_id)})


async def give(
    office: Office, conn: AsyncConnection, caller: Caller, emergency: Emergency, begins: datetime, ends: datetime
) -> list[str]:
    """Gives the emergency's grants for that time by the caller's right; returns their ids."""
    scope = within(conn, emergency)
    masked = await _masked(conn, scope, begins)
    targets: list[tuple[TargetKind, str, frozenset[Condition]]] = []
    if masked:
        group = await _others(office, conn, caller, emergency, scope, set(masked), begins)
        targets += [(TargetKind.GROUP, group, BASE)]
        targets += [(TargetKind.CAMERA, camera, BASE | {Condition.MASKED_ONLY}) for camera in masked]
    else:
        targets.append((emergency.scope_kind, emergency.scope_id, BASE))
    given: list[str] = []
    for one in emergency.widened:
        for kind, name, conditions in targets:
            wish = replace(_wish(emergency, one, kind, name, begins, ends), conditions=conditions)
            given.append((await sharing.given(office, conn, caller, wish, office.clock.now())).id)
    await emergencies.note_grants(conn, emergency.id, given)
    return given


async def take_back(
    office: Office, conn: AsyncConnection, emergency: Emergency, who: str, reason: str, at: datetime
) -> list[str]:
    """Ends what the emergency gave and still holds or would; returns the ids of those grants."""
    ended = []
    for grant_id in await emergencies.grants_of(conn, emergency.id):
        record = await grants.get(conn, grant_id)
        over = record is None or (record.grant.not_after is not None and record.grant.not_after <= at)
        if not over and await grants.revoke(conn, grant_id, at, who, reason):
            ended.append(grant_id)
            await office.note(conn, at, who, "revoke_grant", "grant", grant_id, emergency=emergency.id)
    onward, _ = await onward_giving.end(office, conn, who, ended, at)  # who was told sees it with the next look
    return ended + onward


def _wish(
    emergency: Emergency, one: Widened, kind: TargetKind, name: str, begins: datetime, ends: datetime
) -> sharing.Wish:
    by_role = one.role is not None
    return sharing.Wish(
        grantee_kind=GranteeKind.ROLE if by_role else GranteeKind.ORGANISATION,
        grantee_id=one.role.value if one.role is not None else one.organisation_id,
        grantee_within=one.organisation_id if by_role else "",
        target_kind=kind,
        target_id=name,
        actions=emergency.actions,
        reason=f"战时 emergency: {emergency.name}",
        purposes=FOR_PURPOSES,
        not_before=begins,
        not_after=ends,
    )


async def _others(
    office: Office,
    conn: AsyncConnection,
    caller: Caller,
    emergency: Emergency,
    scope: ColumnElement[bool],
    masked: set[str],
    at: datetime,
) -> str:
    group = CameraGroup(
        office.new_id(),
        caller.operator.organisation_id,
        f"战时:{emergency.name}"[:128],
        f"Emergency: {emergency.name}"[:128],
    )
    await groups.insert(conn, group, caller.operator.id, at)
    there = await emergencies.cameras_within(conn, scope)
    await groups.put_in(conn, group.id, (camera for camera in there if camera not in masked))
    return group.id


async def _masked(conn: AsyncConnection, scope: ColumnElement[bool], at: datetime) -> list[str]:
    """The cameras in the scope that somebody is shown with their masks only."""
    columns = (grant_table.c.target_kind, grant_table.c.target_id, grant_table.c.target_below, grant_table.c.conditions)
    statement = select(*columns).where(grant_table.c.effect == Effect.ALLOW.value, grant_rows.not_over(at))
    targets: set[Target] = set()
    for row in await conn.execute(statement):
        if Condition.MASKED_ONLY in row.conditions:
            kind = TargetKind(row.target_kind)
            targets.add((kind, row.target_id))
            if row.target_below:
                targets |= {(kind, lower) for lower in await _below(conn, row.target_id)}
    if not targets:
        return []
    return await emergencies.cameras_within(conn, and_(scope, _reached(conn, targets)))


async def _below(conn: AsyncConnection, organisation_id: str) -> list[str]:
    lines = organisation_lines.c
    statement = select(lines.organisation_id).where(lines.above_id == organisation_id)
    return list((await conn.scalars(statement)).all())


def _reached(conn: AsyncConnection, targets: Iterable[Target]) -> ColumnElement[bool]:
    return Reach(frozenset(targets), frozenset(), conn.dialect.name).condition()
