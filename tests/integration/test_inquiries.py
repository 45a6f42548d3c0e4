"""Inquiries of citizens: the whole way, every wrong turn, who may know of one, and what an erasure leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from gateway.domain.inquiries import RULES, InquiryMove, InquiryState
from gateway.services.verifying import verify
from tests.integration.conftest import Browsers
from tests.integration.inquiring import CONTACT, NAME, brought, moved, taken, wish
from tests.integration.outsiders import browser_as
from tests.integration.world import DEPARTMENT, A, B, World

WAY: dict[InquiryState, tuple[str, ...]] = {
    InquiryState.TAKEN: (),
    InquiryState.IDENTIFIED: ("identify",),
    InquiryState.CONSENTED: ("identify", "consent"),
    InquiryState.APPOINTED: ("identify", "consent", "appoint"),
    InquiryState.VIEWED: ("identify", "consent", "appoint", "show"),
    InquiryState.ANSWERED: ("identify", "consent", "appoint", "show", "answer"),
    InquiryState.REFUSED: ("identify", "decline"),
    InquiryState.WITHDRAWN: ("withdraw",),
}
TABLE = {(rule.origin, rule.move) for rule in RULES}


async def _ids(client: AsyncClient, query: str = "") -> list[str]:
    return [one["id"] for one in (await client.get(f"/inquiries{query}")).json()["items"]]


async def test_r21_the_whole_way_from_intake_to_reply_is_recorded(world: World, browser_of: Browsers) -> None:
    desk, unit, audit = await browser_of("district"), await browser_of("jinsha"), await browser_of("audit")
    camera, leader = world.camera(A).id, world.people["leader"].id
    view = await taken(desk, world, camera, asker="kin")
    assert (view["state"], view["overdue"], view["due_at"][:10]) == ("taken", False, "2026-12-23")
    assert view["kept_until"][:10] == "2026-12-22", "the recordings are promised for thirty days"
    assert (await unit.get("/notices")).json()["items"][0]["kind"] == "inquiry_taken"
    view = await brought(desk, unit, world, view, leader, "identify")
    assert (await unit.get("/inquiries?which=open")).json()["items"][0]["waits_for_me"]
    view = await brought(desk, unit, world, view, leader, "consent", "appoint")
    assert leader in {one["id"] for one in (await desk.get(f"/inquiries/{view['id']}/staff")).json()["items"]}
    view = await brought(desk, unit, world, view, leader, "show", "answer")
    assert (view["state"], view["reply"], view["ended_at"] is not None) == ("answered", "已当面查阅（示例）", True)
    told = [(step["move"], step["operator_name"]) for step in view["steps"]]
    assert told == [
        ("take", "district 示例"),
        ("identify", "district 示例"),
        ("consent", "jinsha 示例"),
        ("appoint", "district 示例"),
        ("show", "district 示例"),
        ("answer", "district 示例"),
    ]
    assert view["steps"][1]["detail"] == {"document": "id_card", "relation": "household_register"}
    shown = view["steps"][4]["detail"]
    assert (shown["cameras"], shown["supervisor_name"]) == ([camera], "leader 示例")
    records = (await audit.get(f"/view-records?camera={camera}")).json()["items"]
    mine = next(one for one in records if one["id"] in shown["view_records"])
    assert (mine["reason"], mine["action"], mine["transport"]) == (view["number"], "playback", "supervised")
    entries = (await audit.get(f"/audit?object={view['id']}")).json()["items"]
    assert [entry["action"] for entry in reversed(entries)] == [f"{move}_inquiry" for move, _ in told]
    details = str([entry["detail"] for entry in entries])
    assert NAME not in details
    assert CONTACT not in details


@pytest.mark.parametrize("state", InquiryState)
async def test_r21_every_illegal_move_is_refused_in_one_sentence_and_changes_nothing(
    world: World, browser_of: Browsers, state: InquiryState
) -> None:
    desk, unit = await browser_of("district"), await browser_of("jinsha")
    leader = world.people["leader"].id
    view = await brought(desk, unit, world, await taken(desk, world, world.camera(A).id), leader, *WAY[state])
    assert view["state"] == state
    for move in InquiryMove:
        if (state, move) in TABLE:
            continue
        asker = unit if move in (InquiryMove.CONSENT, InquiryMove.DECLINE) else desk
        answer = await moved(asker, world, view, move.value, leader)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (409, "illegal_move"), (state, move, error)
        assert error["message"] == f"an inquiry that is {state} cannot be moved by {move}"
    after = (await desk.get(f"/inquiries/{view['id']}")).json()
    assert (after["version"], after["steps"]) == (view["version"], view["steps"])
    assert {one["move"] for one in after["moves"]} == {
        rule.move for rule in RULES if rule.origin is state and not rule.another
    }


async def test_r21_only_another_person_of_the_managing_unit_consents(world: World, browser_of: Browsers) -> None:
    desk, unit = await browser_of("district"), await browser_of("jinsha")
    view = await taken(unit, world, world.camera(A).id)
    view = await brought(unit, unit, world, view, "", "identify")
    for client, said in (
        (unit, "somebody else than who took the inquiry in decides about consent"),
        (desk, "the managing unit of the cameras decides about its consent"),
        (await browser_of("leader"), "the managing unit of the cameras decides about its consent"),
    ):
        answer = await moved(client, world, view, "consent")
        assert (answer.status_code, answer.json()["error"]["message"]) == (403, said)
    mine = await taken(desk, world, world.camera(A).id)
    mine = await brought(desk, unit, world, mine, "", "identify")
    silent = await unit.post(
        f"/inquiries/{mine['id']}/consent", json={"version": mine["version"], "approve": False, "reason": " "}
    )
    assert silent.json()["error"]["message"] == "this needs a reason"
    mine = await brought(desk, unit, world, mine, "", "decline")
    assert (mine["state"], mine["reply"]) == ("refused", "与申请人无关（示例）")
    assert (await desk.get("/notices")).json()["items"][0]["kind"] == "inquiry_declined"


async def test_r21_nobody_else_learns_of_it(app: Any, world: World, browser_of: Browsers) -> None:
    desk = await browser_of("district")
    view = await taken(desk, world, world.camera(A).id)
    for login in ("district", "leader", "jinsha"):
        client = await browser_of(login)
        assert await _ids(client) == [view["id"]]
        assert (await client.get(f"/inquiries/{view['id']}")).status_code == 200
    others = [await browser_of(one) for one in ("jinxin", "transport", "grid1", "system", "security", "audit")]
    others += [await browser_as(app, world, browser_of, one) for one in ("fitter", "drainage")]
    unknown = "01a20000-0000-7000-8000-000000000000"
    for client in others:
        assert await _ids(client) == []
        for tail in ("", "/staff"):
            foreign = await client.get(f"/inquiries/{view['id']}{tail}")
            none = await client.get(f"/inquiries/{unknown}{tail}")
            assert (foreign.status_code, foreign.text) == (404, none.text)
        for move in InquiryMove:
            answer = await moved(client, world, view, move.value)
            assert answer.status_code == 404, (move, answer.text)
        erasure = await client.post(f"/inquiries/{view['id']}/erasure", json={"reason": "a reason"})
        assert erasure.status_code == 404
        notices = (await client.get("/notices")).json()["items"]
        assert [one for one in notices if one["object_id"] == view["id"]] == []
        assert (await client.post("/inquiries", json=wish(world, world.camera(A).id))).status_code == 404
    assert (
        await (await browser_of("jinsha")).post("/inquiries", json=wish(world, world.camera(B).id))
    ).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"name": " "}, "name", "an inquiry needs its name"),
        ({"contact": ""}, "contact", "an inquiry needs its contact"),
        ({"why": "x"}, "why", "an inquiry needs its why"),
        ({"since": "2026-11-20T00:00:00Z"}, "until", "the span lasts at most 24 hours"),
        ({"until": "2026-11-23T02:00:00Z"}, "until", "the span has not passed yet"),
        ({"cameras": []}, "cameras", "name 1 to 20 cameras"),
    ],
)
async def test_r21_an_intake_that_lacks_something_is_refused(
    world: World, browser_of: Browsers, wrong: dict[str, Any], field: str, said: str
) -> None:
    desk = await browser_of("district")
    answer = await desk.post("/inquiries", json=wish(world, world.camera(A).id) | wrong)
    error = answer.json()["error"]
    assert (answer.status_code, error["detail"]["field"], error["message"]) == (422, field, said)
    several = await desk.post("/inquiries", json=wish(world, world.camera(A).id, world.camera(DEPARTMENT).id))
    assert (several.status_code, several.json()["error"]["detail"]["field"]) == (422, "cameras")
    assert await _ids(desk) == []


async def test_r21_no_more_is_shown_than_was_asked_for_and_two_are_there(world: World, browser_of: Browsers) -> None:
    desk, unit, leader = await browser_of("district"), await browser_of("jinsha"), world.people["leader"].id
    camera = world.camera(A).id
    view = await brought(desk, unit, world, await taken(desk, world, camera), leader, *WAY[InquiryState.APPOINTED])
    body = {"version": view["version"], "supervisor_id": leader, "cameras": [camera]}
    body |= {"since": view["since"], "until": view["until"]}
    for wrong, field in (
        ({"supervisor_id": world.people["district"].id}, "supervisor_id"),
        ({"supervisor_id": world.people["jinxin"].id}, "supervisor_id"),
        ({"supervisor_id": world.people["audit"].id}, "supervisor_id"),
        ({"supervisor_id": "nobody"}, "supervisor_id"),
        ({"cameras": [world.camera(A, 1).id]}, "cameras"),
        ({"cameras": []}, "cameras"),
        ({"since": "2026-11-22T00:00:00Z"}, "since"),
    ):
        answer = await desk.post(f"/inquiries/{view['id']}/viewing", json=body | wrong)
        assert (answer.status_code, answer.json()["error"]["detail"]["field"]) == (422, field), wrong
    shown = await desk.post(f"/inquiries/{view['id']}/viewing", json=body)
    assert shown.json()["state"] == "viewed"
    stale = await desk.post(f"/inquiries/{view['id']}/viewing", json=body)
    assert stale.status_code == 409


async def test_r21_kin_and_guardians_prove_what_they_are(world: World, browser_of: Browsers) -> None:
    desk = await browser_of("district")
    view = await taken(desk, world, world.camera(A).id, asker="guardian")
    path, body = f"/inquiries/{view['id']}/identity", {"version": view["version"], "document": "id_card"}
    bare = await desk.post(path, json=body)
    assert bare.json()["error"]["message"] == "kin and guardians show what proves it"
    numbered = await desk.post(path, json=body | {"relation": "guardianship", "number": "320612"})
    assert numbered.status_code == 422, "no number of a document is taken"
    assert (await desk.post(path, json=body | {"relation": "guardianship"})).json()["state"] == "identified"


async def test_r21_what_is_not_answered_in_thirty_days_is_overdue(world: World, browser_of: Browsers) -> None:
    desk = await browser_of("district")
    view = await taken(desk, world, world.camera(A).id)
    assert await _ids(desk, "?which=overdue") == []
    world.clock.at += timedelta(days=30, seconds=1)
    desk = await browser_of("district")
    assert await _ids(desk, "?which=overdue") == [view["id"]]
    assert (await desk.get(f"/inquiries/{view['id']}")).json()["overdue"]
    await brought(desk, desk, world, view, "", "refuse")
    assert (await _ids(desk, "?which=overdue"), await _ids(desk, "?which=ended")) == ([], [view["id"]])
    assert (await desk.get(f"/inquiries/{view['id']}")).json()["overdue"], "answered late stays so"


async def test_r21_an_erasure_takes_the_words_and_leaves_the_proof(world: World, browser_of: Browsers) -> None:
    desk, unit, audit = await browser_of("district"), await browser_of("jinsha"), await browser_of("audit")
    leader = world.people["leader"].id
    view = await taken(desk, world, world.camera(A).id)
    path = f"/inquiries/{view['id']}/erasure"
    early = await unit.post(path, json={"reason": "申请人要求（示例）"})
    assert (early.status_code, early.json()["error"]["message"]) == (
        409,
        "an inquiry that goes on still needs its words",
    )
    view = await brought(desk, unit, world, view, leader, *WAY[InquiryState.ANSWERED])
    assert (await desk.post(path, json={"reason": "申请人要求（示例）"})).status_code == 403
    assert (await unit.post(path, json={"reason": " "})).status_code == 422
    after = (await unit.post(path, json={"reason": "申请人要求（示例）"})).json()
    gone = [after[name] for name in ("name", "contact", "place", "why", "reply", "appointed_place")]
    assert (gone, after["erased_at"] is not None, after["may_erase"]) == ([""] * 6, True, False)
    assert {step["why"] for step in after["steps"][:-1]} == {""}
    assert [step["move"] for step in after["steps"]][-2:] == ["answer", "erase"]
    assert (after["steps"][4]["detail"]["supervisor"], after["number"]) == (leader, view["number"])
    said = (await audit.get(f"/audit?object={view['id']}")).text
    assert NAME not in said
    assert CONTACT not in said
    assert (await unit.post(path, json={"reason": "once more"})).status_code == 409
    report = verify(world.office.store.url, frozenset(), processes=1, views=True)
    assert report.findings == []
    assert report.lines > 10
