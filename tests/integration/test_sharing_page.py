"""What the sharing page is told: who sees a camera, what a person sees, and why; the matrix; what would change."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.conftest import Browsers
from tests.integration.test_grant_model import give, wish
from tests.integration.world import DEPARTMENT, START, A, B, World


async def test_every_other_grant_that_would_allow_is_named(world: World, browser_of: Browsers) -> None:
    transport = await browser_of("transport")
    camera = world.camera(DEPARTMENT)
    one = await give(transport, target_kind="camera", target_id=camera.id)
    other = await give(transport, not_after=(START + timedelta(days=1)).isoformat())
    found = (await transport.get(f"/cameras/{camera.id}/access")).json()["decisions"]
    (line,) = [row for row in found if row["operator_name"] == "jinxin 示例" and row["action"] == "view_live"]
    assert (line["grant_number"], line["others"]) == (one["number"], [other["number"]])


async def test_what_a_person_sees_is_told_within_what_the_asker_may_share(world: World, browser_of: Browsers) -> None:
    leader, transport, jinsha = [await browser_of(login) for login in ("leader", "transport", "jinsha")]
    given = await give(transport)
    person = world.people["jinxin"].id
    theirs, shared = {c.id for c in world.cameras[B]}, {c.id for c in world.cameras[DEPARTMENT]}
    whole = (await leader.get(f"/sharing/people/{person}")).json()
    assert ({row["id"] for row in whole["cameras"]}, whole["total"]) == (theirs | shared, 6)
    part = (await transport.get(f"/sharing/people/{person}")).json()
    assert ({row["id"] for row in part["cameras"]}, part["total"]) == (shared, 3)
    assert [grant["id"] for grant in part["grants"]] == [given["id"]]
    sentences = {row["reason"] for camera in part["cameras"] for row in camera["decisions"]}
    assert sentences == {f"allowed by grant G{given['number']} of Transport"}
    stranger, nobody = [await jinsha.get(f"/sharing/people/{one}") for one in (person, "nobody")]
    assert (stranger.status_code, stranger.text) == (404, nobody.text), "who works elsewhere is not told"
    colleague = (await jinsha.get(f"/sharing/people/{world.people['jinsha'].id}")).json()
    assert colleague["total"] == len(world.cameras[A])
    security = await browser_of("security")
    assert (await security.get(f"/sharing/people/{person}")).json()["total"] == 6
    paged = (await leader.get(f"/sharing/people/{person}?limit=4")).json()
    rest = (await leader.get(f"/sharing/people/{person}", params={"limit": 4, "after": paged["next"]})).json()
    assert {row["id"] for row in (*paged["cameras"], *rest["cameras"])} == theirs | shared
    assert (await (await browser_of("grid1")).get(f"/sharing/people/{person}")).status_code == 403
    assert (await leader.get("/sharing/people/nobody")).status_code == 404


async def test_the_matrix_shows_who_may_do_what_with_whose(world: World, browser_of: Browsers) -> None:
    leader, transport, jinsha = [await browser_of(login) for login in ("leader", "transport", "jinsha")]
    one = await give(transport)
    other = await give(leader, target_kind="camera", target_id=world.camera(A).id, actions=["snapshot"])
    denied = await give(leader, target_kind="kind", target_id=world.camera(A, 1).kind.value, effect="deny")
    found = (await leader.get("/sharing/matrix")).json()
    cells = {(cell["row"], cell["column"]): cell for cell in found["cells"]}
    whole, part = cells[B, DEPARTMENT], cells[B, A]
    assert (whole["whole"], set(whole["actions"])) == (True, {"directory", "list", "view_live"})
    assert (part["whole"], "snapshot" in part["actions"], part["denied"]) == (False, True, ["view_live"])
    assert set(part["grants"]) == {other["id"], denied["id"]}
    assert {grant["id"] for grant in found["grants"]} >= {one["id"], other["id"]}
    mine = (await transport.get("/sharing/matrix")).json()
    assert {cell["column"] for cell in mine["cells"]} == {DEPARTMENT}
    assert other["id"] not in str(mine)
    assert one["id"] not in str((await jinsha.get("/sharing/matrix")).json())
    group = (await jinsha.post("/camera-groups", json={"name_zh": "组"})).json()["id"]
    await jinsha.post(f"/camera-groups/{group}/cameras", json={"put": [world.camera(A).id]})
    await give(jinsha, target_kind="group", target_id=group)
    by_group = (await jinsha.get("/sharing/matrix?by=group")).json()
    assert [(cell["row"], cell["column"]) for cell in by_group["cells"]] == [(B, group)]


async def test_a_simulation_tells_who_gains_what_and_gives_nothing(world: World, browser_of: Browsers) -> None:
    transport, jinxin = await browser_of("transport"), await browser_of("jinxin")
    cameras = {camera.id for camera in world.cameras[DEPARTMENT]}
    told = (await transport.post("/sharing/simulation", json={"give": wish()})).json()
    (person,) = told["people"]
    assert person["name"] == "jinxin 示例"
    assert person["gained"] == {"directory": 3, "list": 3, "view_live": 3}
    assert (set(person["cameras"]), person["lost"]) == (cameras, {})
    assert {camera["id"] for camera in told["cameras"]} == cameras
    assert {item["id"] for item in (await jinxin.get("/cameras")).json()["items"]} == {c.id for c in world.cameras[B]}
    night = wish(hours={"days": ["sun"], "windows": ["22:00-23:00"]})
    assert (await transport.post("/sharing/simulation", json={"give": night})).json()["people"] == told["people"]
    given = await give(transport)
    assert (await transport.post("/sharing/simulation", json={"give": wish()})).json()["people"] == []
    ended = (await transport.post("/sharing/simulation", json={"revoke": given["id"]})).json()
    assert [row["lost"] for row in ended["people"]] == [{"directory": 3, "list": 3, "view_live": 3}]
    second = await give(transport, target_kind="camera", target_id=world.camera(DEPARTMENT).id)
    again = (await transport.post("/sharing/simulation", json={"revoke": given["id"]})).json()
    assert [row["lost"] for row in again["people"]] == [{"directory": 2, "list": 2, "view_live": 2}]
    for body, status in (
        ({"revoke": second["id"]}, 404),
        ({"give": wish()}, 403),
        ({}, 422),
    ):
        jinsha = await browser_of("jinsha")
        assert (await jinsha.post("/sharing/simulation", json=body)).status_code == status


async def test_grants_that_end_soon_are_listed_and_extended_by_who_could_give_them(
    world: World, browser_of: Browsers
) -> None:
    transport, jinsha = await browser_of("transport"), await browser_of("jinsha")
    soon = await give(transport, not_after=(START + timedelta(days=2)).isoformat(), conditions=["watermark"])
    await give(transport, not_after=(START + timedelta(days=30)).isoformat())
    ending = (await transport.get("/grants?ending_days=7")).json()["items"]
    assert [grant["id"] for grant in ending] == [soon["id"]]
    later = {"not_after": (START + timedelta(days=9)).isoformat(), "reason": "the flood goes on"}
    assert (await jinsha.post(f"/grants/{soon['id']}/extend", json=later)).status_code == 404
    extended = (await transport.post(f"/grants/{soon['id']}/extend", json=later)).json()
    assert extended["number"] > soon["number"]
    same = ("grantee_id", "target_id", "actions", "conditions")
    assert [extended[name] for name in same] == [soon[name] for name in same]
    assert extended["not_after"].startswith("2026-12-02T01:00")
    earlier = later | {"not_after": (START + timedelta(days=1)).isoformat()}
    assert (await transport.post(f"/grants/{soon['id']}/extend", json=earlier)).status_code == 422
