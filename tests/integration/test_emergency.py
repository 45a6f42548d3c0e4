"""Emergency mode: an incident, two people, a scope, hours; every owner is told, no mask lifted, it ends by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.emergencies import WIDENED
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.operators import Role
from gateway.storage import auditing, emergencies, grants, groups, view_records
from gateway.storage.view_records import ViewRecord
from tests.integration.asking import hire, notices, sweep
from tests.integration.conftest import Browsers
from tests.integration.world import DEPARTMENT, OWNERS, START, A, B, World, policy


def _flood(**more: Any) -> dict[str, Any]:
    return {
        "name": "7号闸险情 示例",
        "reason": "水位超警戒 示例",
        "scope_kind": "all",
        "widened": [{"organisation_id": B}],
        "hours": 12,
    } | more


async def _begun(browser_of: Browsers, **more: Any) -> dict[str, Any]:
    """Proposed by the operator on duty, approved by the shift leader."""
    district, leader = await browser_of("district"), await browser_of("leader")
    proposed = await district.post("/emergencies", json=_flood(**more))
    assert proposed.status_code == 201, proposed.text
    begun = await leader.post(f"/emergencies/{proposed.json()['id']}/approve")
    assert begun.status_code == 200, begun.text
    found: dict[str, Any] = begun.json()
    return found


async def _seen(client: httpx.AsyncClient) -> set[str]:
    """The owners whose cameras somebody may watch."""
    items = (await client.get("/cameras?limit=100")).json()["items"]
    found = set()
    for item in items:
        if "view_live" in (await client.get(f"/cameras/{item['id']}")).json()["actions"]:
            found.add(item["owner_id"])
    return found


async def _at(world: World, browser_of: Browsers, hours: float, login: str) -> httpx.AsyncClient:
    world.clock.at = START + timedelta(hours=hours)
    await sweep(world)
    return await browser_of(login)


async def test_r10_nothing_is_widened_before_a_second_person_approves(world: World, browser_of: Browsers) -> None:
    district, leader, jinxin = [await browser_of(login) for login in ("district", "leader", "jinxin")]
    proposed = (await district.post("/emergencies", json=_flood())).json()
    assert (proposed["state"], proposed["may_approve"]) == ("proposed", False)
    assert await notices(leader) == ["emergency_proposed"]
    own = await district.post(f"/emergencies/{proposed['id']}/approve")
    assert (own.status_code, own.json()["error"]["code"]) == (403, "forbidden")
    assert await _seen(jinxin) == {B}
    assert (await jinxin.post(f"/emergencies/{proposed['id']}/approve")).status_code == 404
    assert (await leader.post(f"/emergencies/{proposed['id']}/approve")).json()["state"] == "running"
    assert await _seen(jinxin) == set(OWNERS)
    assert (await leader.post(f"/emergencies/{proposed['id']}/approve")).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"reason": ""},
        {"hours": 13},
        {"hours": 0},
        {"actions": ["export"]},
        {"actions": ["view_live", "playback"]},
        {"actions": ["restream"]},
        {"actions": []},
        {"widened": []},
        {"widened": [{}]},
        {"widened": [{"organisation_id": "nobody"}]},
        {"scope_kind": "located_in", "scope_id": "999999999"},
        {"scope_kind": "all", "scope_id": "x"},
    ],
)
async def test_r10_an_emergency_names_its_incident_and_gives_views_for_hours_alone(
    world: World, browser_of: Browsers, wrong: dict[str, Any]
) -> None:
    answer = await (await browser_of("district")).post("/emergencies", json=_flood(**wrong))
    assert answer.status_code == 422, answer.text
    assert "export" not in WIDENED


async def test_only_who_may_share_the_whole_scope_can_propose(world: World, browser_of: Browsers) -> None:
    for login, status in (("jinsha", 403), ("transport", 403), ("grid1", 403), ("security", 403), ("audit", 403)):
        answer = await (await browser_of(login)).post("/emergencies", json=_flood())
        assert answer.status_code == status, login


async def test_every_owner_is_told_at_once_and_everybody_sees_the_banner(world: World, browser_of: Browsers) -> None:
    begun = await _begun(browser_of)
    for login in ("jinsha", "jinxin", "transport", "grid1"):
        assert await notices(await browser_of(login)) == ["emergency_began"], login
    for login in ("jinsha", "grid1", "audit", "system"):
        (banner,) = (await (await browser_of(login)).get("/emergencies/running")).json()["items"]
        assert (banner["name"], banner["ends_at"]) == (begun["name"], begun["ends_at"])
    (banner,) = (await (await browser_of("grid1")).get("/emergencies/running")).json()["items"]
    assert (banner["reason"], banner["steps"]) == ("", [])
    assert (await (await browser_of("grid1")).get("/emergencies")).json()["items"] == []


async def test_r10_an_emergency_dies_at_its_end_by_itself(world: World, browser_of: Browsers) -> None:
    begun = await _begun(browser_of, hours=3)
    for hours, seen in ((0.0, set(OWNERS)), (2.999, set(OWNERS)), (3.0, {B})):
        jinxin = await _at(world, browser_of, hours, "jinxin")
        assert await _seen(jinxin) == seen, hours
    after = (await (await browser_of("leader")).get(f"/emergencies/{begun['id']}")).json()
    assert (after["state"], {step["kind"] for step in after["steps"]}) == ("ended", {"propose", "approve", "end"})
    assert (await jinxin.get("/emergencies/running")).json()["items"] == []
    assert (await notices(jinxin)).count("emergency_ended") == 1
    for _ in range(2):
        await sweep(world)
    assert (await notices(jinxin)).count("emergency_ended") == 1


async def test_r10_two_renewals_each_by_somebody_new(world: World, browser_of: Browsers) -> None:
    for login in ("leader2", "leader3", "leader4"):
        await hire(world, login, "district", Role.SHIFT_LEADER)
    begun = await _begun(browser_of)
    url, body = f"/emergencies/{begun['id']}/renew", {"hours": 12, "reason": "未退水 示例"}
    for login in ("district", "leader"):
        assert (await (await browser_of(login)).post(url, json=body)).status_code == 403, login
    assert (await (await browser_of("leader2")).post(url, json=body | {"hours": 12.5})).status_code == 422
    second = await browser_of("leader2")
    renewed = (await second.post(url, json=body)).json()
    assert (renewed["renewals"], renewed["ends_at"]) == (
        1,
        (START + timedelta(hours=24)).isoformat().replace("+00:00", "Z"),
    )
    assert (await second.post(url, json=body)).status_code == 403
    assert (await (await browser_of("leader3")).post(url, json=body)).json()["renewals"] == 2
    assert (await (await browser_of("leader4")).post(url, json=body)).status_code in (403, 409)
    for hours in (11.99, 12.0, 24.0, 35.99):
        assert await _seen(await _at(world, browser_of, hours, "jinxin")) == set(OWNERS), hours
    assert await _seen(await _at(world, browser_of, 36.0, "jinxin")) == {B}
    assert (await notices(await browser_of("jinsha"))).count("emergency_renewed") == 2


async def test_ended_early_takes_everything_back(world: World, browser_of: Browsers) -> None:
    begun = await _begun(browser_of)
    jinxin, leader = await browser_of("jinxin"), await browser_of("leader")
    world.clock.at = START + timedelta(minutes=10)
    assert (await leader.post(f"/emergencies/{begun['id']}/end", json={"reason": ""})).status_code == 422
    assert (await leader.post(f"/emergencies/{begun['id']}/end", json={"reason": "解除 示例"})).json()[
        "state"
    ] == "ended"
    assert await _seen(jinxin) == {B}
    assert (await leader.post(f"/emergencies/{begun['id']}/end", json={"reason": "again"})).status_code == 409


async def test_the_scope_and_those_named_bound_it(world: World, browser_of: Browsers) -> None:
    """A township's cameras, for one organisation's people of one role."""
    named = [{"organisation_id": A, "role": "township_operator"}]
    await _begun(browser_of, scope_kind="located_in", scope_id="320612004", widened=named)
    assert await _seen(await browser_of("jinsha")) == {A, B}
    assert await _seen(await browser_of("jinxin")) == {B}
    assert await _seen(await browser_of("transport")) == {DEPARTMENT}
    assert await notices(await browser_of("transport")) == []
    for login in ("system", "security", "audit"):
        assert await _seen(await browser_of(login)) == set(), "managers see no video, whatever happens"


async def test_r10_an_emergency_gives_no_export_and_lifts_no_mask(world: World, browser_of: Browsers) -> None:
    """Where somebody is shown a camera with its masks only, the emergency shows it so as well."""
    masked = world.camera(DEPARTMENT)
    shown = policy((GranteeKind.ORGANISATION, A), (TargetKind.CAMERA, masked.id), frozenset({Action.VIEW_LIVE}))
    async with world.office.store.begin() as conn:
        await grants.insert(conn, replace(shown, conditions=frozenset({Condition.MASKED_ONLY})))
    begun = await _begun(browser_of)
    async with world.office.store.read() as conn:
        given = [await grants.get(conn, one) for one in await emergencies.grants_of(conn, begun["id"])]
        found = [record.grant for record in given if record is not None]
        reached = {grant.target_id: grant for grant in found}
        bag = next(grant for grant in found if grant.target_kind == "group")
        members = await groups.members(conn, bag.target_id)
    assert all(grant.actions <= WIDENED and Condition.WATERMARK in grant.conditions for grant in found)
    assert all(grant.not_after == START + timedelta(hours=12) for grant in found)
    assert Condition.MASKED_ONLY in reached[masked.id].conditions
    assert set(members) == {camera.id for owner in OWNERS for camera in world.cameras[owner]} - {masked.id}


async def test_proposals_that_nobody_approves_lapse(world: World, browser_of: Browsers) -> None:
    district = await browser_of("district")
    made = (await district.post("/emergencies", json=_flood())).json()
    leader = await _at(world, browser_of, 2, "leader")
    assert (await leader.get(f"/emergencies/{made['id']}")).json()["state"] == "lapsed"
    assert (await leader.post(f"/emergencies/{made['id']}/approve")).status_code == 409
    second = (await leader.post("/emergencies", json=_flood())).json()
    district = await browser_of("district")
    refused = await district.post(f"/emergencies/{second['id']}/refuse", json={"reason": "无此必要 示例"})
    assert refused.json()["state"] == "refused"
    assert "emergency_refused" in await notices(leader)


async def _looked(world: World, login: str, owner: str, grant_id: str, minutes: int) -> None:
    person, at = world.people[login], START + timedelta(minutes=minutes)
    record = ViewRecord(
        id=world.office.new_id(),
        operator_id=person.id,
        organisation_id=person.organisation_id,
        session_id=None,
        camera_id=world.camera(owner).id,
        action="view_live",
        stream="sub",
        transport="ws",
        purpose="PS-FLOOD",
        reason="",
        ticket_id=None,
        grant_id=grant_id,
        remote="",
        gateway_id="gateway-test",
        started_at=at,
        ended_at=at + timedelta(minutes=1),
    )
    async with world.office.store.begin() as conn:
        await view_records.insert(conn, record)


async def test_the_report_tells_every_owner_who_watched_its_cameras(world: World, browser_of: Browsers) -> None:
    begun = await _begun(browser_of)
    async with world.office.store.read() as conn:
        (grant,) = await emergencies.grants_of(conn, begun["id"])
    await _looked(world, "jinxin", A, grant, 1)
    await _looked(world, "jinxin", A, grant, 70)
    await _looked(world, "jinxin", DEPARTMENT, grant, 5)
    await _looked(world, "jinsha", DEPARTMENT, "another grant", 5)
    url = f"/emergencies/{begun['id']}/report"
    mine = (await (await browser_of("jinsha")).get(url)).json()
    assert (mine["looks"], mine["people"]) == (2, 1)
    assert [(row["id"], row["looks"], row["cameras"], row["seconds"]) for row in mine["by_owner"]] == [(A, 2, 1, 120.0)]
    assert [row["looks"] for row in mine["by_hour"]] == [1, 1]
    text = (await (await browser_of("jinsha")).get(f"{url}.csv")).text
    assert world.camera(A).id in text
    assert world.camera(DEPARTMENT).id not in text
    assert text.count("\r\n") == 3
    whole = (await (await browser_of("audit")).get(url)).json()
    assert (whole["looks"], {row["id"] for row in whole["by_owner"]}) == (3, {A, DEPARTMENT})
    assert (await (await browser_of("leader")).get(url)).json()["looks"] == 3
    for login in ("grid1", "system", "security"):
        foreign, nothing = await browser_of(login), "/emergencies/nothing/report"
        answer, other = await foreign.get(url), await foreign.get(nothing)
        assert (answer.status_code, answer.text) == (404, other.text), login


async def test_what_was_typed_stands_beside_the_chain(world: World, browser_of: Browsers) -> None:
    await _begun(browser_of)
    async with world.office.store.read() as conn:
        entries = (await auditing.page(conn, object_kind="emergency")).items
    assert {entry.action for entry in entries} == {"propose_emergency", "approve_emergency"}
    assert "示例" not in str([entry.detail for entry in entries])
