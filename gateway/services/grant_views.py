"""Grants as a reader sees them: with the names of who and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, Recorder
from gateway.domain.conditions import Condition
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind, in_force
from gateway.domain.hours import Hours
from gateway.domain.operators import Operator
from gateway.domain.organisations import Organisation
from gateway.domain.schedules import DAYS
from gateway.storage import areas, cameras, groups, operators, organisations, recorders
from gateway.storage.grants import GrantRecord


@dataclass(frozen=True, slots=True)
class HoursView:
    """Weekly hours: days from mon to sun, windows like 22:00-06:00, and the offset from UTC of their clock."""

    days: list[str]
    windows: list[str]
    offset_minutes: int


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant with the names a reader needs, whether it is in force, and whether the caller may revoke it."""

    id: str
    number: int
    effect: Effect
    grantee_kind: GranteeKind
    grantee_id: str
    grantee_within: str
    includes_below: bool
    grantee_name_zh: str
    grantee_name_en: str
    target_kind: TargetKind
    target_id: str
    target_below: bool
    target_name_zh: str
    target_name_en: str
    actions: list[Action]
    purposes: list[str] | None
    not_before: datetime
    not_after: datetime | None
    hours: HoursView | None
    conditions: list[Condition]
    giver_id: str
    giver_name_zh: str
    giver_name_en: str
    granted_by: str
    granted_by_name: str
    reason: str
    policy: str
    created_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None
    active: bool
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class Names:
    """The nouns that some grants speak of, by id."""

    organisations: dict[str, Organisation]
    operators: dict[str, Operator]
    cameras: dict[str, Camera]
    recorders: dict[str, Recorder]
    sets: dict[str, tuple[str, str]]
    """Groups and areas."""

    def view(self, record: GrantRecord, at: datetime, *, may_revoke: bool) -> GrantView:
        """The grant with names."""
        grant, ended = record.grant, record.revocation
        grantee = self._grantee(grant)
        target = self._target(grant)
        giver = self.operators.get(grant.granted_by)
        behalf = _both(self.organisations.get(grant.giver_id))
        return GrantView(
            id=grant.id,
            number=grant.number,
            effect=grant.effect,
            grantee_kind=grant.grantee_kind,
            grantee_id=grant.grantee_id,
            grantee_within=grant.grantee_within,
            includes_below=grant.includes_below,
            grantee_name_zh=grantee[0],
            grantee_name_en=grantee[1],
            target_kind=grant.target_kind,
            target_id=grant.target_id,
            target_below=grant.target_below,
            target_name_zh=target[0],
            target_name_en=target[1],
            actions=sorted(grant.actions),
            purposes=None if grant.purposes is None else sorted(grant.purposes),
            not_before=grant.not_before,
            not_after=grant.not_after,
            hours=None if grant.hours is None else hours_view(grant.hours),
            conditions=sorted(grant.conditions),
            giver_id=grant.giver_id,
            giver_name_zh=behalf[0],
            giver_name_en=behalf[1],
            granted_by=grant.granted_by,
            granted_by_name="" if giver is None else giver.name,
            reason=grant.reason,
            policy=record.policy,
            created_at=grant.created_at,
            revoked_at=grant.revoked_at,
            revoked_by=None if ended is None else ended.by,
            revoke_reason=None if ended is None else ended.reason,
            active=in_force(grant, at),
            may_revoke=may_revoke,
        )

    def _grantee(self, grant: Grant) -> tuple[str, str]:
        if grant.grantee_kind is GranteeKind.ORGANISATION:
            return _both(self.organisations.get(grant.grantee_id))
        if grant.grantee_kind is GranteeKind.OPERATOR and grant.grantee_id in self.operators:
            name = self.operators[grant.grantee_id].name
            return name, name
        return grant.grantee_id, grant.grantee_id

    def _target(self, grant: Grant) -> tuple[str, str]:
        match grant.target_kind:
            case TargetKind.ALL:
                return "全部摄像机", "every camera"
            case TargetKind.CAMERA:
                return _both(self.cameras.get(grant.target_id))
            case TargetKind.RECORDER:
                return _both(self.recorders.get(grant.target_id))
            case TargetKind.OWNED_BY | TargetKind.MAINTAINED_BY:
                return _both(self.organisations.get(grant.target_id))
            case TargetKind.LOCATED_IN:
                here = (o for o in self.organisations.values() if o.township_code == grant.target_id)
                return _both(next(here, None)) if grant.target_id else ("", "")
            case TargetKind.KIND:
                return grant.target_id, grant.target_id
            case TargetKind.GROUP | TargetKind.AREA:
                return self.sets.get(grant.target_id, ("", ""))


def hours_view(hours: Hours) -> HoursView:
    """The hours as a reader sees them."""
    windows = [f"{_minute(start)}-{_minute(end)}" for start, end in hours.schedule.hours]
    return HoursView([DAYS[day] for day in sorted(hours.schedule.days)], windows, hours.offset_minutes)


def _minute(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


async def names_for(conn: AsyncConnection, found: Sequence[Grant]) -> Names:
    """What is needed to name everything that the grants speak of."""
    people = {g.granted_by for g in found} | {g.grantee_id for g in found if g.grantee_kind is GranteeKind.OPERATOR}
    pointed = [g.target_id for g in found if g.target_kind is TargetKind.CAMERA]
    boxes = [g.target_id for g in found if g.target_kind is TargetKind.RECORDER]
    bags = await groups.many(conn, [g.target_id for g in found if g.target_kind is TargetKind.GROUP])
    outlines = await areas.many(conn, [g.target_id for g in found if g.target_kind is TargetKind.AREA])
    return Names(
        organisations=await organisations.by_id(conn),
        operators=await operators.many(conn, people),
        cameras=await cameras.many(conn, pointed),
        recorders={item.id: item for item in await recorders.every(conn)} if boxes else {},
        sets={key: (bag.name_zh, bag.name_en) for key, bag in bags.items()}
        | {key: (area.name_zh, area.name_en) for key, area in outlines.items()},
    )


def _both(named: Organisation | Camera | Recorder | None) -> tuple[str, str]:
    return ("", "") if named is None else (named.name_zh, named.name_en)
