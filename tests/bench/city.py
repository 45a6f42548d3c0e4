"""A city for the benchmarks of permission: 100,000 cameras of 200 organisations, and 5,000 grants among them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraKind, Place, Recorder, Site
from gateway.domain.conditions import Condition
from gateway.domain.grants import CameraFacts, Effect, Grant, GranteeKind, TargetKind
from gateway.domain.groups import Area, CameraGroup
from gateway.domain.hours import Hours
from gateway.domain.ids import uuid7
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.domain.schedules import schedule_from
from gateway.storage import areas, grants, groups, operators, organisations, recorders, sites
from gateway.storage.operators import Account
from gateway.storage.pinyin import initials
from gateway.storage.tables import cameras, group_cameras, streams

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
CAMERAS = 100_000
GRANTS = 5_000
KINDS = tuple(kind.value for kind in CameraKind)
TOWNS = tuple(f"3206120{number:02d}" for number in range(1, 15))
DEPARTMENTS = tuple(f"D{number:02d}" for number in range(1, 42))
TOWNSHIPS = tuple(f"T-{code}" for code in TOWNS)
COMMUNITIES = tuple(f"C-{code}{number:03d}" for code in TOWNS for number in range(1, 11))
OWNERS = (*DEPARTMENTS, *TOWNSHIPS, *COMMUNITIES)
GROUPS = tuple(f"group-{number:03d}" for number in range(200))
AREAS = tuple(f"area-{number:02d}" for number in range(60))
RECORDERS = tuple(f"R-{number:03d}" for number in range(500))
SEEN = frozenset({Action.DIRECTORY, Action.LIST, Action.VIEW_LIVE, Action.SEE_EVENTS})


@dataclass(frozen=True, slots=True)
class People:
    """Who lists: one with everything, one with three grants, and one to whom thousands of grants speak."""

    everything: Operator
    three: Operator
    many: Operator


def people() -> People:
    """The three, each in an organisation of their own."""
    leader, member = frozenset({Role.SHIFT_LEADER}), frozenset({Role.TOWNSHIP_OPERATOR})
    above = frozenset({"district", "T-320612001"})
    return People(
        Operator("everything", "everything", "everything", "district", leader),
        Operator("three", "three", "three", COMMUNITIES[0], member, above=above),
        Operator("many", "many", "many", "D41", frozenset({Role.DEPARTMENT_STAFF}), above=frozenset({"district"})),
    )


def tree() -> list[Organisation]:
    """The district, its departments and townships, and the townships' communities."""
    kind = OrganisationKind
    found = [Organisation("district", kind.DISTRICT, "区指挥中心", "District centre")]
    found += [Organisation(name, kind.DEPARTMENT, name, name, "district") for name in DEPARTMENTS]
    pairs = zip(TOWNSHIPS, TOWNS, strict=True)
    found += [Organisation(name, kind.TOWNSHIP, name, name, "district", code) for name, code in pairs]
    return found + [Organisation(name, kind.COMMUNITY, name, name, f"T-{name[2:11]}") for name in COMMUNITIES]


def grants_of_the_city(chance: random.Random) -> list[Grant]:
    """Everything for one, three for another, some 2,000 for the third, the rest for everybody else."""
    who = people()
    found = [
        _grant(chance, (GranteeKind.OPERATOR, who.everything.id), (TargetKind.ALL, ""), frozenset(Action)),
        _grant(chance, (GranteeKind.ORGANISATION, COMMUNITIES[0]), (TargetKind.OWNED_BY, COMMUNITIES[0])),
        _grant(chance, (GranteeKind.OPERATOR, who.three.id), (TargetKind.LOCATED_IN, TOWNS[3])),
        _grant(chance, (GranteeKind.OPERATOR, who.three.id), (TargetKind.GROUP, GROUPS[7])),
    ]
    while len(found) < 2_000:
        found.append(_limited(chance, _grant(chance, (GranteeKind.OPERATOR, who.many.id), _target(chance))))
    others = [name for name in OWNERS if name not in (COMMUNITIES[0], TOWNSHIPS[0], "D41")]
    while len(found) < GRANTS:
        holder = chance.choice([(GranteeKind.ORGANISATION, chance.choice(others)), (GranteeKind.OPERATOR, "somebody")])
        found.append(_limited(chance, _grant(chance, holder, _target(chance))))
    return found


def _target(chance: random.Random) -> tuple[TargetKind, str]:
    return chance.choices(
        [
            (TargetKind.CAMERA, f"K-{chance.randrange(CAMERAS):06d}"),
            (TargetKind.GROUP, chance.choice(GROUPS)),
            (TargetKind.AREA, chance.choice(AREAS)),
            (TargetKind.RECORDER, chance.choice(RECORDERS)),
            (TargetKind.OWNED_BY, chance.choice(OWNERS)),
            (TargetKind.MAINTAINED_BY, chance.choice(DEPARTMENTS)),
            (TargetKind.LOCATED_IN, chance.choice(TOWNS)),
            (TargetKind.KIND, chance.choice(KINDS)),
        ],
        [60, 12, 6, 8, 8, 2, 2, 2],
    )[0]


def _grant(
    chance: random.Random,
    holder: tuple[GranteeKind, str],
    target: tuple[TargetKind, str],
    actions: frozenset[Action] = SEEN,
) -> Grant:
    return Grant(
        uuid7(NOW, chance.randbytes(10)),
        Effect.ALLOW,
        *holder,
        *target,
        actions,
        None,
        NOW - timedelta(days=1),
        None,
        "bench",
        "for the measure",
        NOW,
    )


def _limited(chance: random.Random, bare: Grant) -> Grant:
    """Some deny, end, hold by the hour, for a purpose, under a condition or also below, as in daily use."""
    office = Hours(schedule_from({"days": ["mon", "tue", "wed", "thu", "fri"], "hours": ["08:00-18:00"]}))
    return replace(
        bare,
        effect=Effect.DENY if chance.random() < 0.01 and bare.target_kind is TargetKind.CAMERA else Effect.ALLOW,
        not_after=NOW + timedelta(days=chance.randrange(1, 90)) if chance.random() < 0.5 else None,
        hours=office if chance.random() < 0.2 else None,
        purposes=frozenset({"PS-FLOOD", "PS-ORDER"}) if chance.random() < 0.2 else None,
        conditions=frozenset({Condition.WATERMARK}) if chance.random() < 0.2 else frozenset(),
        target_below=bare.target_kind is TargetKind.OWNED_BY and chance.random() < 0.5,
    )


def some_facts(chance: random.Random, count: int) -> list[CameraFacts]:
    """Cameras as ``permits`` sees them, each in a few groups and areas."""
    lines = {item.id: item.parent_id for item in tree()}
    found = []
    for _ in range(count):
        owner, maintainer = chance.choice(OWNERS), chance.choice(DEPARTMENTS)
        parent = lines[owner]
        above = {"district"} | ({parent} if parent else set())
        found.append(
            CameraFacts(
                f"K-{chance.randrange(CAMERAS):06d}",
                owner,
                maintainer,
                chance.choice(TOWNS),
                chance.choice(KINDS),
                chance.choice(RECORDERS) if chance.random() < 0.3 else None,
                frozenset(above),
                frozenset({"district"}),
                frozenset(chance.sample(GROUPS, chance.randrange(4))),
                frozenset(chance.sample(AREAS, chance.randrange(3))),
            )
        )
    return found


async def build(connection: AsyncConnection) -> None:
    """Lays the whole city into an empty database."""
    chance = random.Random(20261123)
    await organisations.replace(connection, tree())
    for one in (people().everything, people().three, people().many):
        await operators.insert(connection, Account(one, "", 0, None, NOW))
    await sites.replace(connection, [Site("S", "站点", "", "district", Place(32.0, 121.0))])
    boxes = [Recorder(name, name, "", "S", "D01", "192.0.2.1", 554, None, None, 400, 16) for name in RECORDERS]
    await recorders.replace(connection, boxes)
    rows = [_camera(chance, number) for number in range(CAMERAS)]
    await _fill(connection, cameras, rows)
    await _fill(
        connection, streams, [{"camera_id": r["id"], "kind": "sub", "path": "/s", "transport": "tcp"} for r in rows]
    )
    for number, name in enumerate(GROUPS):
        await groups.insert(connection, CameraGroup(name, "district", name, name), "bench", NOW)
        members = chance.sample(range(CAMERAS), 10_000 if number < 2 else 300)
        await _fill(connection, group_cameras, [{"group_id": name, "camera_id": f"K-{m:06d}"} for m in members])
    for name in AREAS:
        west, south = 120.9 + chance.random() * 0.3, 31.9 + chance.random() * 0.3
        corners = ((west, south), (west + 0.05, south), (west + 0.05, south + 0.05), (west, south + 0.05))
        await areas.insert(connection, Area(name, "district", name, name, corners), "bench", NOW)
    for one in grants_of_the_city(chance):
        await grants.insert(connection, one)


async def analyse(connection: AsyncConnection) -> None:
    """Lets the database look at what it holds, as it does by itself in daily use."""
    await connection.execute(text("ANALYZE"))


async def _fill(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 5_000):
        await connection.execute(table.insert(), rows[start : start + 5_000])


def _camera(chance: random.Random, number: int) -> dict[str, Any]:
    name, town = f"{chance.choice('东南西北中')}{chance.choice('城江河山海')}路{number}号", chance.randrange(len(TOWNS))
    camera_id, gb_id = f"K-{number:06d}", f"3206120{town:02d}01329{number:06d}"
    in_box = number < len(RECORDERS) * 60
    return {
        "id": camera_id,
        "gb_id": gb_id,
        "name_zh": name,
        "name_en": f"Camera {number}",
        "initials": initials(name),
        "search": f"{camera_id} {gb_id} {name} camera {number}".lower(),
        "kind": chance.choice(KINDS),
        "owner_id": chance.choice(OWNERS),
        "maintainer_id": chance.choice(DEPARTMENTS),
        "township_code": TOWNS[town],
        "site_id": "S",
        "recorder_id": RECORDERS[number // 60] if in_box else None,
        "channel": number % 60 if in_box else None,
        "latitude": 31.9 + chance.random() * 0.4,
        "longitude": 120.9 + chance.random() * 0.4,
        "datum": "WGS-84",
        "scheme": "rtsp",
        "host": "192.0.2.1",
        "purposes": ["PS-ORDER"],
        "regime": "art7",
        "created_at": NOW,
        "updated_at": NOW,
    }
