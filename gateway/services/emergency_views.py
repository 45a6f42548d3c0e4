"""Emergencies as people read them: the banner for all, the file with its steps, and the report of what was watched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.emergencies import PROPOSED_FOR, Emergency, EmergencyState, why_not_approve, why_not_renew
from gateway.domain.grants import TargetKind
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation
from gateway.services.deciding_rights import rights_of
from gateway.services.errors import NotFound
from gateway.services.office import SYSTEM, Caller, Office
from gateway.services.pointing import target_of
from gateway.storage import areas, cameras, emergencies, grants, operators, organisations, places
from gateway.storage.emergencies import EmergencyStep, Watched

READERS = frozenset({Role.AUDIT_MANAGER, Role.SECURITY_MANAGER})
"""Besides those who may share anything, these may read about emergencies that do not run."""


@dataclass(frozen=True, slots=True)
class WidenedView:
    """To whom the view was given."""

    organisation_id: str
    organisation_name_zh: str
    organisation_name_en: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of an emergency."""

    at: datetime
    kind: str
    operator_name: str
    until: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class EmergencyView:
    """An emergency, and what the reader can do about it. Steps and reason are empty in the banner for all."""

    id: str
    name: str
    reason: str
    state: EmergencyState
    scope_kind: TargetKind
    scope_id: str
    scope_name_zh: str
    scope_name_en: str
    widened: list[WidenedView]
    actions: list[Action]
    hours: float
    proposed_by_name: str
    proposed_at: datetime
    open_until: datetime
    began_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    renewals: int
    version: int
    may_approve: bool
    may_renew: bool
    may_end: bool
    steps: list[StepView]


@dataclass(frozen=True, slots=True)
class LookView:
    """One look in the report."""

    at: datetime
    until: datetime | None
    operator_name: str
    organisation_name_zh: str
    organisation_name_en: str
    camera_id: str
    camera_name_zh: str
    camera_name_en: str
    owner_id: str
    action: Action
    purpose: str


@dataclass(frozen=True, slots=True)
class CountView:
    """How many looks, by whom or at whose cameras."""

    id: str
    name_zh: str
    name_en: str
    looks: int
    cameras: int
    seconds: float


@dataclass(frozen=True, slots=True)
class HourView:
    """How many looks began in an hour."""

    at: datetime
    looks: int


@dataclass(frozen=True, slots=True)
class ReportView:
    """What was watched by an emergency's grants, as far as it is the reader's: their own cameras, or all."""

    emergency: EmergencyView
    looks: int
    people: int
    by_owner: list[CountView]
    by_organisation: list[CountView]
    by_hour: list[HourView]
    lines: list[LookView]


async def running(office: Office, caller: Caller) -> list[EmergencyView]:
    """What runs now, for everybody who is signed in: that it is, what for, where, for whom and until when."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await emergencies.in_state(conn, EmergencyState.RUNNING)
        now = [item for item in found if item.ends_at is not None and at < item.ends_at]
        return await views_of(conn, caller, now, at, short=not _reads(caller))


async def listed(office: Office, caller: Caller) -> list[EmergencyView]:
    """The newest emergencies, whatever became of them; nothing for who may neither share nor oversee."""
    if not _reads(caller):
        return []
    at = office.clock.now()
    async with office.store.read() as conn:
        found = [item for item in await emergencies.latest(conn) if await knows(conn, caller, item, at)]
        return await views_of(conn, caller, found, at, short=True)


async def knows(conn: AsyncConnection, caller: Caller, item: Emergency, at: datetime) -> bool:
    """True for what has begun, which every owner is told of; a mere proposal is between those who could decide."""
    overseeing = bool(caller.operator.roles & READERS)
    return item.began_at is not None or overseeing or await holds(conn, caller, item, at)


async def holds(conn: AsyncConnection, caller: Caller, item: Emergency, at: datetime) -> bool:
    """True if the caller may share everything in the scope."""
    held = await grants.for_operator(conn, caller.operator, at)
    try:
        pointed = await target_of(conn, caller, held, item.scope_kind, item.scope_id, False, at)
    except NotFound:
        return False
    return pointed.covers(held, caller.operator, Action.SHARE, at)


async def one(office: Office, caller: Caller, emergency_id: str) -> EmergencyView:
    """The emergency with its steps. Raises ``NotFound``."""
    async with office.store.read() as conn:
        at = office.clock.now()
        item = await emergencies.get(conn, emergency_id)
        if item is None or not _reads(caller) or not await knows(conn, caller, item, at):
            raise NotFound("emergency")
        return (await views_of(conn, caller, [item], at))[0]


async def report(office: Office, caller: Caller, emergency_id: str) -> ReportView:
    """What was watched, for each owner of its own cameras, for the audit manager of all. Raises ``NotFound``."""
    at = office.clock.now()
    async with office.store.read() as conn:
        item = await emergencies.get(conn, emergency_id)
        whole = Role.AUDIT_MANAGER in caller.operator.roles
        owners = None if whole else (await rights_of(conn, caller, at)).owners
        if item is None or item.began_at is None or (owners is not None and not owners):
            raise NotFound("emergency")
        looks = await emergencies.watched(conn, item.id, owners)
        view = (await views_of(conn, caller, [item], at))[0]
        homes = await organisations.by_id(conn)
        people = await operators.many(conn, {look.operator_id for look in looks})
        files = await cameras.many(conn, {look.camera_id for look in looks})
    lines = []
    for look in looks:
        home, camera = homes.get(look.organisation_id), files.get(look.camera_id)
        lines.append(
            LookView(
                at=look.started_at,
                until=look.ended_at,
                operator_name=_name(people.get(look.operator_id)),
                organisation_name_zh="" if home is None else home.name_zh,
                organisation_name_en="" if home is None else home.name_en,
                camera_id=look.camera_id,
                camera_name_zh="" if camera is None else camera.name_zh,
                camera_name_en="" if camera is None else camera.name_en,
                owner_id=look.owner_id,
                action=Action(look.action),
                purpose=look.purpose,
            )
        )
    hours = Counter(look.started_at.replace(minute=0, second=0, microsecond=0) for look in looks)
    return ReportView(
        emergency=view,
        looks=len(looks),
        people=len({look.operator_id for look in looks}),
        by_owner=_counted(looks, [look.owner_id for look in looks], homes, at),
        by_organisation=_counted(looks, [look.organisation_id for look in looks], homes, at),
        by_hour=[HourView(hour, count) for hour, count in sorted(hours.items())],
        lines=lines,
    )


async def views_of(
    conn: AsyncConnection, caller: Caller, found: Sequence[Emergency], at: datetime, *, short: bool = False
) -> list[EmergencyView]:
    """The views; ``short`` ones without steps and reason."""
    if not found:
        return []
    steps = {item.id: [] if short else await emergencies.steps(conn, item.id) for item in found}
    ids = {item.proposed_by for item in found} | {step.operator_id for trail in steps.values() for step in trail}
    people = await operators.many(conn, ids - {SYSTEM})
    homes = await organisations.by_id(conn)
    towns = {one.code: (one.name_zh, one.name_en) for one in await places.every_township(conn)}
    drawn = await areas.many(conn, [item.scope_id for item in found if item.scope_kind is TargetKind.AREA])
    sharing = (await rights_of(conn, caller, at)).owners >= homes.keys()
    views = []
    for item in found:
        who, live = caller.operator.id, item.state is EmergencyState.RUNNING
        area = drawn.get(item.scope_id)
        name = towns.get(item.scope_id, ("", "")) if area is None else (area.name_zh, area.name_en)
        views.append(
            EmergencyView(
                id=item.id,
                name=item.name,
                reason="" if short else item.reason,
                state=item.state,
                scope_kind=item.scope_kind,
                scope_id=item.scope_id,
                scope_name_zh=name[0],
                scope_name_en=name[1],
                widened=[_widened(one.organisation_id, one.role, homes) for one in item.widened],
                actions=sorted(item.actions),
                hours=item.lasts.total_seconds() / 3600,
                proposed_by_name=_name(people.get(item.proposed_by)),
                proposed_at=item.proposed_at,
                open_until=item.proposed_at + PROPOSED_FOR,
                began_at=item.began_at,
                ends_at=item.ends_at,
                ended_at=item.ended_at,
                renewals=item.renewals,
                version=item.version,
                may_approve=sharing and why_not_approve(item, who, at) is None,
                may_renew=sharing and why_not_renew(item, who, at) is None,
                may_end=sharing and live,
                steps=[_step(step, people) for step in steps[item.id]],
            )
        )
    return views


def _reads(caller: Caller) -> bool:
    return Action.SHARE in caller.operator.ceiling or bool(caller.operator.roles & READERS)


def _widened(organisation_id: str, role: Role | None, homes: dict[str, Organisation]) -> WidenedView:
    home = homes.get(organisation_id)
    names = ("", "") if home is None else (home.name_zh, home.name_en)
    return WidenedView(organisation_id, *names, role)


def _step(step: EmergencyStep, people: dict[str, Operator]) -> StepView:
    return StepView(step.at, step.kind, _name(people.get(step.operator_id)), step.until, step.text)


def _name(person: Operator | None) -> str:
    return "" if person is None else person.name


def _counted(
    looks: Sequence[Watched], keys: Sequence[str], homes: dict[str, Organisation], at: datetime
) -> list[CountView]:
    found: dict[str, list[Watched]] = {}
    for key, look in zip(keys, looks, strict=True):
        found.setdefault(key, []).append(look)
    counted = []
    for key, mine in found.items():
        home = homes.get(key)
        seconds = sum(((look.ended_at or at) - look.started_at).total_seconds() for look in mine)
        names = ("", "") if home is None else (home.name_zh, home.name_en)
        counted.append(CountView(key, *names, len(mine), len({look.camera_id for look in mine}), round(seconds, 1)))
    return sorted(counted, key=lambda one: (-one.looks, one.id))
