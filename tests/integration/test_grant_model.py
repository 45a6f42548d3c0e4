"""To whom and on what: down the tree only where the grant says so, roles within one organisation, groups and areas."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.services.office import new_id
from gateway.storage import operators, organisations
from gateway.storage.operators import Account
from tests.integration.conftest import Browsers
from tests.integration.world import DEPARTMENT, HASH, START, A, B, World

COMMUNITY = "C-320612004001"


@pytest.fixture
async def district(world: World) -> World:
    """With a community below Jinxin and somebody in it."""
    async with world.office.store.begin() as conn:
        below = Organisation(COMMUNITY, OrganisationKind.COMMUNITY, "示例社区", "Sample community", B)
        await organisations.replace(conn, [below])
        roles = frozenset({Role.TOWNSHIP_OPERATOR})
        person = Operator(new_id(START), "community", "community 示例", COMMUNITY, roles)
        await operators.insert(conn, Account(person, HASH, 0, None, START))
    return world


def wish(**more: Any) -> dict[str, Any]:
    return {
        "grantee_kind": "organisation",
        "grantee_id": B,
        "target_kind": "owned_by",
        "target_id": DEPARTMENT,
        "actions": ["view_live"],
        "reason": "joint patrol",
    } | more


async def give(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/grants", json=wish(**more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def seen(client: httpx.AsyncClient) -> set[str]:
    return {item["id"] for item in (await client.get("/cameras?limit=500")).json()["items"]}


async def test_r10_a_grant_to_an_organisation_reaches_those_below_only_if_it_says_so(
    district: World, browser_of: Browsers
) -> None:
    leader, township, community = [await browser_of(login) for login in ("leader", "jinxin", "community")]
    theirs = {camera.id for camera in district.cameras[DEPARTMENT]}
    narrow = await give(leader)
    assert theirs <= await seen(township)
    assert await seen(community) == set()
    assert (await community.get(f"/cameras/{next(iter(theirs))}")).status_code == 404
    wide = await give(leader, includes_below=True)
    assert await seen(community) == theirs
    assert (wide["number"], wide["includes_below"]) == (narrow["number"] + 1, True)


async def test_r10_what_is_below_an_owner_is_shared_only_if_the_grant_says_so(
    district: World, browser_of: Browsers
) -> None:
    leader, township = await browser_of("leader"), await browser_of("jinxin")
    await give(leader, target_id="district")
    assert not await seen(township) & {camera.id for camera in district.cameras[A]}
    await give(leader, target_id="district", target_below=True)
    assert await seen(township) == {camera.id for cameras in district.cameras.values() for camera in cameras}


async def test_r10_a_role_can_be_narrowed_to_one_organisation(district: World, browser_of: Browsers) -> None:
    leader, jinxin, jinsha = [await browser_of(login) for login in ("leader", "jinxin", "jinsha")]
    theirs = {camera.id for camera in district.cameras[DEPARTMENT]}
    await give(leader, grantee_kind="role", grantee_id="township_operator", grantee_within=B)
    assert theirs <= await seen(jinxin)
    assert not theirs & await seen(jinsha)
    community = await browser_of("community")
    assert await seen(community) == set()
    await give(leader, grantee_kind="role", grantee_id="township_operator", grantee_within=B, includes_below=True)
    assert await seen(community) == theirs


async def test_r10_nobody_hands_on_the_tree_the_hours_or_the_conditions_that_they_were_not_given(
    district: World, browser_of: Browsers
) -> None:
    leader, jinsha = await browser_of("leader"), await browser_of("jinsha")
    hours = {"days": ["mon", "tue"], "windows": ["08:00-18:00"]}
    bounds = {"hours": hours, "conditions": ["watermark"]}
    await give(leader, grantee_id=A, actions=["share", "view_live"], **bounds)
    narrower = {"hours": {"days": ["mon"], "windows": ["09:00-12:00"]}, "conditions": ["watermark", "sub_only"]}
    assert (await give(jinsha, **narrower))["hours"]["windows"] == ["09:00-12:00"]
    for more in (
        bounds | {"conditions": []},
        {"conditions": ["watermark"]},
        bounds | {"hours": {"days": ["mon"], "windows": ["07:00-09:00"]}},
        bounds | {"target_below": True},
        {"target_kind": "owned_by", "target_id": A, "target_below": True},
    ):
        assert (await jinsha.post("/grants", json=wish(**more))).status_code == 403, more


@pytest.mark.parametrize(
    "more",
    [
        {"grantee_within": B},
        {"grantee_kind": "role", "grantee_id": "grid_member", "includes_below": True},
        {"target_kind": "kind", "target_id": "road", "target_below": True},
        {"effect": "deny", "conditions": ["watermark"]},
        {"hours": {"days": ["mon"], "windows": ["08:00"]}},
        {"grantee_kind": "service_account", "grantee_id": "nobody"},
    ],
)
async def test_a_grant_that_makes_no_sense_is_refused(world: World, browser_of: Browsers, more: dict[str, Any]) -> None:
    leader = await browser_of("leader")
    assert (await leader.post("/grants", json=wish(**more))).status_code == 422


async def test_a_grant_on_a_group_reaches_who_is_in_it(district: World, browser_of: Browsers) -> None:
    jinsha, jinxin, other = [await browser_of(login) for login in ("jinsha", "jinxin", "transport")]
    own = [camera.id for camera in district.cameras[A]]
    group = (await jinsha.post("/camera-groups", json={"name_zh": "防汛点位", "tags": ["flood"]})).json()
    address = f"/camera-groups/{group['id']}"
    assert (await jinsha.post(f"{address}/cameras", json={"put": own[:2]})).json()["cameras"] != []
    await give(jinsha, target_kind="group", target_id=group["id"])
    assert set(own[:2]) <= await seen(jinxin)
    assert own[2] not in await seen(jinxin)
    await jinsha.post(f"{address}/cameras", json={"put": [own[2]], "take": [own[0]]})
    assert (await seen(jinxin)) & set(own) == set(own[1:])
    for client in (jinxin, other):
        assert (await client.get(address)).status_code == 404
        assert (await client.get("/camera-groups")).json()["items"] == []
    assert (await jinsha.delete(address)).status_code == 409
    renamed = {"name_zh": "防汛重点", "tags": [], "version": group["version"]}
    assert (await jinsha.put(address, json=renamed)).json()["version"] == 2
    assert (await jinsha.put(address, json=renamed)).status_code == 409


async def test_nobody_puts_a_camera_into_a_group_who_could_not_give_it(district: World, browser_of: Browsers) -> None:
    leader, jinsha = await browser_of("leader"), await browser_of("jinsha")
    group = (await jinsha.post("/camera-groups", json={"name_zh": "组"})).json()
    foreign, own = district.camera(B).id, district.camera(A).id
    fill = f"/camera-groups/{group['id']}/cameras"
    assert (await jinsha.post(fill, json={"put": [foreign]})).status_code == 404
    await give(leader, grantee_id=A, target_kind="camera", target_id=foreign, actions=["view_live"])
    assert (await jinsha.post(fill, json={"put": [foreign]})).status_code == 403
    assert (await jinsha.post(fill, json={"put": [own]})).status_code == 200
    assert (await leader.post(fill, json={"put": [foreign]})).status_code == 200
    # with a camera in it that Jinsha may not share, the group is no longer Jinsha's to give
    on_group = wish(grantee_id=DEPARTMENT, target_kind="group", target_id=group["id"])
    assert (await jinsha.post("/grants", json=on_group)).status_code == 403
    await give(leader, target_kind="group", target_id=group["id"], effect="deny")
    assert (await jinsha.post(fill, json={"take": [own]})).status_code == 403


async def test_a_grant_on_an_area_reaches_what_stands_in_it(district: World, browser_of: Browsers) -> None:
    leader, jinsha, jinxin = [await browser_of(login) for login in ("leader", "jinsha", "jinxin")]
    outline = [[121.0, 32.0], [121.04, 32.0], [121.04, 32.04], [121.0, 32.04]]
    body = {"name_zh": "河沿线", "name_en": "Along the river", "polygon": outline}
    assert (await jinsha.post("/areas", json=body)).status_code == 403
    area = (await leader.post("/areas", json=body)).json()
    assert area["size"] == 3
    await give(leader, target_kind="area", target_id=area["id"])
    inside = {camera.id for camera in district.cameras[A]}
    assert inside <= await seen(jinxin)
    camera = (await jinsha.get(f"/cameras/{district.camera(A).id}")).json()
    moved = await jinsha.patch(
        f"/cameras/{camera['id']}", json={"version": camera["version"], "latitude": 32.09, "longitude": 121.09}
    )
    assert moved.status_code == 200, moved.text
    assert await seen(jinxin) & inside == inside - {camera["id"]}
    assert (await jinxin.get(f"/cameras/{camera['id']}")).status_code == 404
    assert (await leader.delete(f"/areas/{area['id']}")).status_code == 409
    assert (await jinxin.delete(f"/areas/{area['id']}")).status_code == 404


async def test_an_explanation_names_the_grant_its_giver_and_its_end(district: World, browser_of: Browsers) -> None:
    transport = await browser_of("transport")
    camera = district.camera(DEPARTMENT)
    until = "2026-11-23T10:00:00Z"
    given = await give(transport, target_kind="camera", target_id=camera.id, not_after=until, actions=["view_live"])
    found = (await transport.get(f"/cameras/{camera.id}/access")).json()["decisions"]
    (line,) = [row for row in found if row["operator_name"] == "jinxin 示例" and row["action"] == "view_live"]
    assert line["reason"] == f"allowed by grant G{given['number']} of Transport until 18:00"
    assert line["reason_zh"] == f"依据交通局的授权 G{given['number']} 允许，至 18:00"
    assert (line["why"], line["grant_number"], line["conditions"]) == ("granted", given["number"], [])
