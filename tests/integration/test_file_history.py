"""The history of every field: from the API and from loaded files, for those who may see it, and never a password."""

from __future__ import annotations

from typing import Any

from httpx import AsyncClient

from tests.integration.conftest import Browsers
from tests.integration.world import A, World, new_camera

SECRET = "a device's own password"


async def _lines(client: AsyncClient, address: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{address}/history")
    assert answer.status_code == 200, answer.text
    assert SECRET not in answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def _told(lines: list[dict[str, Any]]) -> list[tuple[str, Any, Any]]:
    return [(line["field"], line["old"], line["new"]) for line in lines]


async def test_every_changed_field_is_told_with_who_and_when(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    address = f"/cameras/{camera.id}"
    body = {
        "version": 1,
        "name_en": "North gate",
        "purposes": ["PS-FLOOD"],
        "need_statement": "防汛",
        "streams": [{"kind": "sub", "path": "/two"}],
        "username": "viewer",
        "password": SECRET,
        "kind": camera.kind.value,
    }
    assert (await owner.patch(address, json=body)).status_code == 200
    lines = await _lines(owner, address)
    path = camera.streams[0].path
    assert sorted(_told(lines)) == [
        ("name_en", camera.name_en, "North gate"),
        ("need_statement", "", "防汛"),
        ("password", None, None),
        ("purposes", ["PS-ORDER"], ["PS-FLOOD"]),
        ("sub_stream", f"{path} tcp", "/two tcp"),
        ("username", None, "viewer"),
    ]
    assert {(line["actor_id"], line["actor_name"], line["source"]) for line in lines} == {
        (world.people["jinsha"].id, "jinsha 示例", "api")
    }
    desk = await browser_of("district")
    assert {line["field"] for line in await _lines(desk, address)} == {"name_en", "need_statement", "purposes"}
    assert (await (await browser_of("jinxin")).get(f"{address}/history")).status_code == 404
    assert (await (await browser_of("grid1")).get(f"{address}/history")).status_code == 403


async def test_a_refused_change_leaves_no_line(world: World, browser_of: Browsers) -> None:
    owner, address = await browser_of("jinsha"), f"/cameras/{world.camera(A).id}"
    assert (await owner.patch(address, json={"version": 7, "name_en": "late"})).status_code == 409
    assert (await owner.patch(address, json={"version": 1, "purposes": []})).status_code == 422
    assert await _lines(owner, address) == []


async def test_loaded_files_write_the_history_of_cameras_recorders_and_sites(
    world: World, browser_of: Browsers
) -> None:
    leader, owner = await browser_of("leader"), await browser_of("jinsha")
    camera, recorder = world.camera(A, 2), world.recorders[A]
    rows = f"""
sites:
- {{id: {recorder.site_id}, name_zh: 新机房, organisation_id: {A}, latitude: 32.01, longitude: 121.01}}
- {{id: S-new, name_zh: 另一处, organisation_id: {A}, latitude: 32.01, longitude: 121.01}}
recorders:
- {{id: {recorder.id}, name_zh: {recorder.name_zh}, site_id: {recorder.site_id}, owner_id: {A}, host: 192.0.2.77,
   rtsp_port: 554, onvif_port: 80, channels: 8, max_opens: 4,
   credential: {{username: viewer, password: "{SECRET}"}}}}
cameras:
- {{id: {camera.id}, gb_id: '{camera.gb_id}', name_zh: 改名, name_en: {camera.name_en},
   kind: {camera.kind.value}, owner_id: {A}, township_code: '320612001', recorder_id: {recorder.id}, channel: 1,
   latitude: 32.01, longitude: 121.01, purposes: [PS-ORDER], civil_code: '320612',
   streams: [{{kind: sub, path: {camera.streams[0].path}}}]}}
"""
    file = {"file": ("x.yaml", rows.encode(), "application/yaml")}
    answer = await leader.post("/cameras/load?dry_run=true", files=file)
    assert answer.json()["problems"] == []
    assert await _lines(owner, f"/cameras/{camera.id}") == [], "a dry run writes nothing"
    assert (await leader.post("/cameras/load", files=file)).json()["problems"] == []
    told = _told(await _lines(owner, f"/cameras/{camera.id}"))
    assert ("name_zh", camera.name_zh, "改名") in told
    assert all(field not in {"host", "password"} for field, _, _ in told), "its address is the recorder's"
    lines = await _lines(owner, f"/recorders/{recorder.id}")
    assert sorted(_told(lines)) == [
        ("host", "127.30.0.1", "192.0.2.77"),
        ("password", None, None),
        ("username", None, "viewer"),
    ]
    assert {(line["actor_id"], line["source"]) for line in lines} == {(world.people["leader"].id, "load")}
    assert ("name_zh", "新机房") in [
        (one["field"], one["new"]) for one in await _lines(owner, f"/sites/{recorder.site_id}")
    ]
    assert (await (await browser_of("jinxin")).get(f"/recorders/{recorder.id}/history")).status_code == 404
    assert (await (await browser_of("jinxin")).get(f"/sites/{recorder.site_id}/history")).status_code == 404


async def test_a_new_camera_is_one_line(browser_of: Browsers) -> None:
    owner = await browser_of("jinsha")
    made = (await owner.post("/cameras", json=new_camera())).json()
    assert _told(await _lines(owner, f"/cameras/{made['id']}")) == [("created", None, "新路口(示例)")]
    assert _told(await _lines(owner, f"/sites/{made['site_id']}")) == [("created", None, "新路口(示例)")]
