"""The sample district without its cameras' pictures, but with something to see on every page of the console."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update

from gateway.bus.local import LocalBus
from gateway.clock import SystemClock, new_id
from gateway.domain.events import Event, Phase
from gateway.domain.observations import Box, ObservationKind
from gateway.services.evidence import EvidenceRoom
from gateway.services.office import Office
from gateway.settings import config_folder
from gateway.storage import accepting
from gateway.storage.secrets import open_box
from gateway.storage.store import open_store, sqlite_url
from gateway.storage.tables import cameras, recorders
from gateway.worker.clips import mp4
from tests.integration.exporting import photo
from tests.running import District, items, running_district
from tests.seeded import seed
from tests.unit.media.test_fmp4 import encoded

CAMERAS = tuple(f"TZ-001-{number:03d}" for number in range(1, 9))
TOWNSHIP = "T-320612001"
SETTINGS = {
    "workers": {"count": 1},
    "sessions": {"second_factor": "offered"},
    "detection": {"extra_rules": str(config_folder() / "sample" / "rules.yaml")},
    "oversight": {"public_page": True, "contact": "0513-00000000 (示例)"},
}


@contextmanager
def furnished_district(data: Path, port: int) -> Iterator[District]:
    """No camera answers, so that the processors are the browser's."""
    # Playwright has a loop of its own in this thread.
    with ThreadPoolExecutor(1) as beside:
        passwords = beside.submit(lambda: asyncio.run(_seeded(data))).result()
    with running_district(data, port, config=SETTINGS, sample=False) as district:
        district.passwords = passwords
        furnish(district)
        yield district


async def _seeded(data: Path) -> dict[str, str]:
    """The sample, with an event, its still and its clip at each of the cameras; the passwords by login."""
    accounts = await seed(data)
    clip = mp4(encoded(frames=20, size=(640, 360)))
    clock = SystemClock()
    async with open_store(sqlite_url(data / "gateway.sqlite3")) as store:
        office = Office(store, clock, LocalBus(), "gateway-furnishing", data, open_box(data))
        room = EvidenceRoom(office, data / "evidence", 1 << 30, timedelta(days=30))
        happened = [_event(camera, number, clock) for number, camera in enumerate(CAMERAS)]
        async with store.begin() as conn:
            # Nothing answers there; the sample's own addresses may be another district's on this machine.
            for devices in (cameras, recorders):
                await conn.execute(update(devices).values(host="127.0.0.1", rtsp_port=9, onvif_port=None))
            await accepting.accept(conn, happened, "worker-1", clock.now(), lambda: new_id(clock))
        for number, event in enumerate(happened):
            still = photo(60 + 10 * number)
            await room.take(event.id, "still", still, hashlib.sha256(still).hexdigest(), "image/jpeg")
            await room.take(event.id, "clip", clip, hashlib.sha256(clip).hexdigest(), "video/mp4")
    return {one.login: one.password for one in accounts}


def _event(camera: str, number: int, clock: SystemClock) -> Event:
    at = (clock.now() - timedelta(minutes=30 - number)).timestamp()
    # A fault goes straight to maintenance, the others to whoever assesses them.
    kind, rule = (ObservationKind.FREEZE, "freeze") if number == 7 else (ObservationKind.ANOMALY, "anomaly-people")
    return Event(
        id=new_id(clock),
        camera_id=camera,
        rule_id=rule,
        kind=kind,
        phase=Phase.OPEN,
        opened_at=at,
        last_at=at + 20,
        picture_at=at,
        box=Box(0.1, 0.1, 0.2, 0.2),
        measure=2.0,
        threshold=1.0,
        fault=number == 7,
        why={"cell": "3,4"},
    )


def later(**much: float) -> str:
    """A time from now on, as the API takes it."""
    return (datetime.now(UTC) + timedelta(**much)).isoformat()


def made(answer: httpx.Response) -> dict[str, Any]:
    """What was made; says what was wrong otherwise."""
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
    found: dict[str, Any] = answer.json()
    return found


def furnish(district: District) -> None:
    """Has people do a shift's work."""
    with district.client("leader") as leader, district.client("district") as duty:
        _tickets(leader)
        _shares(leader, duty)
        _emergencies(leader, duty)
    with district.client("leader") as leader, district.client("jinsha") as township:
        _exports(leader, township)
        _holds(leader, township)
        _request(township)
        _inquiries(leader, township)
    with district.client("system") as system:
        service = {"login": "drainage", "name": "排水调度(示例)", "organisation_id": "D16"}
        service_id = made(system.post("/api/v1/service-accounts", json=service))["id"]
        token = {"label": "调度大屏(示例)", "scopes": ["directory", "list"], "purpose": "PS-FLOOD", "days": 30}
        seeing = {"label": "闸口画面(示例)", "scopes": ["view_live"], "purpose": "PS-FLOOD", "days": 30}
        for one in (token, seeing):
            made(system.post(f"/api/v1/service-accounts/{service_id}/tokens", json=one))
        _accounts(system)
    with district.client("audit") as audit, district.client("system") as system:
        _erasure(audit, system)
        audit.post("/api/v1/audit/verification")
        made(audit.post("/api/v1/audit/roots"))


def _accounts(system: httpx.Client) -> None:
    """A new one and a wider role, both of which wait for the security manager."""
    newcomer = {"login": "newcomer", "name": "新来的(示例)", "organisation_id": "district"}
    made(system.post("/api/v1/operators", json=newcomer | {"roles": ["district_operator"]}))
    wider = next(one["id"] for one in items(system, "/api/v1/operators") if one["login"] == "xiting")
    made(system.patch(f"/api/v1/operators/{wider}", json={"organisation_id": "district"}))


def _tickets(leader: httpx.Client) -> None:
    """Four confirmed and in different states, one put aside, two left."""
    for number, candidate in enumerate(items(leader, "/api/v1/candidates", state="open")[:5]):
        path = f"/api/v1/candidates/{candidate['id']}"
        if number == 4:
            made(leader.post(f"{path}/dismiss", json={"reason": "树影晃动(示例)", "version": candidate["version"]}))
            continue
        decided = {"category": "3206120102", "note": "路边堆放(示例)", "urgent": number == 3}
        ticket = made(leader.post(f"{path}/confirm", json=decided | {"version": candidate["version"]}))
        for state in ("SENT", "WORK", "DONE")[:number]:
            move = {"to": state, "why": "已到场(示例)", "version": ticket["version"]}
            ticket = made(leader.post(f"/api/v1/tickets/{ticket['id']}/moves", json=move))


def _exports(leader: httpx.Client, township: httpx.Client) -> None:
    """One of each variant that was approved, and one of each that waits."""
    span = {"since": later(hours=-2), "until": later(minutes=-1)}
    why = {"reason": "交通事故取证(示例)", "receiver": "交警大队(示例)", "letter": "2026-118"}
    for several in (CAMERAS[1:2], CAMERAS[:2]):
        for variant in ("evidence", "public"):
            wish = {"cameras": list(several), "variant": variant}
            asked = made(leader.post("/api/v1/exports", json=span | why | wish))
            if len(several) == 1:
                part = f"/api/v1/exports/{asked['id']}/parts/{asked['parts'][0]['id']}"
                made(township.post(f"{part}/approve", json={}))


def _shares(leader: httpx.Client, duty: httpx.Client) -> None:
    grant = {
        "grantee_kind": "organisation",
        "grantee_id": "T-320612004",
        "target_kind": "camera",
        "reason": "联动(示例)",
    }
    for camera, days in ((CAMERAS[0], 3), (CAMERAS[1], 60)):
        given = grant | {"target_id": camera, "actions": ["view_live"], "not_after": later(days=days)}
        made(leader.post("/api/v1/grants", json=given))
    me = duty.get("/api/v1/session").json()["operator"]["id"]
    deputy = {"deputy_id": me, "not_after": later(days=2), "reason": "外出培训(示例)"}
    made(leader.post("/api/v1/delegations", json=deputy))
    group = {"name_zh": "河道点位(示例)", "name_en": "River (sample)", "tags": ["防汛"]}
    group_id = made(leader.post("/api/v1/camera-groups", json=group))["id"]
    leader.post(f"/api/v1/camera-groups/{group_id}/cameras", json={"put_in": list(CAMERAS[:3])})


def _emergencies(leader: httpx.Client, duty: httpx.Client) -> None:
    """One that is over, and one that waits to be approved."""
    wish = {"reason": "水位超警戒(示例)", "widened": [{"organisation_id": "D16"}], "hours": 2}
    over = made(duty.post("/api/v1/emergencies", json=wish | {"name": "7号闸险情(示例)"}))
    made(leader.post(f"/api/v1/emergencies/{over['id']}/approve"))
    made(leader.post(f"/api/v1/emergencies/{over['id']}/end", json={"reason": "险情解除(示例)"}))
    made(duty.post("/api/v1/emergencies", json=wish | {"name": "危化品泄漏(示例)"}))


def _holds(leader: httpx.Client, township: httpx.Client) -> None:
    """One that stands, on a camera of the township's, and one that waits."""
    hold = {"since": later(hours=-2), "until": later(minutes=-1)}
    why = {"reason": "案件调查(示例)", "letter": "2026-201", "ends_at": later(days=30)}
    for camera in CAMERAS[:2]:
        asked = made(leader.post("/api/v1/legal-holds", json=hold | why | {"camera_id": camera}))
    made(township.post(f"/api/v1/legal-holds/{asked['id']}/decision", json={"approve": True}))


def _request(township: httpx.Client) -> None:
    wish = {
        "scope": {"kind": "owner", "ids": ["D16"]},
        "actions": ["view_live"],
        "purposes": ["PS-FLOOD"],
        "not_after": later(days=1),
        "reason": "闸口水位上涨(示例)",
    }
    made(township.post("/api/v1/requests", json=wish))


def _inquiries(desk: httpx.Client, unit: httpx.Client) -> None:
    """One of a child's guardian at each step of its way, the last of them answered."""
    supervisor = unit.get("/api/v1/session").json()["operator"]["id"]
    span = {"since": later(hours=-2), "until": later(hours=-1)}
    place, words = "二楼值班室(示例)", {"text": "已当面查阅(示例)"}
    way: list[tuple[httpx.Client, str, dict[str, Any]]] = [
        (desk, "identity", {"document": "id_card", "relation": "guardianship"}),
        (unit, "consent", {"approve": True}),
        (desk, "appointment", {"when": later(days=1), "place": place}),
        (desk, "viewing", span | {"supervisor_id": supervisor, "cameras": [CAMERAS[1]]}),
        (desk, "reply", words),
    ]
    who = {"asker": "guardian", "name": "张某某(示例)", "contact": "示例 000-0000"}
    what = {"place": "路口东南角(示例)", "why": "自行车被撞倒(示例)", "cameras": [CAMERAS[1]]}
    for far in range(len(way) + 1):
        one = made(desk.post("/api/v1/inquiries", json=who | what | span))
        for mover, tail, body in way[:far]:
            one = made(mover.post(f"/api/v1/inquiries/{one['id']}/{tail}", json=body | {"version": one["version"]}))


def _erasure(audit: httpx.Client, system: httpx.Client) -> None:
    """A typed text is erased on an order."""
    words = "交警大队(示例)"
    typed = items(audit, "/api/v1/audit", text=words)[-1]["typed"]
    erased = next(one["id"] for one in typed.values() if one["text"] == words)
    order = {"reason": "示例字〔2026〕7号通知"}
    assert system.post(f"/api/v1/audit/texts/{erased}/erasure", json=order).status_code == 204
