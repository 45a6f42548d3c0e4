"""A small district for tests: three organisations beside the centre, cameras of each, and people of every role."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from gateway.bus.local import LocalBus
from gateway.domain.accounts import AccountRules
from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, CameraKind, Place, Recorder, Site, StreamAddress
from gateway.domain.categories import Category
from gateway.domain.events import Event, Phase
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.domain.messages import Message
from gateway.domain.observations import FAULTS, Box, ObservationKind
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.domain.packets import StreamKind
from gateway.domain.places import Grid, Township
from gateway.services.doorkeeping import hash_password
from gateway.services.office import Office, new_id
from gateway.storage import accepting, cameras, categories, grants, operators, organisations, places, recorders, sites
from gateway.storage.cameras import NewCamera
from gateway.storage.operators import Account
from gateway.storage.secrets import SecretBox
from gateway.storage.store import Store

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""A Monday, nine in the morning in Shanghai."""

PASSWORD = "correct horse 42"
HASH = hash_password(PASSWORD)
RULES = AccountRules(second_factor_required=False)
"""As the sample has them; tests of the second factor say otherwise."""
WATCHING = frozenset(Action) - {Action.MANAGE, Action.SHARE}

A, B, DEPARTMENT = "T-320612001", "T-320612004", "D20"
OWNERS = (A, B, DEPARTMENT)


@dataclass
class FakeClock:
    """A clock that stands still until told."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class RememberingBus(LocalBus):
    """The bus of one process, which also remembers what was rung."""

    def __init__(self) -> None:
        super().__init__()
        self.rung: list[Message] = []

    async def publish(self, message: Message) -> None:
        self.rung.append(message)
        await super().publish(message)


@dataclass
class World:
    """The office with everything in it; names and ids of cameras are random, so that a leak cannot hide."""

    office: Office
    clock: FakeClock
    bus: RememberingBus
    cameras: dict[str, list[Camera]] = field(default_factory=dict)
    recorders: dict[str, Recorder] = field(default_factory=dict)
    people: dict[str, Operator] = field(default_factory=dict)
    candidates: dict[str, str] = field(default_factory=dict)
    """Candidate ids by camera id."""
    rooms: Any = None
    """The WebRTC sessions of the application, once there is one."""
    evidence: Any = None
    """Its room of evidence."""

    def camera(self, owner: str, index: int = 0) -> Camera:
        return self.cameras[owner][index]

    def secrets_of(self, owner: str) -> set[str]:
        """What nobody else may read: ids, names and addresses of that owner's cameras."""
        words: set[str] = set()
        for camera in self.cameras[owner]:
            words |= {camera.id, camera.gb_id, camera.name_zh, camera.name_en, camera.host, camera.streams[0].path}
            words.add(self.candidates[camera.id])
        words |= {self.recorders[owner].id, self.recorders[owner].name_zh}
        return words


def square(longitude: float, latitude: float, size: float) -> tuple[tuple[float, float], ...]:
    """A square outline with that south-west corner."""
    return (
        (longitude, latitude),
        (longitude + size, latitude),
        (longitude + size, latitude + size),
        (longitude, latitude + size),
    )


PLACES = {A: ("320612001", 121.0, 32.0), B: ("320612004", 121.2, 32.0), DEPARTMENT: ("320612001", 121.05, 32.05)}

PEOPLE = (
    ("district", "district", Role.DISTRICT_OPERATOR),
    ("leader", "district", Role.SHIFT_LEADER),
    ("jinsha", A, Role.TOWNSHIP_OPERATOR),
    ("jinxin", B, Role.TOWNSHIP_OPERATOR),
    ("transport", DEPARTMENT, Role.DEPARTMENT_STAFF),
    ("grid1", A, Role.GRID_MEMBER),
    ("system", "district", Role.SYSTEM_MANAGER),
    ("security", "district", Role.SECURITY_MANAGER),
    ("audit", "district", Role.AUDIT_MANAGER),
)


def empty(store: Store, data: Path) -> World:
    """An office over the store, with nobody and nothing in it."""
    clock, bus = FakeClock(), RememberingBus()
    office = Office(store, clock, bus, "gateway-test", data, SecretBox(secrets.token_bytes(32)), rules=RULES)
    return World(office, clock, bus)


def again(built: World, store: Store, data: Path) -> World:
    """The same district over a copy of its database, at its beginning; what tests do to it they do to their own."""
    world = empty(store, data)
    world.cameras = {owner: list(found) for owner, found in built.cameras.items()}
    world.recorders, world.people, world.candidates = {**built.recorders}, {**built.people}, {**built.candidates}
    return world


async def build(store: Store, data: Path) -> World:
    """Fills the store."""
    world = empty(store, data)
    bus = world.bus
    async with store.begin() as conn:
        await organisations.replace(
            conn,
            [
                Organisation("district", OrganisationKind.DISTRICT, "区指挥中心", "District centre"),
                Organisation(A, OrganisationKind.TOWNSHIP, "金沙街道", "Jinsha", "district", "320612001"),
                Organisation(B, OrganisationKind.TOWNSHIP, "金新街道", "Jinxin", "district", "320612004"),
                Organisation(DEPARTMENT, OrganisationKind.DEPARTMENT, "交通局", "Transport", "district"),
            ],
        )
        await places.replace_townships(
            conn,
            [
                Township("320612001", "金沙街道", "Jinsha", square(121.0, 32.0, 0.1)),
                Township("320612004", "金新街道", "Jinxin", square(121.2, 32.0, 0.1)),
            ],
        )
        for login, home, role in PEOPLE:
            await _person(conn, world, login, home, role)
        await places.replace_grids(
            conn,
            [
                Grid("320612001001001", "320612001", "一", square(121.0, 32.0, 0.1), world.people["grid1"].id),
                Grid("320612004001001", "320612004", "二", square(121.2, 32.0, 0.1)),
            ],
        )
        await categories.replace(
            conn,
            [
                Category("3206120102", "01", "市容", "City", "暴露垃圾", "Exposed refuse", "work_hours", 4),
                Category("3206120409", "04", "突发", "Sudden", "群发性事件", "Mass event", "urgent_hours", 4, False),
            ],
        )
        for owner in OWNERS:
            await _cameras(conn, world, owner)
        await _policies(conn, world)
    await _candidates(world)
    bus.rung.clear()
    return world


async def _person(conn, world, login, home, role) -> None:  # type: ignore[no-untyped-def]
    operator = Operator(new_id(START), login, f"{login} 示例", home, frozenset({role}))
    await operators.insert(conn, Account(operator, HASH, 0, None, START))
    world.people[login] = operator


async def _cameras(conn, world, owner) -> None:  # type: ignore[no-untyped-def]
    township, longitude, latitude = PLACES[owner]
    place = Place(latitude + 0.01, longitude + 0.01)
    site = Site(f"S-{secrets.token_hex(6)}", f"点位{secrets.token_hex(6)}", "", owner, place)
    await sites.replace(conn, [site])
    recorder = Recorder(
        f"R-{secrets.token_hex(6)}",
        f"录像机{secrets.token_hex(6)}",
        "",
        site.id,
        owner,
        "127.30.0.1",
        554,
        80,
        None,
        8,
        4,
    )
    await recorders.replace(conn, [recorder])
    world.recorders[owner] = recorder
    made = []
    for index in range(3):
        word = secrets.token_hex(8)
        made.append(
            Camera(
                id=f"TZ-{word}",
                gb_id=f"3206120100132{secrets.randbelow(10**7):07d}",
                name_zh=f"路口{word}",
                name_en=f"Junction {word}",
                kind=list(CameraKind)[index],
                owner_id=owner,
                maintainer_id=owner,
                township_code=township,
                site_id=site.id,
                place=place,
                scheme="rtsp",
                host=f"{word}.example",
                rtsp_port=554,
                onvif_port=None,
                credential_id=None,
                streams=(StreamAddress(StreamKind.SUB, f"/{word}/sub"),),
                purposes=("PS-ORDER",),
                recorder_id=recorder.id if index == 2 else None,
                channel=1 if index == 2 else None,
            )
        )
    await cameras.replace(conn, [NewCamera(camera) for camera in made], START)
    world.cameras[owner] = made


def policy(holder: tuple[GranteeKind, str], target: tuple[TargetKind, str], actions: frozenset[Action]) -> Grant:
    """A standing rule as the sample has them."""
    return Grant(
        new_id(START),
        Effect.ALLOW,
        holder[0],
        holder[1],
        target[0],
        target[1],
        actions,
        None,
        START - timedelta(days=1),
        None,
        "system",
        "standing rule",
        START,
    )


async def _policies(conn, world) -> None:  # type: ignore[no-untyped-def]
    everything = (TargetKind.ALL, "")
    for role in (Role.DISTRICT_OPERATOR, Role.SHIFT_LEADER):
        await grants.insert(conn, policy((GranteeKind.ROLE, role), everything, frozenset(Action)), "district")
    for role in (Role.SYSTEM_MANAGER, Role.SECURITY_MANAGER, Role.AUDIT_MANAGER):
        seen = frozenset({Action.DIRECTORY, Action.LIST})
        await grants.insert(conn, policy((GranteeKind.ROLE, role), everything, seen), "managers")
    for owner in OWNERS:
        own = policy((GranteeKind.ORGANISATION, owner), (TargetKind.OWNED_BY, owner), frozenset(Action))
        await grants.insert(conn, own, "own")


def event_of(camera: Camera, at: datetime, kind: ObservationKind = ObservationKind.ANOMALY) -> Event:
    """An event that was opened on the camera at that time."""
    moment = at.timestamp()
    return Event(
        id=new_id(at),
        camera_id=camera.id,
        rule_id=f"rule-{kind}",
        kind=kind,
        phase=Phase.OPEN,
        opened_at=moment,
        last_at=moment,
        picture_at=moment,
        box=Box(0.1, 0.1, 0.2, 0.2),
        measure=2.0,
        threshold=1.0,
        fault=kind in FAULTS,
        why={"cell": "3,4"},
    )


async def happen(world: World, camera: Camera, kind: ObservationKind = ObservationKind.ANOMALY) -> str:
    """An event on the camera; returns its candidate's id."""
    at = world.clock.now()
    async with world.office.store.begin() as conn:
        accepted = await accepting.accept(conn, [event_of(camera, at, kind)], "worker-1", at, lambda: new_id(at))
    return accepted.candidates[0].id


async def _candidates(world: World) -> None:
    for owner in OWNERS:
        for camera in world.cameras[owner]:
            world.candidates[camera.id] = await happen(world, camera)


HEADERS = {"X-Requested-By": "console"}
REMOTE = "192.0.2.50"
"""Where people sit: never at the gateway's own machine."""


def client_of(app: FastAPI, origin: str = "http://gateway.test") -> httpx.AsyncClient:
    """A browser without a session."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(REMOTE, 40000))
    return httpx.AsyncClient(transport=transport, base_url=f"{origin}/api/v1", headers=HEADERS)


async def signed_in(app: FastAPI, login: str, origin: str = "http://gateway.test") -> httpx.AsyncClient:
    """A browser in which that person has signed in."""
    client = client_of(app, origin)
    answer = await client.post("/session", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return client


def new_camera(**more: Any) -> dict[str, Any]:
    """What is said of a camera of A's that is to be added."""
    return {
        "name_zh": "新路口(示例)",
        "kind": "junction",
        "scheme": "rtsp",
        "host": "192.0.2.10",
        "streams": [{"kind": "main", "path": "/main"}],
        "owner_id": A,
        "township_code": "320612001",
        "purposes": ["PS-TRAFFIC"],
        "latitude": 32.05,
        "longitude": 121.05,
        "filing": {"need_statement": "路口秩序(示例)"},
    } | more
