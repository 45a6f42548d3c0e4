"""From candidate to closed ticket over HTTP: who may do what, what is refused, and who was faster."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.domain.cameras import Datum, Place
from gateway.domain.datum import converted
from gateway.domain.observations import ObservationKind
from gateway.domain.rules import Rule
from gateway.services.tickets import note_recovery, open_maintenance
from gateway.storage import accepting, candidates
from gateway.web.api import create_api
from tests.integration.conftest import Browsers
from tests.integration.giving import grant_of
from tests.integration.world import DEPARTMENT, A, B, World, event_of, happen, signed_in

REFUSE = "3206120102"


async def _confirmed(client: httpx.AsyncClient, world: World, owner: str = A, index: int = 0) -> dict[str, Any]:
    candidate = world.candidates[world.camera(owner, index).id]
    answer = await client.post(f"/candidates/{candidate}/confirm", json={"category": REFUSE, "version": 1})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _move(client: httpx.AsyncClient, ticket: dict[str, Any], to: str, **more: Any) -> httpx.Response:
    body = {"to": to, "version": ticket["version"]} | more
    return await client.post(f"/tickets/{ticket['id']}/moves", json=body)


async def test_a_ticket_from_candidate_to_closed(world: World, browser_of: Browsers) -> None:
    desk, grid = await browser_of("district"), await browser_of("grid1")
    ticket = await _confirmed(desk, world)
    assert (ticket["number"][:10], len(ticket["number"]), ticket["state"]) == ("TZ20261123", 16, "REG")
    assert (ticket["grid_code"], ticket["township_code"]) == ("320612001001001", "320612001")
    assert ticket["deadline_at"] == "2026-11-23T07:00:00Z", "four working hours from nine, with the noon break"
    receiver = ticket["suggested_receiver_id"]
    assert receiver == world.people["grid1"].id
    ticket = (await _move(desk, ticket, "SENT", handler_id=A, receiver_id=receiver)).json()
    assert ticket["receiver_name"] == "grid1 示例"
    assert (await grid.get("/tickets?mine=true")).json()["items"][0]["id"] == ticket["id"]
    ticket = (await _move(grid, ticket, "WORK")).json()
    photo = {"file": ("after.jpg", b"\xff\xd8\xff" + b"0" * 500, "image/jpeg")}
    added = (await grid.post(f"/tickets/{ticket['id']}/photos", files=photo)).json()
    picture = await desk.get(added["url"].removeprefix("/api/v1"))
    assert picture.content == photo["file"][1]
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert (await _move(grid, ticket, "DONE")).json()["error"]["code"] == "illegal_move", "says what was done"
    ticket = (await _move(grid, ticket, "DONE", note="removed two bags")).json()
    assert [row["to"] for row in ticket["allowed_moves"]] == [], "whoever handled does not check"
    ticket = (await desk.get(f"/tickets/{ticket['id']}")).json()
    world.clock.at += timedelta(hours=1)
    desk = await browser_of("district")  # nobody sat there meanwhile, and the old session is locked
    ticket = (await _move(desk, ticket, "CLOSED")).json()
    assert (ticket["state"], ticket["overdue"]) == ("CLOSED", False)
    assert [(row["from_state"], row["to_state"]) for row in ticket["moves"]] == [
        ("NEW", "REG"),
        ("REG", "SENT"),
        ("SENT", "WORK"),
        ("WORK", "DONE"),
        ("DONE", "CLOSED"),
    ]
    assert ticket["moves"][-1]["seconds_used"] == 3600
    figures = (await desk.get("/figures")).json()
    assert (figures["tickets_open"], figures["candidates_open"]) == (0, 8)


async def test_moves_that_the_table_lacks_are_refused(world: World, browser_of: Browsers) -> None:
    desk = await browser_of("leader")
    ticket = await _confirmed(desk, world)
    for to in ("WORK", "DONE", "CLOSED", "REG", "ARCH", "VISIT", "HOLD", "REWORK"):
        answer = await _move(desk, ticket, to, why="because")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "illegal_move"), to
    assert (await _move(desk, ticket, "AWAY")).status_code == 422
    assert (await desk.get(f"/tickets/{ticket['id']}")).json() == ticket
    done = await _move(desk, ticket, "FORCED", why="settled by telephone")
    assert done.json()["state"] == "FORCED"


async def test_each_party_has_its_own_moves(world: World, browser_of: Browsers) -> None:
    desk, staff, jinxin = await browser_of("district"), await browser_of("transport"), await browser_of("jinxin")
    ticket = await _confirmed(desk, world)
    assert (await staff.get(f"/tickets/{ticket['id']}")).status_code == 404
    ticket = (await _move(desk, ticket, "SENT", handler_id=DEPARTMENT)).json()
    seen = (await staff.get(f"/tickets/{ticket['id']}")).json()
    assert (seen["camera_id"], seen["camera_name_zh"], seen["candidate_id"], seen["event_id"]) == (None,) * 4
    assert {row["to"] for row in seen["allowed_moves"]} == {"WORK", "REG"}
    assert (await _move(staff, seen, "CLOSED")).status_code == 409
    assert (await _move(jinxin, ticket, "WORK")).status_code == 404
    refused = await _move(staff, seen, "REG")
    assert refused.json()["error"]["code"] == "illegal_move", "a refusal needs a reason"
    back = (await _move(staff, seen, "REG", why="非本单位")).json()
    assert (back["state"], back["handler_id"]) == ("REG", None)
    assert (await staff.get(f"/tickets/{ticket['id']}")).status_code == 404, "no longer theirs"
    assert (await _move(desk, back, "SENT", handler_id="no-such")).status_code == 422
    other = world.people["jinxin"].id
    assert (await _move(desk, back, "SENT", handler_id=A, receiver_id=other)).status_code == 422
    sent = (await _move(desk, back, "SENT")).json()
    assert sent["handler_id"] == A, "without a handler it goes to the place"
    assert (await _move(desk, sent, "WORK")).status_code == 409, "on somebody's behalf only with a reason"
    assert (await _move(desk, sent, "WORK", why="signed by telephone")).status_code == 200


async def test_of_two_at_once_one_is_told(world: World, browser_of: Browsers) -> None:
    desk, leader = await browser_of("district"), await browser_of("leader")
    candidate = world.candidates[world.camera(B).id]
    body = {"category": REFUSE, "version": 1}
    answers = await asyncio.gather(
        *(client.post(f"/candidates/{candidate}/confirm", json=body) for client in (desk, leader, desk))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    ticket = next(answer.json() for answer in answers if answer.status_code == 200)
    answers = await asyncio.gather(*(_move(client, ticket, "SENT", handler_id=B) for client in (desk, leader)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    assert late.json()["error"]["code"] == "conflict"


async def test_dismissing_needs_a_reason_and_the_newest_version(world: World, browser_of: Browsers) -> None:
    desk = await browser_of("district")
    candidate = world.candidates[world.camera(B).id]
    address = f"/candidates/{candidate}/dismiss"
    assert (await desk.post(address, json={"reason": " ", "version": 1})).status_code == 422
    assert (await desk.post(address, json={"reason": "a shadow", "version": 7})).status_code == 409
    assert (await desk.post(address, json={"reason": "a shadow", "version": 1})).json()["state"] == "dismissed"
    confirm = await desk.post(f"/candidates/{candidate}/confirm", json={"category": REFUSE, "version": 2})
    assert confirm.status_code == 409
    assert (await desk.get("/candidates?state=dismissed")).json()["items"][0]["decision_reason"] == "a shadow"


@pytest.mark.parametrize("category", ["0000000000", "3206120409"])
async def test_categories_that_cannot_be_chosen(world: World, browser_of: Browsers, category: str) -> None:
    desk = await browser_of("district")
    candidate = world.candidates[world.camera(A).id]
    answer = await desk.post(f"/candidates/{candidate}/confirm", json={"category": category, "version": 1})
    assert answer.status_code == 422


async def test_who_sees_events_without_handling_does_not_decide(world: World, browser_of: Browsers) -> None:
    leader, other = await browser_of("leader"), await browser_of("jinxin")
    camera = world.camera(A)
    wish = grant_of(camera.id, actions=["see_events"])
    assert (await leader.post("/grants", json=wish)).status_code == 201
    candidate = world.candidates[camera.id]
    assert (await other.get(f"/candidates/{candidate}")).status_code == 200
    answer = await other.post(f"/candidates/{candidate}/confirm", json={"category": REFUSE, "version": 1})
    assert answer.status_code == 403


async def test_an_urgent_ticket_is_due_sooner_and_held_time_does_not_count(world: World, browser_of: Browsers) -> None:
    leader = await browser_of("leader")
    candidate = world.candidates[world.camera(A).id]
    body = {"category": REFUSE, "version": 1, "urgent": True, "title": "<script>alert(1)</script>"}
    ticket = (await leader.post(f"/candidates/{candidate}/confirm", json=body)).json()
    assert ticket["deadline_at"] == "2026-11-23T03:00:00Z"
    ticket = (await _move(leader, ticket, "SENT")).json()
    ticket = (await _move(leader, ticket, "WORK", why="by telephone")).json()
    ticket = (await _move(leader, ticket, "HOLD", why="the road is being built")).json()
    world.clock.at += timedelta(days=2)
    leader = await browser_of("leader")
    assert (await leader.get("/figures")).json()["tickets_overdue"] == 0
    ticket = (await _move(leader, ticket, "WORK")).json()
    assert ticket["deadline_at"] == "2026-11-25T03:00:00Z"
    world.clock.at += timedelta(hours=3)
    leader = await browser_of("leader")
    assert (await leader.get("/figures")).json()["tickets_overdue"] == 1
    assert [row["id"] for row in (await leader.get("/tickets?overdue=true")).json()["items"]] == [ticket["id"]]
    assert (await leader.get("/tickets?overdue=false")).json()["items"] == []
    answer = await leader.get("/tickets")
    assert answer.headers["content-type"] == "application/json"


async def test_photos_are_pictures_of_a_bounded_size(world: World, browser_of: Browsers) -> None:
    desk, other = await browser_of("district"), await browser_of("jinxin")
    ticket = await _confirmed(desk, world)
    address = f"/tickets/{ticket['id']}/photos"
    page = {"file": ("a.jpg", b"<html><script>alert(1)</script>", "image/jpeg")}
    assert (await desk.post(address, files=page)).status_code == 422
    huge = {"file": ("a.jpg", b"\xff\xd8\xff" + b"0" * (9 * 1024 * 1024), "image/jpeg")}
    assert (await desk.post(address, files=huge)).status_code == 413
    good = {"file": ("../../etc/passwd", b"\x89PNG\r\n\x1a\n" + b"0" * 2_000_000, "image/png")}
    assert (await other.post(address, files=good)).status_code == 404
    kept = await desk.post(address, files=good)
    assert kept.status_code == 201, kept.text
    assert kept.json()["media_type"] == "image/png"
    assert (await other.get(f"{address}/{kept.json()['id']}")).status_code == 404
    assert (await desk.get(f"/tickets/{ticket['id']}")).json()["photos"][0]["id"] == kept.json()["id"]


async def test_pages_neither_skip_nor_repeat(world: World, browser_of: Browsers) -> None:
    desk = await browser_of("district")
    for owner in (A, B, DEPARTMENT):
        for index in range(3):
            await _confirmed(desk, world, owner, index)
    for address in ("/tickets?limit=2", "/candidates?limit=4", "/cameras?limit=2&sort=-name"):
        seen, cursor = [], ""
        while True:
            page = (await desk.get(address + (f"&after={cursor}" if cursor else ""))).json()
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = page["next"]
        assert len(seen) == len(set(seen)) == 9, address
    assert (await desk.get("/tickets?after=nonsense")).status_code == 422


async def test_device_faults_become_maintenance_without_anyone(world: World, browser_of: Browsers) -> None:
    camera, at = world.camera(A, 1), world.clock.now()
    event = event_of(camera, at, ObservationKind.FREEZE)
    async with world.office.store.begin() as conn:
        accepted = await accepting.accept(conn, [event], "worker-1", at, world.office.new_id)
        ticket_id = await open_maintenance(conn, event, at)
    assert ticket_id is not None
    again = event_of(camera, at + timedelta(minutes=20), ObservationKind.FREEZE)
    async with world.office.store.begin() as conn:
        await accepting.accept(conn, [again], "worker-1", at, world.office.new_id)
        assert await open_maintenance(conn, again, at) is None, "one open ticket per camera and fault"
        assert await note_recovery(conn, event, at + timedelta(hours=1)) == ticket_id
        settled = await candidates.get(conn, accepted.candidates[0].id)
    assert settled is not None
    assert (settled.state, settled.ticket_id) == ("confirmed", ticket_id)
    owner = await browser_of("jinsha")
    ticket = (await owner.get(f"/tickets/{ticket_id}")).json()
    assert (ticket["kind"], ticket["state"], ticket["handler_id"]) == ("maintenance", "SENT", A)
    assert ticket["category_name_en"] == "Frozen picture"
    assert [row["operation"] for row in ticket["moves"]] == ["forward", "assign", "note"]
    assert ticket["camera_id"] == camera.id
    ticket = (await _move(owner, ticket, "WORK")).json()
    assert ticket["state"] == "WORK"


async def test_a_ticket_of_a_camera_in_the_offset_datum_lies_in_its_true_grid(
    world: World, browser_of: Browsers
) -> None:
    leader, camera = await browser_of("leader"), world.camera(A)
    true = Place(32.05, 121.0995)
    shown = converted(true, Datum.GCJ02)
    assert shown.longitude > 121.1, "read as WGS-84 it would be outside the grid"
    version = (await leader.get(f"/cameras/{camera.id}")).json()["version"]
    moved = {"version": version, "latitude": shown.latitude, "longitude": shown.longitude, "datum": "GCJ-02"}
    assert (await leader.patch(f"/cameras/{camera.id}", json=moved)).status_code == 200
    ticket = await _confirmed(leader, world)
    assert (ticket["grid_code"], ticket["township_code"]) == ("320612001001001", "320612001")
    assert (ticket["datum"], ticket["longitude"]) == ("GCJ-02", shown.longitude)
    dot = next(one for one in (await leader.get("/map")).json()["cameras"] if one["id"] == camera.id)
    for seen in (dot["latitude"], dot["longitude"]), (ticket["wgs84_latitude"], ticket["wgs84_longitude"]):
        assert seen == pytest.approx((true.latitude, true.longitude), abs=1e-7), "the map and its outlines are WGS-84"


async def test_a_happening_is_asked_of_a_person_first(world: World, browser_of: Browsers) -> None:
    candidate = await happen(world, world.camera(A, 2), ObservationKind.MOTION)
    desk = await browser_of("district")
    shown = (await desk.get(f"/candidates/{candidate}")).json()
    assert (shown["state"], shown["fault"], shown["ticket_id"]) == ("open", False, None)
    assert (shown["box"], shown["why"]) == ([0.1, 0.1, 0.2, 0.2], {"cell": "3,4"})
    assert (shown["still"], shown["still_missing"]) == (None, None)


async def test_a_candidate_says_the_name_of_its_rule_and_none_for_a_rule_that_is_gone(world: World) -> None:
    lawn = Rule("rule-anomaly", frozenset({ObservationKind.ANOMALY}), name_zh="草坪闯入", name_en="On the lawn")
    for rules, names in (((lawn,), ("草坪闯入", "On the lawn")), ((), ("", ""))):
        async with aclosing(await signed_in(create_api(world.office, rules=rules), "district")) as desk:
            listed = (await desk.get("/candidates")).json()["items"]
            assert {(item["rule_id"], item["rule_name_zh"], item["rule_name_en"]) for item in listed} == {
                ("rule-anomaly", *names)
            }
            one = (await desk.get(f"/candidates/{listed[0]['id']}")).json()
            assert (one["rule_name_zh"], one["rule_name_en"]) == names
