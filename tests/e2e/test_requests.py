"""A township asks for three cameras, gets two, loses one by revocation and one by time; and an emergency."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page

from tests.e2e.conftest import Desk
from tests.e2e.test_sharing import STATES, choose
from tests.e2e.test_wall import advancing, decoded
from tests.running import District, items, wait_until

DEPARTMENT = "D16"
REASON = "闸口水位上涨(示例)"


def fill(page: Page, name: str, text: str) -> None:
    """Types into the field of that name."""
    page.locator(f'[data-test="{name}"] input, input[data-test="{name}"]').first.fill(text)


def pick_time(page: Page, name: str, at: datetime) -> None:
    """Types a time into a date field."""
    field = page.locator(f'[data-test="{name}"] input, input[data-test="{name}"]').first
    field.fill(f"{at:%Y-%m-%d %H:%M}")
    field.press("Enter")


def known_to_the_township(district: District, organisation: str) -> list[str]:
    """Three cameras of the department that play; the township learns that they are there, no more."""
    with district.client("leader") as leader:
        playing = items(leader, "/api/v1/cameras", limit=200, state="online", owner=DEPARTMENT)
        cameras = [one["id"] for one in playing][:3]
        for camera in cameras:
            given = leader.post(
                "/api/v1/grants",
                json={
                    "grantee_kind": "organisation",
                    "grantee_id": organisation,
                    "target_kind": "camera",
                    "target_id": camera,
                    "actions": ["directory"],
                    "reason": "目录公开(示例)",
                },
            )
            assert given.status_code == 201, given.text
    assert len(cameras) == 3
    return cameras


def ask(desk: Desk, cameras: list[str]) -> str:
    """Asks for the cameras, for a flood, until tomorrow; the request's id."""
    page = desk.page
    desk.go("sharing")
    page.locator('[data-test="tab-requests"]').click()
    page.locator('[data-test="ask-open"]').click()
    page.locator('[data-test="ask-cameras"]').click()
    for camera in cameras:
        page.keyboard.type(camera)
        page.locator(f'[data-test="camera-option-{camera}"]').click()
    page.keyboard.press("Escape")
    page.locator('[data-test="ask-purposes"]').click()
    page.get_by_role("option", name="防汛与积水").click()
    page.keyboard.press("Escape")
    pick_time(page, "ask-until", datetime.now(UTC) + timedelta(days=1))
    fill(page, "ask-reason", REASON)
    desk.shoot("request-ask")
    page.locator('[data-test="ask-submit"]').click()
    detail = page.locator('[data-test="request-detail"]')
    detail.wait_for()
    return str(detail.get_attribute("data-request"))


def decide(desk: Desk, refused: str) -> None:
    """The owner finds the request by the bell, unticks one camera, and approves the rest."""
    page = desk.page
    wait_until(lambda: page.locator('[data-test="bell-count"]').count() > 0, "the bell to show a figure")
    page.locator('[data-test="bell"]').click()
    desk.shoot("notices")
    page.locator('[data-test="notice-request_to_decide"]').first.click()
    page.locator('[data-test="decide"]').wait_for()
    page.locator(f'label[data-test="decide-camera-{refused}"]').click()
    fill(page, "decide-reason", "两路足够(示例)")
    desk.shoot("request-decide")
    page.locator('[data-test="decide-approve"]').click()
    page.locator(f'[data-test="part-{DEPARTMENT}"][data-state="narrowed"]').wait_for()


def watch(desk: Desk, cameras: list[str]) -> None:
    """Watches the cameras on a wall of four, for the flood."""
    page = desk.page
    page.locator('[data-test="user-menu"]').click()
    page.locator('[data-test="purpose-PS-FLOOD"]').click()
    desk.go("wall")
    page.locator('[data-test="layout-4"]').click()
    for camera in cameras:
        fill(page, "wall-search", camera)
        page.locator(f'[data-test="tree-camera"][data-camera="{camera}"]').first.dblclick()
    advancing(page, len(cameras))
    assert set(decoded(page)) == set(cameras)


def tile_of(page: Page, camera: str) -> Any:
    return page.locator(f'video[data-test="tile"][data-camera="{camera}"]')


def note_end(page: Page, camera: str) -> None:
    """From now on the page notes when that camera's picture ends, by the clock that the gateway has too."""
    script = STATES.replace('video[data-test="tile"]', f'video[data-test="tile"][data-camera="{camera}"]')
    page.evaluate("() => { window.ended = undefined }")
    page.evaluate(script)


def test_asked_narrowed_watched_revoked_and_run_out(desks: Callable[..., Desk], district: District) -> None:
    with district.client("wujie") as township, district.client("water") as owner:
        organisation = township.get("/api/v1/session").json()["operator"]["organisation_id"]
        cameras = known_to_the_township(district, organisation)
        desk, water = desks("wujie"), desks("water")
        request = ask(desk, cameras)
        decide(water, refused=cameras[2])
        desk.page.locator('[data-test="part-state"]').get_by_text("部分同意").wait_for()
        desk.shoot("request-answered")

        watch(desk, cameras[:2])
        mine = township.get(f"/api/v1/requests/{request}").json()
        given = {one["id"]: one["grant_id"] for one in mine["parts"][0]["cameras"]}
        assert given[cameras[2]] is None
        assert township.get(f"/api/v1/cameras/{cameras[2]}").json()["actions"] == ["directory"]

        water.page.locator(f'[data-test="part-revoke-{cameras[0]}"]').click()
        fill(water.page, "revoke-reason", "用毕(示例)")
        note_end(desk.page, cameras[0])
        water.page.locator('[data-test="revoke-submit"]').click()
        ended = ended_at(desk.page)
        with sqlite3.connect(f"file:{district.data / 'gateway.sqlite3'}?mode=ro", uri=True) as database:
            (revoked,) = database.execute("select revoked_at from grants where id = ?", (given[cameras[0]],)).fetchone()
        took = ended / 1000 - revoked / 1e6
        assert took <= 2.0, f"the picture ended {took:.2f} s after its grant was revoked"
        assert tile_of(desk.page, cameras[0]).get_attribute("data-code") == "revoked"
        advancing(desk.page, 1)
        assert tile_of(desk.page, cameras[1]).get_attribute("data-state") == "playing"
        desk.shoot("request-revoked")

        runs_out(desk, township, owner, cameras[2])
        refused_to_export(district, cameras[1])
        seen_by_the_auditor(district, request, cameras)


def ended_at(page: Page) -> float:
    """When the picture ended, in milliseconds."""
    return float(wait_until(lambda: page.evaluate("() => window.ended"), "the picture to end", every=0.05))


def runs_out(desk: Desk, township: Any, owner: Any, camera: str) -> None:
    """The third camera is given for less than a minute: its picture ends when that is over."""
    wish = {
        "scope": {"kind": "cameras", "ids": [camera]},
        "actions": ["view_live"],
        "purposes": ["PS-FLOOD"],
        "not_after": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "reason": REASON,
    }
    request = township.post("/api/v1/requests", json=wish).json()
    part = request["parts"][0]
    until = datetime.now(UTC) + timedelta(seconds=45)
    body = {"version": part["version"], "not_after": until.isoformat()}
    approved = owner.post(f"/api/v1/requests/parts/{part['id']}/approve", json=body)
    assert approved.status_code == 200, approved.text
    fill(desk.page, "wall-search", camera)
    desk.page.locator(f'[data-test="tree-camera"][data-camera="{camera}"]').first.dblclick()
    wait_until(lambda: tile_of(desk.page, camera).get_attribute("data-state") == "playing", "the third camera to play")
    note_end(desk.page, camera)
    took = ended_at(desk.page) / 1000 - until.timestamp()
    assert took <= 2.0, f"the picture ended {took:.2f} s after its grant was over"
    assert tile_of(desk.page, camera).get_attribute("data-code") == "expired"


def refused_to_export(district: District, camera: str) -> None:
    """A vendor may ask for an export as little as make one."""
    with district.client("vendor1") as vendor:
        assert "export" not in vendor.get("/api/v1/session").json()["actions"]
        wish = {
            "scope": {"kind": "owner", "ids": [DEPARTMENT]},
            "actions": ["export"],
            "purposes": ["PS-FLOOD"],
            "not_after": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
            "reason": REASON,
        }
        assert vendor.post("/api/v1/requests", json=wish).status_code == 422
        assert vendor.get(f"/api/v1/cameras/{camera}").status_code == 404


def seen_by_the_auditor(district: District, request: str, cameras: list[str]) -> None:
    """All of it is on record, and whoever reads the record sees no picture."""
    with district.client("audit") as audit:
        actions = [one["action"] for one in items(audit, "/api/v1/audit", limit=500, object=request)]
        assert actions[::-1][:2] == ["ask_access", "narrow_access"]
        seen = audit.get(f"/api/v1/requests/{request}").json()
        assert seen["parts"][0]["state"] == "narrowed"
        looked = items(audit, "/api/v1/view-records", limit=500, camera=cameras[0])
        assert any(one["purpose"] == "PS-FLOOD" and one["result"] == "revoked" for one in looked)
        assert audit.get(f"/api/v1/cameras/{cameras[0]}/snapshot").status_code in (403, 404)
        assert "view_live" not in audit.get("/api/v1/session").json()["actions"]


def test_an_emergency_takes_two_people_and_everybody_sees_it(desks: Callable[..., Desk], district: District) -> None:
    duty, leader, staff = desks("district"), desks("leader"), desks("water")
    duty.go("sharing")
    duty.page.locator('[data-test="tab-emergencies"]').click()
    duty.page.locator('[data-test="emergency-open"]').click()
    fill(duty.page, "emergency-name", "7号闸险情(示例)")
    fill(duty.page, "emergency-reason", "水位超警戒(示例)")
    choose(duty.page, "emergency-widened", f"widened-{DEPARTMENT}")
    duty.page.keyboard.press("Escape")
    duty.shoot("emergency-propose")
    duty.page.locator('[data-test="emergency-propose"]').click()
    duty.page.locator('[data-test="emergency-detail"][data-state="proposed"]').wait_for()
    assert duty.page.locator('[data-test="emergency-approve"]').count() == 0

    leader.go("sharing")
    leader.page.locator('[data-test="tab-emergencies"]').click()
    leader.page.locator('[data-test="emergency-item"]').first.click()
    leader.page.locator('[data-test="emergency-approve"]').click()
    for desk in (duty, leader, staff):
        desk.page.locator('[data-test="emergency-banner"]').wait_for()
    with district.client("water") as water:
        owners = {one["owner_id"] for one in items(water, "/api/v1/cameras", limit=200)}
    assert len(owners) > 10
    leader.page.locator('[data-test="emergency-report"]').wait_for()
    leader.shoot("emergency")
    staff.page.locator('[data-test="language-en"]').first.click()
    staff.shoot("emergency-banner.en")

    leader.page.locator('[data-test="emergency-end"]').click()
    fill(leader.page, "sure-reason", "险情解除(示例)")
    leader.page.locator('[data-test="sure-confirm"]').click()
    for desk in (duty, leader, staff):
        desk.page.locator('[data-test="emergency-banner"]').wait_for(state="detached")
    with district.client("water") as water:
        assert {one["owner_id"] for one in items(water, "/api/v1/cameras", limit=200)} == {DEPARTMENT}
    staff.page.locator('[data-test="language-zh"]').first.click()
