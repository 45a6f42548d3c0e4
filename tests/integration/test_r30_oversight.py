"""R30: unusual viewing raises an alert, unused access and needs are named, the public page equals the audit."""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from gateway.domain.actions import Action
from gateway.domain.oversight import month_of
from gateway.services import need_reviews, overseeing
from gateway.services.errors import Failed, NotFound
from gateway.services.leasing import Wish
from gateway.services.office import Caller
from gateway.services.viewing import Viewing
from gateway.storage import sessions, view_records
from gateway.storage.view_records import ViewRecord
from gateway.web import oversight
from gateway.web.api import create_api
from tests.integration.conftest import Browsers
from tests.integration.world import DEPARTMENT, OWNERS, START, A, B, World, client_of, signed_in


def _look(world: World, login: str, number: int, minutes: float, **more: Any) -> ViewRecord:
    person = world.people[login]
    words = ("view_live", "sub", "ws-fmp4", "PS-ORDER", "", None, "g", "192.0.2.1", "gw")
    at = START + timedelta(minutes=minutes)
    one = ViewRecord(
        world.office.new_id(), person.id, person.organisation_id, "s", f"C-{number}", *words, started_at=at
    )
    return replace(one, **more)


async def _looked(world: World, looks: list[ViewRecord]) -> list[dict[str, Any]]:
    async with world.office.store.begin() as conn:
        await view_records.begin(conn, view_records.sealed(looks))
    last = max(look.started_at for look in looks)
    for _ in range(2):
        await overseeing.watch_viewing(world.office, last + timedelta(seconds=20))
    page = await overseeing.alerts(world.office, waiting=True, after=None, limit=50)
    return [{"kind": alert.kind.value, "who": alert.operator_id, "figure": alert.figure} for alert in page.items]


@pytest.mark.parametrize(("count", "minutes", "alerted"), [(30, 9.9, True), (29, 9.9, False), (30, 25, False)])
async def test_r30_thirty_cameras_in_ten_minutes_raise_one_alert(
    world: World, count: int, minutes: float, alerted: bool
) -> None:
    looks = [_look(world, "jinsha", number, minutes * number / (count - 1)) for number in range(count)]
    found = await _looked(world, looks)
    expected = {"kind": "many_cameras", "who": world.people["jinsha"].id, "figure": 30}
    assert found == ([expected] if alerted else [])


async def test_r30_the_same_camera_thirty_times_and_a_tour_of_the_wall_are_usual(world: World) -> None:
    again = [_look(world, "jinsha", 1, number / 10) for number in range(40)]
    tour = [_look(world, "leader", number, number / 20, wall_id="W") for number in range(96)]
    assert await _looked(world, again + tour) == []


@pytest.mark.parametrize(
    ("login", "alone", "wall", "alerts"),
    [
        ("jinsha", 0, 119, [("many_cameras", 30)]),
        ("jinsha", 14, 16, [("many_cameras", 30)]),
        ("jinsha", 13, 16, []),
        ("leader", 0, 119, [("many_on_wall", 100)]),
        ("leader", 29, 90, [("many_on_wall", 100)]),
        ("leader", 30, 0, [("many_cameras", 30)]),
    ],
)
async def test_r30_a_wall_widens_the_measure_for_the_desk_alone_and_not_without_end(
    world: World, login: str, alone: int, wall: int, alerts: list[tuple[str, int]]
) -> None:
    """That a look is one of a wall is said by who watches."""
    looks = [_look(world, login, number, number / 30) for number in range(alone)]
    looks += [_look(world, login, number, number / 30, wall_id="W") for number in range(alone, alone + wall)]
    assert [(one["kind"], one["figure"]) for one in await _looked(world, looks)] == alerts


async def test_r30_watching_at_night_or_without_tickets_is_told(world: World, browser_of: Browsers) -> None:
    night = [_look(world, "jinsha", 1, 13.5 * 60), _look(world, "district", 2, 13.5 * 60)]
    assert await _looked(world, night) == [{"kind": "off_hours", "who": world.people["jinsha"].id, "figure": 1}]
    reasons = [_look(world, "jinxin", 1, 14 * 60, purpose="PS-FLOOD", reason="示例理由") for _ in range(10)]
    found = await _looked(world, [replace(look, started_at=START + timedelta(hours=14)) for look in reasons])
    assert {"kind": "no_ticket", "who": world.people["jinxin"].id, "figure": 10} in found
    auditor = await browser_of("audit")
    notices = (await auditor.get("/notices")).json()["items"]
    assert {item["kind"] for item in notices} == {"unusual_viewing"}


async def test_r30_cameras_on_a_wall_count_once_each_as_looks_without_a_ticket(world: World) -> None:
    """A session's other purpose asks for nothing on a wall either, so the wall counts."""

    def tour(login: str, cameras: int, **more: Any) -> list[ViewRecord]:
        wall = {"purpose": "PS-FLOOD", "wall_id": f"W-{login}"} | more
        return [_look(world, login, turn % cameras, turn / 10, **wall) for turn in range(2 * cameras)]

    looks = [*tour("jinxin", 10), *tour("jinsha", 9), *tour("leader", 20, purpose="PS-ORDER")]
    found = await _looked(world, [*looks, *tour("district", 20, ticket_id="T-1")])
    assert found == [{"kind": "no_ticket", "who": world.people["jinxin"].id, "figure": 10}]


async def test_r30_an_alert_is_acknowledged_once_with_a_note(world: World, browser_of: Browsers) -> None:
    await _looked(world, [_look(world, "jinsha", number, number / 10) for number in range(30)])
    auditor = await browser_of("audit")
    for login in ("leader", "system", "jinsha"):
        assert (await (await browser_of(login)).get("/oversight/alerts")).status_code == 403
    (alert,) = (await auditor.get("/oversight/alerts?waiting=true")).json()["items"]
    path = f"/oversight/alerts/{alert['id']}/acknowledgement"
    assert (await auditor.post(path, json={"note": " "})).status_code == 422
    assert (await auditor.post(path, json={"note": "drill, letter 7"})).status_code == 204
    assert (await auditor.post(path, json={"note": "again"})).status_code == 404
    assert (await auditor.get("/oversight/alerts?waiting=true")).json()["items"] == []
    (kept,) = (await auditor.get("/oversight/alerts")).json()["items"]
    assert (kept["note"], kept["acknowledged_by"]) == ("drill, letter 7", world.people["audit"].id)


async def test_r30_a_grant_that_nobody_uses_is_named_until_it_is_used(world: World, browser_of: Browsers) -> None:
    leader = await browser_of("leader")
    body = {"grantee_kind": "organisation", "grantee_id": B, "target_kind": "camera", "target_id": world.camera(A).id}
    given = (await leader.post("/grants", json=body | {"actions": ["view_live"], "reason": "joint patrol"})).json()

    async def named() -> set[str]:
        return {grant.id for grant in await overseeing.unused_grants(world.office)}

    assert given["id"] not in await named()
    world.clock.at += timedelta(days=31)
    assert given["id"] in await named()
    await _open(world, "jinxin", world.camera(A).id)
    assert given["id"] not in await named()
    world.clock.at += timedelta(days=31)
    assert given["id"] in await named()


async def _open(world: World, login: str, camera_id: str) -> None:
    """One look, as every transport begins it."""
    async with aclosing(await signed_in(create_api(world.office), login)), world.office.store.read() as conn:
        session = (await sessions.of_operator(conn, world.people[login].id, world.clock.now()))[0]
    caller = Caller(world.people[login], session.id, None)
    async with Viewing(world.office).open(caller, Wish(camera_id, Action.VIEW_LIVE, "ws")):
        pass


async def test_r30_every_camera_is_reviewed_once_a_year_by_its_owner(world: World, browser_of: Browsers) -> None:
    own = world.camera(A).id
    caller = Caller(world.people["jinsha"], "", None)

    async def due() -> set[str]:
        return {item.camera_id for item in await need_reviews.due(world.office, caller)}

    assert await due() == set()
    world.clock.at += timedelta(days=366)
    assert await due() == {camera.id for camera in world.cameras[A]}
    with pytest.raises(NotFound):
        await need_reviews.review(world.office, replace(caller, operator=world.people["jinxin"]), own, True, "x")
    await need_reviews.review(world.office, caller, own, True, "路口仍有积水（示例）")
    assert own not in await due()
    world.clock.at += timedelta(days=366)
    assert own in await due()


async def test_r30_the_list_of_needs_and_the_review_are_cut_to_the_owner(world: World, browser_of: Browsers) -> None:
    own, body = world.camera(A).id, {"needed": True, "note": "路口仍有积水（示例）"}
    assert (await (await browser_of("jinxin")).post(f"/cameras/{own}/need-review", json=body)).status_code == 404
    assert (await (await browser_of("audit")).post(f"/cameras/{own}/need-review", json=body)).status_code == 404
    said = await (await browser_of("jinsha")).post(f"/cameras/{own}/need-review", json=body)
    assert (said.status_code, said.json()["needed"]) == (201, True)
    assert (await (await browser_of("jinsha")).get("/oversight/needs")).json()["items"] == []
    reviews = f"/cameras/{own}/need-reviews"
    for stranger in ("jinxin", "audit"):
        assert (await (await browser_of(stranger)).get(reviews)).status_code in (403, 404), stranger
    (told,) = (await (await browser_of("jinsha")).get(reviews)).json()["items"]
    assert (told["by_name"], told["needed"], told["note"]) == (world.people["jinsha"].name, True, body["note"])


async def test_r30_a_camera_that_is_not_needed_stays_on_the_list_until_it_is_out_of_service(
    world: World, browser_of: Browsers
) -> None:
    camera = world.camera(A)
    owner, leader, audit = await browser_of("jinsha"), await browser_of("leader"), await browser_of("audit")
    said = {"needed": False, "note": "路口已撤除（示例）"}
    assert (await owner.post(f"/cameras/{camera.id}/need-review", json=said)).status_code == 201
    for reader, may in ((owner, True), (leader, True), (audit, False)):
        (item,) = (await reader.get("/oversight/needs")).json()["items"]
        facts = (item["camera_id"], item["needed"], item["note"], item["may_review"])
        assert facts == (camera.id, False, said["note"], may)
    assert (await (await browser_of("jinxin")).get("/oversight/needs")).json()["items"] == []
    end = {"version": 1, "to": "decommissioned", "reason": "不再需要（示例）"}
    moved = await owner.post(f"/cameras/{camera.id}/lifecycle", json=end)
    assert moved.status_code == 200, moved.text
    assert (await owner.get("/oversight/needs")).json()["items"] == []
    assert len((await owner.get(f"/cameras/{camera.id}/need-reviews")).json()["items"]) == 1, "the history stays"


async def test_r30_the_public_page_is_off_until_it_is_switched_on(app: FastAPI) -> None:
    async with client_of(app) as stranger:
        for path in ("/transparency", "/transparency.json"):
            assert (await stranger.get(f"http://gateway.test{path}")).status_code == 404


async def test_r30_the_public_page_equals_a_recount_of_the_audit_and_names_no_camera(world: World) -> None:
    for owner in OWNERS:
        await _open(world, "leader", world.camera(owner).id)
    with pytest.raises(Failed):
        await _open(world, "jinsha", world.camera(B).id)
    month = month_of(world.clock.now())
    world.clock.at += timedelta(days=31)
    await overseeing.count_months(world.office, world.clock.now())
    await overseeing.count_months(world.office, world.clock.now())
    public = create_api(world.office, root_routers=[oversight.public_router(shown=True, contact="示例电话 0513-000")])
    async with client_of(public) as stranger:
        shown = (await stranger.get("http://gateway.test/transparency.json")).json()
        page = await stranger.get("http://gateway.test/transparency")
    async with world.office.store.read() as conn:
        lines = (await conn.execute(text("SELECT action, canonical FROM audit_entries"))).all()
        records = len((await conn.execute(select(overseeing.camera_rows.c.id))).all())
    recount = {"begin_views": 0, "refuse_views": 0}
    for action, canonical in lines:
        if action in recount:
            recount[action] += json.loads(bytes(canonical))["detail"]["count"]
    assert recount == {"begin_views": 3, "refuse_views": 1}
    assert shown["months"] == [{"month": month, "views": 3, "exports": 0, "refusals": 1}]
    assert (shown["cameras"], shown["contact"]) == (records, "示例电话 0513-000")
    assert page.status_code == 200
    assert f"<td>{month}</td><td>3</td><td>0</td><td>1</td>" in page.text
    for owner in (A, B, DEPARTMENT):
        assert not [word for word in world.secrets_of(owner) if word in page.text or word in json.dumps(shown)]


def test_the_public_page_needs_no_other_file(tmp_path: Path) -> None:
    page = oversight._html(overseeing.PublicPage(0, [], "<b>", []))
    assert "src=" not in page
    assert "&lt;b&gt;" in page
