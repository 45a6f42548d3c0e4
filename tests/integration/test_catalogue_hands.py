"""By a loaded file no more is changed than its loader could change by hand: whose a camera is, and what denies it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx
import pytest
import yaml

from gateway.storage import auditing
from gateway.storage.auditing import AuditQuery
from tests.integration.conftest import Browsers
from tests.integration.phone import enrol
from tests.integration.test_standing_denies import SENTENCE, _deny
from tests.integration.world import DEPARTMENT, A, B, World

Rows = dict[str, list[dict[str, Any]]]


async def _exported(leader: httpx.AsyncClient) -> Rows:
    """The catalogue as a file that has been loaded before, so that it changes nothing by itself."""
    data = (await leader.get("/cameras/export?format=yaml")).content
    file = {"file": ("x.yaml", data, "application/yaml")}
    assert (await leader.post("/cameras/load", files=file)).json()["problems"] == []
    found: Rows = yaml.safe_load((await leader.get("/cameras/export?format=yaml")).content)
    return found


async def _load(client: httpx.AsyncClient, rows: Rows, *, dry_run: bool = False) -> httpx.Response:
    data = yaml.safe_dump(rows, allow_unicode=True).encode()
    file = {"file": ("x.yaml", data, "application/yaml")}
    return await client.post("/cameras/load", params={"dry_run": dry_run}, files=file)


def _row(rows: Rows, camera_id: str) -> dict[str, Any]:
    return next(row for row in rows["cameras"] if row["id"] == camera_id)


@pytest.mark.parametrize(
    ("column", "value"),
    [("owner_id", B), ("maintainer_id", DEPARTMENT), ("township_code", "320612004"), ("kind", "water")],
)
async def test_r15_a_manager_hands_no_camera_over_by_a_file(
    world: World, browser_of: Browsers, column: str, value: str
) -> None:
    system, leader, camera = await browser_of("system"), await browser_of("leader"), world.camera(A)
    rows = await _exported(leader)
    _row(rows, camera.id)[column] = value
    for dry_run in (True, False):
        answer = (await _load(system, rows, dry_run=dry_run)).json()
        (problem,) = answer["problems"]
        assert (problem["noun"], problem["column"], problem["value"]) == ("cameras", column, value)
        assert problem["row"] > 0
        assert "manage" in problem["message"]
        assert answer["changed"] == 0
    file = (await leader.get(f"/cameras/{camera.id}")).json()
    assert (file["owner_id"], file["maintainer_id"], file["kind"]) == (A, A, camera.kind)
    rows = await _exported(leader)
    _row(rows, camera.id)["name_en"] = "Another name"
    assert (await _load(system, rows)).json()["changed"] == 1, "what no grant points at is theirs to keep"


async def test_r15_a_manager_hands_no_recorder_over_by_a_file(world: World, browser_of: Browsers) -> None:
    system, leader = await browser_of("system"), await browser_of("leader")
    site = {"id": "S-new", "name_zh": "机房（示例）", "organisation_id": A, "latitude": 32.01, "longitude": 121.01}
    recorder = {"id": "R-new", "name_zh": "录像机（示例）", "site_id": "S-new", "owner_id": A, "host": "192.0.2.77"}
    rows: Rows = {"sites": [site], "recorders": [recorder | {"channels": 8}]}
    assert (await _load(system, rows)).json()["problems"] == [], "a new one is theirs to file"
    rows["recorders"][0]["owner_id"] = B
    (problem,) = (await _load(system, rows)).json()["problems"]
    assert (problem["noun"], problem["column"], problem["value"]) == ("recorders", "owner_id", B)
    assert (await _load(leader, rows)).json()["problems"] == []


async def test_who_manages_every_camera_hands_them_over_with_a_fresh_proof_and_a_line_each(
    world: World, browser_of: Browsers
) -> None:
    leader = await browser_of("leader")
    phone = await enrol(leader, world.clock.now())
    world.clock.at += timedelta(minutes=11)
    ids = [camera.id for camera in world.cameras[A][:2]]
    for count in (1, 2):
        rows = await _exported(leader)
        for camera_id in ids[:count]:
            _row(rows, camera_id)["owner_id"] = B if count == 1 else DEPARTMENT
        assert (await _load(leader, rows, dry_run=True)).json()["changed"] == count
        answer = await _load(leader, rows)
        if count == 2:
            assert answer.json()["error"]["code"] == "second_factor_needed"
            assert (await leader.get(f"/cameras/{ids[1]}")).json()["owner_id"] == A
            proof = {"code": phone.code(world.clock.now())}
            assert (await leader.post("/session/second-factor/prove", json=proof)).status_code == 204
            answer = await _load(leader, rows)
        assert answer.json()["changed"] == count, answer.text
    async with world.office.store.read() as conn:
        lines = (await auditing.page(conn, AuditQuery(action="change_camera"))).items
    assert sorted(line.object_id for line in lines) == sorted([ids[0], *ids])
    assert all(line.detail["fields"] == ["owner_id"] for line in lines)


async def test_r14_no_camera_is_handed_over_by_a_file_without_its_line_of_the_audit(
    world: World, browser_of: Browsers
) -> None:
    leader, camera = await browser_of("leader"), world.camera(A)
    rows = await _exported(leader)
    _row(rows, camera.id)["owner_id"] = B
    with closing(sqlite3.connect(str(world.office.store.url.database))) as connection:
        refuse = "BEGIN SELECT RAISE(ABORT, 'no line today'); END"
        when = "BEFORE INSERT ON audit_entries WHEN NEW.action = 'change_camera'"
        connection.execute(f"CREATE TRIGGER no_line {when} {refuse}")
        assert (await _load(leader, rows)).status_code == 500
        connection.execute("DROP TRIGGER no_line")
    assert (await leader.get(f"/cameras/{camera.id}")).json()["owner_id"] == A
    assert (await _load(leader, rows)).json()["changed"] == 1
    assert (await leader.get(f"/cameras/{camera.id}")).json()["owner_id"] == B


async def test_many_cameras_change_owner_at_once_with_a_fresh_proof(world: World, browser_of: Browsers) -> None:
    leader = await browser_of("leader")
    phone = await enrol(leader, world.clock.now())
    world.clock.at += timedelta(minutes=11)
    items = [{"id": camera.id, "version": 1} for camera in world.cameras[A][:2]]
    body = {"items": items, "changes": {"owner_id": B}}
    refused = await leader.post("/cameras/bulk", json=body)
    assert refused.json()["error"]["code"] == "second_factor_needed"
    proof = {"code": phone.code(world.clock.now())}
    assert (await leader.post("/session/second-factor/prove", json=proof)).status_code == 204
    assert (await leader.post("/cameras/bulk", json=body)).status_code == 200


async def test_a_deny_is_not_shed_by_a_file(world: World, browser_of: Browsers) -> None:
    """Neither by filing the camera otherwise, nor by another address, nor by the same device under another name."""
    system, leader, camera = await browser_of("system"), await browser_of("leader"), world.camera(A)
    await _deny(leader, "camera", camera.id)
    rows = await _exported(leader)
    moved = await _exported(leader)
    _row(moved, camera.id)["host"] = "192.0.2.99"
    anew = await _exported(leader)
    twin = _row(anew, camera.id) | {"id": "C-twin", "gb_id": "32061201041329000009", "lifecycle": "draft"}
    anew["cameras"].append(twin)
    for wanted, row, column in ((moved, camera.id, "host"), (anew, "C-twin", "host")):
        (problem,) = (await _load(system, wanted)).json()["problems"]
        assert (SENTENCE in problem["message"], problem["column"]) == (True, column), (row, problem)
    assert (await _load(system, rows)).json()["problems"] == []
    assert (await _load(leader, moved)).json()["problems"] == [], "who may share every camera may"
