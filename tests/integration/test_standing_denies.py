"""A deny is not shed by who is denied: neither by editing their file nor by adding the same device anew."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.storage import grants
from tests.integration.conftest import Browsers
from tests.integration.world import DEPARTMENT, A, World, new_camera, policy

OUTLINE = [[121.0, 32.0], [121.04, 32.0], [121.04, 32.04], [121.0, 32.04]]
SENTENCE = "a deny rests on"


async def _deny(leader: httpx.AsyncClient, kind: str, target: str) -> None:
    body = {"grantee_kind": "role", "grantee_id": "township_operator", "effect": "deny", "actions": ["view_live"]}
    about = {"target_kind": kind, "target_id": target, "reason": "示例:未经许可不得查看"}
    assert (await leader.post("/grants", json=body | about)).status_code == 201


async def _target(leader: httpx.AsyncClient, camera: Camera, kind: str) -> str:
    if kind == "area":
        area = (await leader.post("/areas", json={"name_zh": "河沿线", "polygon": OUTLINE})).json()
        return str(area["id"])
    facts = {"kind": camera.kind.value, "located_in": camera.township_code, "camera": camera.id}
    return facts.get(kind, A)


async def _sees(browser: httpx.AsyncClient, camera_id: str) -> bool:
    return "view_live" in (await browser.get(f"/cameras/{camera_id}")).json()["actions"]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("kind", {"kind": "water"}),
        ("located_in", {"township_code": "320612004"}),
        ("area", {"latitude": 32.09}),
        ("maintained_by", {"maintainer_id": DEPARTMENT}),
        ("owned_by", {"owner_id": DEPARTMENT}),
        ("camera", {"host": "192.0.2.99"}),
    ],
)
async def test_what_a_deny_rests_on_is_changed_by_who_may_share_every_camera(
    world: World, browser_of: Browsers, kind: str, change: dict[str, Any]
) -> None:
    leader, owner, camera = await browser_of("leader"), await browser_of("jinsha"), world.camera(A)
    async with world.office.store.begin() as conn:
        # they keep the department's files as well, so that only the deny speaks against the change of owner
        both = policy(
            (GranteeKind.ORGANISATION, A), (TargetKind.OWNED_BY, DEPARTMENT), frozenset(Action) - {Action.SHARE}
        )
        await grants.insert(conn, both, "both")
    assert await _sees(owner, camera.id)
    await _deny(leader, kind, await _target(leader, camera, kind))
    assert not await _sees(owner, camera.id)
    answer = await owner.patch(f"/cameras/{camera.id}", json={"version": 1} | change)
    assert answer.status_code == 403, answer.text
    assert SENTENCE in answer.text
    if "latitude" not in change and "host" not in change:
        items = [{"id": camera.id, "version": 1}]
        answer = await owner.post("/cameras/bulk", json={"items": items, "changes": change})
        assert answer.status_code == 409, answer.text
        assert SENTENCE in answer.text
    assert not await _sees(owner, camera.id)
    same = await owner.patch(f"/cameras/{camera.id}", json={"version": 1, "name_en": "Another name"})
    assert same.status_code == 200, "what no deny rests on stays theirs to change"
    moved = await leader.patch(f"/cameras/{camera.id}", json={"version": 2} | change)
    assert moved.status_code == 200, moved.text


async def test_a_fact_no_deny_rests_on_is_the_owners(world: World, browser_of: Browsers) -> None:
    leader, owner, camera = await browser_of("leader"), await browser_of("jinsha"), world.camera(A)
    await _deny(leader, "located_in", camera.township_code)
    for version, change in enumerate(({"kind": "water"}, {"latitude": 32.09}, {"maintainer_id": DEPARTMENT}), 1):
        answer = await owner.patch(f"/cameras/{camera.id}", json={"version": version} | change)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["camera", "kind"])
async def test_a_denied_device_is_not_added_anew(world: World, browser_of: Browsers, kind: str) -> None:
    """Not as another camera, nor as a recorder, nor by pointing another camera to it, in no spelling of its name."""
    leader, owner, camera = await browser_of("leader"), await browser_of("jinsha"), world.camera(A)
    other, host = world.camera(A, 1), camera.host.upper()
    await _deny(leader, kind, await _target(leader, camera, kind))
    retired = {"version": 1, "to": "decommissioned", "reason": "不再需要(示例)"}
    assert (await owner.post(f"/cameras/{camera.id}/lifecycle", json=retired)).status_code == 200
    channel = {"channel": 1, "name_zh": "通道(示例)", "streams": [{"kind": "main", "path": "/1"}]}
    recorder = new_camera(host=host, kind="water", max_opens=4, channels=[channel])
    del recorder["streams"], recorder["scheme"]
    wishes = [
        ("POST", "/cameras", new_camera(host=host, kind="water")),
        ("POST", "/recorders", recorder),
        ("PATCH", f"/cameras/{other.id}", {"version": 1, "host": host}),
    ]
    for method, path, body in wishes:
        answer = await owner.request(method, path, json=body)
        assert answer.status_code == 403, (path, answer.text)
        assert SENTENCE in answer.text, path
    for method, path, body in wishes:
        answer = await leader.request(method, path, json=body)
        assert answer.status_code in (200, 201), (path, answer.text)
    assert (await owner.post("/cameras", json=new_camera(host="192.0.2.77"))).status_code == 201
