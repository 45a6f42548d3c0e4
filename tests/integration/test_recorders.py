"""A recorder with its channels added in one step, over HTTP."""

from __future__ import annotations

from statistics import median
from typing import Any

import httpx
import pytest

from gateway.domain.cameras import CameraState
from gateway.ports import Credential
from gateway.storage import cameras, credentials, recorders, status
from gateway.storage.status import CameraStatus
from tests.integration.conftest import Browsers
from tests.integration.world import A, B, World

PASSWORD = "the device's own password"


def _channel(number: int, **more: Any) -> dict[str, Any]:
    streams = [{"kind": "main", "path": f"/{number}01"}, {"kind": "sub", "path": f"/{number}02"}]
    return {"channel": number, "name_zh": f"通道{number}(示例)", "streams": streams} | more


def _recorder(**more: Any) -> dict[str, Any]:
    return {
        "name_zh": "录像机(示例)",
        "host": "192.0.2.11",
        "rtsp_port": 8554,
        "onvif_port": 8000,
        "username": "viewer",
        "password": PASSWORD,
        "max_opens": 12,
        "owner_id": A,
        "township_code": "320612001",
        "kind": "road",
        "purposes": ["PS-TRAFFIC"],
        "latitude": 32.05,
        "longitude": 121.05,
        "filing": {"need_statement": "道路交通秩序(示例)"},
        "channels": [_channel(1), _channel(3, kind="water", purposes=["PS-ORDER"], township_code="320612004")],
    } | more


async def test_a_recorder_and_its_cameras_are_added_with_one_address_and_one_password(
    world: World, browser_of: Browsers
) -> None:
    owner = await browser_of("jinsha")
    answer = await owner.post("/recorders", json=_recorder())
    assert answer.status_code == 201, answer.text
    assert PASSWORD not in answer.text
    made = answer.json()
    assert [one["channel"] for one in made["cameras"]] == [1, 3]
    async with world.office.store.read() as conn:
        kept = await recorders.get(conn, made["id"])
        assert kept is not None
        assert (kept.host, kept.rtsp_port, kept.onvif_port, kept.max_opens) == ("192.0.2.11", 8554, 8000, 12)
        found = await cameras.many(conn, [one["id"] for one in made["cameras"]])
        first, third = (found[one["id"]] for one in made["cameras"])
        own = (third.recorder_id, third.channel, third.host, third.rtsp_port, third.credential_id)
        assert own == (kept.id, 3, "192.0.2.11", 8554, kept.id)
        assert (first.kind, first.purposes, first.township_code) == ("road", ("PS-TRAFFIC",), "320612001")
        assert (third.kind, third.purposes, third.township_code) == ("water", ("PS-ORDER",), "320612004")
        assert await credentials.get(conn, world.office.box, kept.id) == Credential("viewer", PASSWORD)
    log = (await (await browser_of("audit")).get("/audit?limit=50")).json()["items"]
    noted = [(entry["action"], entry["object_id"]) for entry in log]
    assert ("add_recorder", made["id"]) in noted
    assert {("add_camera", one["id"]) for one in made["cameras"]} <= set(noted)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"owner_id": B}, 403),
        ({"channels": []}, 422),
        ({"channels": [_channel(1), _channel(1)]}, 422),
        ({"channels": [_channel(1, streams=[])]}, 422),
        ({"channels": [_channel(1), _channel(2, purposes=["no-such"])]}, 422),
        ({"channels": [_channel(1), _channel(2, township_code="no-such")]}, 422),
        ({"channels": [_channel(1), _channel(2, streams=[{"kind": "main", "path": "//u:p@h/x"}])]}, 422),
    ],
)
async def test_a_recorder_is_added_whole_or_not_at_all(
    world: World, browser_of: Browsers, more: dict[str, Any], status: int
) -> None:
    owner = await browser_of("jinsha")
    assert (await owner.post("/recorders", json=_recorder(**more))).status_code == status
    async with world.office.store.read() as conn:
        assert len(await recorders.every(conn)) == len(world.recorders)
        assert len(await cameras.every(conn)) == sum(map(len, world.cameras.values()))


async def test_a_password_in_a_path_is_sealed_and_not_kept_in_the_path(world: World, browser_of: Browsers) -> None:
    """Some makes sign in by the path: what is kept of it are marks, which the worker fills."""
    owner = await browser_of("jinsha")
    path = "/user=viewer&password=hunter2&channel=1&stream=0.sdp?real_stream"
    one = _channel(1, streams=[{"kind": "main", "path": path}])
    answer = await owner.post("/recorders", json=_recorder(username="", password="", channels=[one]))
    assert answer.status_code == 201, answer.text
    camera_id = answer.json()["cameras"][0]["id"]
    file = (await owner.get(f"/cameras/{camera_id}")).json()
    assert file["streams"][0]["path"] == "/user={username}&password={password}&channel=1&stream=0.sdp?real_stream"
    async with world.office.store.read() as conn:
        kept = await credentials.get(conn, world.office.box, answer.json()["id"])
    assert kept == Credential("viewer", "hunter2")
    differing = await owner.post("/recorders", json=_recorder(channels=[one]))
    assert (differing.status_code, "hunter2" in differing.text) == (422, False)
    changed = await owner.patch(f"/cameras/{camera_id}", json={"version": 1, "streams": one["streams"]})
    assert (changed.status_code, "hunter2" in changed.text) == (422, False)


async def test_a_recorders_one_clock_is_the_median_of_what_the_readers_own_channels_tell(
    world: World, browser_of: Browsers
) -> None:
    recorder = world.recorders[A]
    channels = [camera.id for camera in world.cameras[A] if camera.recorder_id == recorder.id]
    assert channels
    owner = await browser_of("jinsha")
    assert _clocks(await owner.get("/recorders"))[recorder.id] is None
    at = world.clock.now()
    told = [CameraStatus(name, CameraState.ONLINE, at, at, clock_offset=90.0 + n) for n, name in enumerate(channels)]
    async with world.office.store.begin() as conn:
        await status.put_all(conn, told)
    assert _clocks(await owner.get("/recorders"))[recorder.id] == 90.0 + (len(channels) - 1) / 2
    assert recorder.id not in _clocks(await (await browser_of("jinxin")).get("/recorders"))
    file = (await owner.get(f"/cameras/{channels[0]}")).json()
    assert file["status"]["clock_offset"] == 90.0
    async with world.office.store.begin() as conn:
        await status.put_all(conn, [CameraStatus(channels[0], CameraState.OFFLINE, at, at)])
    left = [90.0 + n for n in range(1, len(channels))]
    assert _clocks(await owner.get("/recorders"))[recorder.id] == (median(left) if left else None)


def _clocks(answer: httpx.Response) -> dict[str, float | None]:
    return {one["id"]: one["clock_offset"] for one in answer.json()}
