"""A deputy decides in somebody's stead, for as long as was said, by that person's right and no further."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient

from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.operators import Role
from gateway.storage import auditing, grants, operators
from tests.integration.asking import ask_at, asked, hire, notices, sweep
from tests.integration.conftest import Browsers
from tests.integration.exporting import room_of, wish, with_still
from tests.integration.test_requests import _approve, _waiting
from tests.integration.world import START, World, policy

BUREAU = "D20"
UNTIL = (START + timedelta(hours=20)).isoformat()


@pytest.fixture
async def bureau(world: World) -> World:
    """One person alone may share the bureau's cameras; a colleague may only watch them."""
    chief = await hire(world, "chief", BUREAU, Role.DEPARTMENT_STAFF)
    await hire(world, "clerk", BUREAU, Role.DEPARTMENT_STAFF)
    async with world.office.store.begin() as conn:
        for record in await grants.every(conn):
            if record.grant.grantee_id == BUREAU:
                await grants.revoke(conn, record.grant.id, START, "test", "only the chief decides")
        target = (TargetKind.OWNED_BY, BUREAU)
        await grants.insert(conn, policy((GranteeKind.OPERATOR, chief.id), target, frozenset(Action)), "own")
    return world


async def test_a_deputy_decides_for_somebody_and_it_is_written_so(bureau: World, browser_of: Browsers) -> None:
    chief, clerk, jinxin = [await browser_of(login) for login in ("chief", "clerk", "jinxin")]
    body = {"deputy_id": bureau.people["clerk"].id, "not_after": UNTIL, "reason": "出差"}
    made = await chief.post("/delegations", json=body)
    assert (made.status_code, made.json()["active"]) == (201, True)
    await asked(jinxin, ask_at(121.06, 32.06, 400))
    await sweep(bureau)
    assert sorted(await notices(clerk)) == ["deputy_named", "request_to_decide"]
    part = (await _waiting(clerk))["parts"][0]
    assert part["stands_in_for"] == "chief 示例"
    after = (await _approve(clerk, part))["parts"][0]
    assert (after["decided_by_name"], after["decided_for_name"]) == ("clerk 示例", "chief 示例")
    async with bureau.office.store.read() as conn:
        entry = next(
            e for e in (await auditing.page(conn, object_kind="request")).items if e.action == "approve_access"
        )
        grant = await grants.get(conn, entry.detail["grants"][0])
    assert (entry.actor_id, entry.detail["stands_in_for"]) == (bureau.people["clerk"].id, bureau.people["chief"].id)
    assert grant is not None
    assert grant.grant.granted_by == bureau.people["clerk"].id


async def test_a_delegation_begins_and_ends_when_it_says(bureau: World, browser_of: Browsers) -> None:
    chief, jinxin = await browser_of("chief"), await browser_of("jinxin")
    await asked(jinxin, ask_at(121.06, 32.06, 400))
    await sweep(bureau)
    begins = (START + timedelta(hours=5)).isoformat()
    body = {"deputy_id": bureau.people["clerk"].id, "not_before": begins, "not_after": UNTIL, "reason": "出差"}
    made = (await chief.post("/delegations", json=body)).json()
    for hours, count in ((0, 0), (5, 1), (19.9, 1), (20, 0)):
        bureau.clock.at = START + timedelta(hours=hours)
        clerk = await browser_of("clerk")
        assert len((await clerk.get("/requests/inbox")).json()["items"]) == count, hours
    bureau.clock.at = START + timedelta(hours=6)
    clerk, jinxin = await browser_of("clerk"), await browser_of("jinxin")
    assert (await jinxin.post(f"/delegations/{made['id']}/end", json={})).status_code == 404
    assert (await clerk.post(f"/delegations/{made['id']}/end", json={})).status_code == 200
    assert (await clerk.get("/requests/inbox")).json()["items"] == []


async def test_a_deputy_hands_nothing_on_and_nobody_outside_stands_in(bureau: World, browser_of: Browsers) -> None:
    chief, clerk = await browser_of("chief"), await browser_of("clerk")
    body = {"deputy_id": bureau.people["clerk"].id, "not_after": UNTIL, "reason": "出差"}
    assert (await chief.post("/delegations", json=body)).status_code == 201
    chain = {"deputy_id": bureau.people["transport"].id, "not_after": UNTIL, "reason": "再委托"}
    assert (await clerk.post("/delegations", json=chain)).status_code == 403
    for who in ("jinsha", "grid1", "chief"):
        answer = await chief.post("/delegations", json=body | {"deputy_id": bureau.people[who].id})
        assert answer.status_code == 422, who
    too_long = (START + timedelta(days=90)).isoformat()
    assert (await chief.post("/delegations", json=body | {"not_after": too_long})).status_code == 422
    assert (await chief.post("/delegations", json=body | {"reason": ""})).status_code == 422


async def test_a_deputy_decides_by_the_right_that_the_other_still_has(bureau: World, browser_of: Browsers) -> None:
    chief, jinxin = await browser_of("chief"), await browser_of("jinxin")
    body = {"deputy_id": bureau.people["clerk"].id, "not_after": UNTIL, "reason": "出差"}
    await chief.post("/delegations", json=body)
    await asked(jinxin, ask_at(121.06, 32.06, 400))
    await sweep(bureau)
    async with bureau.office.store.begin() as conn:
        await operators.disable(conn, bureau.people["chief"].id, START)
    clerk = await browser_of("clerk")
    assert (await clerk.get("/requests/inbox")).json()["items"] == []


async def test_nobody_has_their_own_request_decided_in_their_name(bureau: World, browser_of: Browsers) -> None:
    """The one who asked cannot be the one in whose stead it is decided."""
    await hire(bureau, "leader2", "district", Role.SHIFT_LEADER)
    leader, second = await browser_of("leader"), await browser_of("leader2")
    body = {"deputy_id": bureau.people["leader2"].id, "not_after": UNTIL, "reason": "休假"}
    assert (await leader.post("/delegations", json=body)).status_code == 201
    request = await asked(leader, ask_at(121.06, 32.06, 400) | {"for_me": True})
    await sweep(bureau)
    assert (await second.get("/requests/inbox")).json()["items"] == []
    assert (await second.get(f"/requests/{request['id']}")).json()["parts"][0]["may_decide"] is False


async def test_r17_a_deputy_decides_about_exports_too_and_never_about_what_the_absent_one_asked(
    bureau: World, browser_of: Browsers, tmp_path: Path
) -> None:
    leader, chief, clerk, colleague = [await browser_of(one) for one in ("leader", "chief", "clerk", "transport")]
    room, camera = room_of(bureau, tmp_path), bureau.camera(BUREAU)
    await with_still(bureau, room, leader, camera)

    async def ask(client: AsyncClient) -> tuple[str, str]:
        made = await client.post("/exports", json=wish(bureau, camera))
        assert made.status_code == 201, made.text
        export = made.json()
        return f"/exports/{export['id']}", f"/exports/{export['id']}/parts/{export['parts'][0]['id']}/approve"

    address, approval = await ask(leader)
    own, own_approval = await ask(chief)
    late, _ = await ask(leader)
    assert (await clerk.get(address)).status_code == 404, "not yet a deputy"
    body = {"deputy_id": bureau.people["clerk"].id, "not_after": UNTIL, "reason": "出差"}
    assert (await chief.post("/delegations", json=body)).status_code == 201
    seen = {f"/exports/{one['id']}" for one in (await clerk.get("/exports")).json()["items"]}
    assert seen == {late, address}
    (part,) = (await clerk.get(address)).json()["parts"]
    assert (part["may_decide"], part["stands_in_for"]) == (True, "chief 示例")
    for refused in (await clerk.get(own), await clerk.post(own_approval, json={}), await colleague.get(address)):
        assert refused.status_code == 404, "neither what the absent one asked for, nor for who stands in for nobody"
    after = (await clerk.post(approval, json={})).json()
    assert after.get("state") == "approved", after
    facts = (after["parts"][0]["decided_by_name"], after["parts"][0]["decided_for_name"])
    assert facts == ("clerk 示例", "chief 示例")
    async with bureau.office.store.read() as conn:
        lines = (await auditing.page(conn, object_kind="export")).items
    (noted,) = [one for one in lines if one.action == "approve_export"]
    assert (noted.actor_id, noted.detail["stands_in_for"]) == (bureau.people["clerk"].id, bureau.people["chief"].id)
    bureau.clock.at = START + timedelta(hours=20)
    assert (await (await browser_of("clerk")).get(late)).status_code == 404, "the delegation is over"
