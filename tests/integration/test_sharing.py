"""A grant makes one more camera appear, revoking it makes it go; and nobody gives more than they hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.messages import Topic
from gateway.storage import auditing, epochs
from tests.integration.conftest import Browsers
from tests.integration.giving import grant_of
from tests.integration.world import DEPARTMENT, START, A, B, World


async def test_given_seen_and_revoked(world: World, browser_of: Browsers) -> None:
    leader, jinxin = await browser_of("leader"), await browser_of("jinxin")
    camera = world.camera(A)
    assert (await jinxin.get(f"/cameras/{camera.id}")).status_code == 404
    async with world.office.store.read() as conn:
        before = await epochs.get(conn, epochs.PERMISSION)
    given = (await leader.post("/grants", json=grant_of(camera.id))).json()
    assert set(given["actions"]) == {"directory", "list", "view_live"}
    assert given["active"] is True
    seen = (await jinxin.get(f"/cameras/{camera.id}")).json()
    assert set(seen["actions"]) == {"directory", "list", "view_live"}
    assert seen["host"] is None
    assert seen["streams"][0]["path"] is None
    assert len((await jinxin.get("/cameras")).json()["items"]) == 4
    assert (await jinxin.get("/candidates")).json()["items"] != []
    assert camera.id not in (await jinxin.get("/candidates")).text
    assert given["id"] in {row["id"] for row in (await jinxin.get("/grants")).json()["items"]}
    revoked = await leader.post(f"/grants/{given['id']}/revoke", json={"reason": "patrol is over"})
    assert revoked.json()["active"] is False
    assert (await jinxin.get(f"/cameras/{camera.id}")).status_code == 404
    assert given["id"] not in (await jinxin.get("/grants")).text
    assert (await leader.post(f"/grants/{given['id']}/revoke", json={"reason": "again"})).status_code == 409
    async with world.office.store.read() as conn:
        assert await epochs.get(conn, epochs.PERMISSION) >= before + 2
        written = (await auditing.page(conn, object_id=given["id"])).items
        assert await auditing.verify(conn, world.office.gateway_id) is None
    assert {entry.action for entry in written} == {"give_grant", "revoke_grant"}
    assert [m for m in world.bus.rung if m.topic is Topic.PERMISSIONS and given["id"] in m.ids]


async def test_a_grant_ends_by_itself(world: World, browser_of: Browsers) -> None:
    owner, jinxin = await browser_of("jinsha"), await browser_of("jinxin")
    camera = world.camera(A)
    until = (START + timedelta(minutes=10)).isoformat()
    assert (await owner.post("/grants", json=grant_of(camera.id, not_after=until))).status_code == 201
    assert (await jinxin.get(f"/cameras/{camera.id}")).status_code == 200
    world.clock.at += timedelta(minutes=10)
    assert (await jinxin.get(f"/cameras/{camera.id}")).status_code == 404


async def test_nobody_gives_more_than_they_hold(world: World, browser_of: Browsers) -> None:
    owner, other = await browser_of("jinsha"), await browser_of("jinxin")
    camera = world.camera(A)
    until = (START + timedelta(hours=2)).isoformat()
    later = (START + timedelta(hours=3)).isoformat()
    share = grant_of(camera.id, actions=["view_live", "share"], not_after=until, purposes=["PS-FLOOD"])
    assert (await owner.post("/grants", json=share)).status_code == 201
    onward = {"grantee_id": DEPARTMENT, "purposes": ["PS-FLOOD"], "not_after": until}
    assert (await other.post("/grants", json=grant_of(camera.id, **onward))).status_code == 201
    for more in (
        {"actions": ["ptz"]},
        {"actions": ["view_live", "manage"]},
        {"not_after": later},
        {"not_after": None},
        {"purposes": None},
        {"purposes": ["PS-FLOOD", "PS-FIRE"]},
        {"effect": "deny"},
    ):
        answer = await other.post("/grants", json=grant_of(camera.id, **(onward | more)))
        assert answer.status_code == 403, (more, answer.text)


@pytest.mark.parametrize(
    ("target_kind", "target_id", "status"),
    [
        ("all", "", 403),
        ("owned_by", A, 201),
        ("owned_by", B, 403),
        ("located_in", "320612001", 403),
        ("maintained_by", A, 403),
        ("kind", "junction", 403),
        ("recorder", "no-such", 404),
        ("owned_by", "no-such", 422),
        ("camera", "", 422),
        ("all", "x", 422),
    ],
)
async def test_wide_targets_are_given_by_who_holds_all_of_them(
    browser_of: Browsers, target_kind: str, target_id: str, status: int
) -> None:
    """A kind or a place also covers cameras of others, now or tomorrow."""
    owner = await browser_of("jinsha")
    answer = await owner.post("/grants", json=grant_of(target_id, target_kind=target_kind))
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "more",
    [
        {"actions": []},
        {"reason": "  "},
        {"purposes": []},
        {"purposes": ["FUN"]},
        {"not_after": "2020-01-01T00:00:00Z"},
        {"not_after": "2030-01-01T00:00:00"},
        {"grantee_id": "no-such"},
        {"grantee_kind": "role", "grantee_id": "emperor"},
        {"unheard_of": 1},
    ],
)
async def test_senseless_grants_are_refused(world: World, browser_of: Browsers, more: dict[str, Any]) -> None:
    owner = await browser_of("jinsha")
    assert (await owner.post("/grants", json=grant_of(world.camera(A).id, **more))).status_code == 422


async def test_standing_rules_and_foreign_grants_stay(world: World, browser_of: Browsers) -> None:
    owner, other = await browser_of("jinsha"), await browser_of("jinxin")
    own = (await owner.get("/grants")).json()["items"]
    assert {row["policy"] for row in own} == {"own"}
    assert (await owner.post(f"/grants/{own[0]['id']}/revoke", json={"reason": "x"})).status_code == 403
    assert (await other.post(f"/grants/{own[0]['id']}/revoke", json={"reason": "x"})).status_code == 404
    wish = grant_of(world.camera(A).id, grantee_id=DEPARTMENT)
    given = (await (await browser_of("leader")).post("/grants", json=wish)).json()
    assert (await other.post(f"/grants/{given['id']}/revoke", json={"reason": "x"})).status_code == 404
    assert (await owner.post(f"/grants/{given['id']}/revoke", json={"reason": "mine to end"})).status_code == 200


async def test_a_deny_beats_every_allow(world: World, browser_of: Browsers) -> None:
    leader, owner = await browser_of("leader"), await browser_of("jinsha")
    camera = world.camera(A)
    deny = grant_of(camera.id, grantee_id=A, effect="deny", actions=["directory", "list", "view_live"])
    assert (await leader.post("/grants", json=deny)).status_code == 201
    assert (await owner.get(f"/cameras/{camera.id}")).status_code == 404
    assert camera.id not in (await owner.get("/cameras")).text
    assert camera.id not in (await owner.get("/grants")).text


async def test_access_is_explained_to_who_may_share(world: World, browser_of: Browsers) -> None:
    camera = world.camera(A)
    given = (await (await browser_of("jinsha")).post("/grants", json=grant_of(camera.id))).json()
    for login, status in (("jinsha", 200), ("security", 200), ("jinxin", 403), ("transport", 404), ("audit", 403)):
        answer = await (await browser_of(login)).get(f"/cameras/{camera.id}/access")
        assert answer.status_code == status, login
    decisions = (await (await browser_of("jinsha")).get(f"/cameras/{camera.id}/access")).json()["decisions"]
    live = {row["operator_name"]: row["grant_id"] for row in decisions if row["action"] == "view_live"}
    assert live["jinxin 示例"] == given["id"]
    assert "grid1 示例" not in live, "the role's ceiling bounds every grant"
    assert "transport 示例" not in live


async def test_filters_by_foreign_things_find_nothing(world: World, browser_of: Browsers) -> None:
    other = await browser_of("jinxin")
    camera, recorder = world.camera(A), world.recorders[A]
    for address in (
        f"/grants?camera={camera.id}",
        f"/candidates?camera={camera.id}",
        f"/cameras?recorder={recorder.id}",
        f"/cameras?owner={A}",
        f"/cameras?q={camera.gb_id}",
        "/cameras?recorder=no-such",
        "/tickets?township=320612001",
    ):
        answer = await other.get(address)
        assert (answer.status_code, answer.json()["items"]) == (200, []), address
