"""Changing many cameras at once: what the preview says, what is refused, and all or nothing."""

from __future__ import annotations

from typing import Any

from gateway.storage import auditing
from tests.integration.conftest import Browsers
from tests.integration.giving import grant_of
from tests.integration.world import DEPARTMENT, A, B, World


def _changes(preview: dict[str, Any]) -> dict[str, Any]:
    return {
        one["id"]: {change["field"]: (change["old"], change["new"]) for change in one["changes"]}
        for one in preview["items"]
    }


async def test_the_preview_says_what_changes_of_each_camera_and_changes_nothing(
    world: World, browser_of: Browsers
) -> None:
    owner = await browser_of("jinsha")
    body = {"changes": {"purposes": ["PS-FLOOD"], "record_save_days": 90, "maintainer_id": DEPARTMENT}}
    answer = await owner.post("/cameras/bulk/preview", json=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["changed"], told["unchanged"], told["refused"]) == (3, 0, 0)
    assert _changes(told) == {
        camera.id: {
            "purposes": (["PS-ORDER"], ["PS-FLOOD"]),
            "record_save_days": (30, 90),
            "maintainer_id": (A, DEPARTMENT),
        }
        for camera in world.cameras[A]
    }
    assert (await owner.get(f"/cameras/{world.camera(A).id}")).json()["version"] == 1
    one = {"ids": [world.camera(A).id, world.camera(B).id, "no-such"], "changes": {"record_save_days": 30}}
    few = (await owner.post("/cameras/bulk/preview", json=one)).json()
    assert [item["id"] for item in few["items"]] == [world.camera(A).id], "who may not know it is not told of it"
    assert few["unchanged"] == 1
    kind = world.camera(A, 1).kind.value
    filtered = {"filter": {"kind": kind}, "changes": {"enabled": False}}
    found = (await owner.post("/cameras/bulk/preview", json=filtered)).json()
    assert [item["id"] for item in found["items"]] == [world.camera(A, 1).id]


async def test_all_are_changed_in_one_go_with_one_line_of_audit_each(world: World, browser_of: Browsers) -> None:
    owner = await browser_of("jinsha")
    items = [{"id": camera.id, "version": 1} for camera in world.cameras[A]]
    changes = {"need_statement": "防汛值守(示例)", "place_type": "waterway"}
    answer = await owner.post("/cameras/bulk", json={"items": items, "changes": changes})
    assert (answer.status_code, answer.json()) == (200, {"changed": 3})
    for camera in world.cameras[A]:
        file = (await owner.get(f"/cameras/{camera.id}")).json()
        assert (file["version"], file["filing"]["place_type"]) == (2, "waterway")
        lines = (await owner.get(f"/cameras/{camera.id}/history")).json()["items"]
        assert {(line["field"], line["source"]) for line in lines} == {
            ("need_statement", "bulk"),
            ("place_type", "bulk"),
        }
    async with world.office.store.read() as conn:
        page = await auditing.page(conn, limit=100)
    audited = [entry.object_id for entry in page.items if entry.action == "change_camera"]
    assert sorted(audited) == sorted(camera.id for camera in world.cameras[A])


async def test_one_that_somebody_else_changed_keeps_all_as_they_were(world: World, browser_of: Browsers) -> None:
    owner = await browser_of("jinsha")
    last = world.camera(A, 2)
    assert (await owner.patch(f"/cameras/{last.id}", json={"version": 1, "name_en": "meanwhile"})).status_code == 200
    items = [{"id": camera.id, "version": 1} for camera in world.cameras[A]]
    answer = await owner.post("/cameras/bulk", json={"items": items, "changes": {"record_save_days": 60}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    for camera in world.cameras[A]:
        assert (await owner.get(f"/cameras/{camera.id}")).json()["filing"]["record_save_days"] == 30


async def test_what_is_refused_is_said_and_never_half_done(world: World, browser_of: Browsers) -> None:
    owner, leader, desk = await browser_of("jinsha"), await browser_of("leader"), await browser_of("district")
    away = (await owner.post("/cameras/bulk/preview", json={"changes": {"owner_id": B}})).json()
    assert (away["refused"], away["changed"]) == (3, 0), "nobody pushes cameras into somebody else's catalogue"
    given = (await leader.post("/cameras/bulk/preview", json={"changes": {"owner_id": B}})).json()
    assert given["refused"] == 0
    foreign = [{"id": world.camera(B).id, "version": 1}]
    assert (
        await owner.post("/cameras/bulk", json={"items": foreign, "changes": {"enabled": False}})
    ).status_code == 404
    own = [{"id": world.camera(A).id, "version": 1}]
    off = {"changes": {"enabled": False}}
    single = await desk.patch(f"/cameras/{own[0]['id']}", json={"version": 1, "enabled": False})
    for answer in (
        await desk.post("/cameras/bulk", json={"items": own} | off),
        await desk.post("/cameras/bulk/preview", json={"ids": [own[0]["id"]]} | off),
    ):
        assert (answer.status_code, answer.json()) == (403, single.json()), "like a single one's change"
    for changes, status in (
        ({}, 422),
        ({"purposes": []}, 422),
        ({"place_type": "toilet"}, 422),
        ({"owner_id": "no-such"}, 422),
        ({"site_id": "no-such"}, 422),
        ({"put_in": "no-such"}, 404),
        ({"host": "192.0.2.1"}, 422),
    ):
        for address, body in (("preview", {}), ("", {"items": own})):
            answer = await owner.post(f"/cameras/bulk/{address}".rstrip("/"), json=body | {"changes": changes})
            assert answer.status_code == status, (changes, answer.text)
    assert (await owner.get(f"/cameras/{world.camera(A).id}")).json()["version"] == 1


async def test_cameras_are_put_into_a_group_and_found_by_it(world: World, browser_of: Browsers) -> None:
    owner, other = await browser_of("jinsha"), await browser_of("jinxin")
    group = (await owner.post("/camera-groups", json={"name_zh": "防汛点(示例)", "tags": ["汛期"]})).json()["id"]
    items = [{"id": camera.id, "version": 1} for camera in world.cameras[A][:2]]
    changes = {"put_in": group, "purposes": ["PS-FLOOD"]}
    assert (await owner.post("/cameras/bulk", json={"items": items, "changes": changes})).json() == {"changed": 2}
    listed = {row["id"] for row in (await owner.get(f"/cameras?group={group}")).json()["items"]}
    assert listed == {item["id"] for item in items}
    assert (await other.get(f"/cameras?group={group}")).json()["items"] == []
    again = [{"id": items[0]["id"], "version": 2}]
    assert (await owner.post("/cameras/bulk", json={"items": again, "changes": {"take_out": group}})).status_code == 200
    assert [row["id"] for row in (await owner.get(f"/cameras?group={group}")).json()["items"]] == [items[1]["id"]]


async def test_the_preview_says_which_may_not_be_put_into_the_group(world: World, browser_of: Browsers) -> None:
    """Whoever puts a camera in hands it on to all who hold a grant on the group."""
    leader, owner = await browser_of("leader"), await browser_of("jinsha")
    group = (await owner.post("/camera-groups", json={"name_zh": "镇内(示例)"})).json()["id"]
    grant = grant_of(group, target_kind="group", actions=["directory"])
    assert (await leader.post("/grants", json=grant)).status_code == 201
    asked = {"changes": {"put_in": group}}
    own = (await owner.post("/cameras/bulk/preview", json=asked)).json()
    assert (own["refused"], own["unchanged"]) == (0, 3)
    denied = await leader.post("/grants", json=grant | {"effect": "deny", "actions": ["view_live"]})
    assert denied.status_code == 201, denied.text
    own = (await owner.post("/cameras/bulk/preview", json=asked)).json()
    assert own["refused"] == 3, "a denial on the group is only for who may share everything"
    items = [{"id": world.camera(A).id, "version": 1}]
    assert (await owner.post("/cameras/bulk", json={"items": items} | asked)).status_code == 409
    body = {"ids": [world.camera(A).id, world.camera(B).id], "changes": {"put_in": group}}
    assert (await leader.post("/cameras/bulk/preview", json=body)).json()["refused"] == 0
