"""A township sees its own; a grant brings one more camera; revoking it ends the running picture."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Desk
from tests.e2e.test_wall import advancing, decoded, fill_wall, pick
from tests.running import District, items, wait_until

STATES = """() => {
  const video = document.querySelector('video[data-test="tile"]')
  new MutationObserver(() => { if (video.dataset.state !== 'playing') window.ended ??= Date.now() })
    .observe(video, { attributes: true, attributeFilter: ['data-state'] })
}"""
"""Notes the moment at which the picture ended, by the clock that the gateway has too."""


def test_a_township_sees_only_its_own(desks: Callable[..., Desk], district: District) -> None:
    with district.client("jinsha") as client:
        session = client.get("/api/v1/session").json()
        mine = items(client, "/api/v1/cameras", limit=200)
    assert mine
    assert {one["owner_id"] for one in mine} == {session["operator"]["organisation_id"]}
    desk = desks("jinsha")
    fill_wall(desk, 4)
    advancing(desk.page, 4)
    assert set(decoded(desk.page)) <= {one["id"] for one in mine}
    listed = desk.page.locator('[data-test="tree-camera"]').evaluate_all("all => all.map(one => one.dataset.camera)")
    assert listed, "the tree shows the township its own cameras"
    assert set(listed) <= {one["id"] for one in mine}


def choose(page: Page, field: str, option: str, typed: str = "") -> None:
    """Opens a select, types into it if need be, and takes the option."""
    page.locator(f'[data-test="{field}"]').click()
    if typed:
        page.keyboard.type(typed)
    page.locator(f'[data-test="{option}"]').click()


def give(page: Page, organisation: str, camera: str) -> str:
    """Gives the organisation one camera on the sharing page; the grant's id."""
    page.locator('[data-test="nav-sharing"]').click()
    page.locator('[data-test="grant-open"]').click()
    choose(page, "grant-organisation", f"organisation-{organisation}")
    choose(page, "grant-cameras", f"camera-option-{camera}", camera)
    page.keyboard.press("Escape")
    page.locator('input[data-test="grant-reason"], [data-test="grant-reason"] input').first.fill("防汛联动(示例)")
    page.locator('[data-test="grant-submit"]').click()
    row = page.locator('[data-test="grant-row"][data-state="active"]').filter(has_text="防汛联动").first
    row.wait_for()
    return str(row.get_attribute("data-grant"))


def test_revoking_a_grant_ends_the_picture_within_two_seconds(desks: Callable[..., Desk], district: District) -> None:
    with district.client("district") as centre, district.client("wujie") as wujie:
        organisation = wujie.get("/api/v1/session").json()["operator"]["organisation_id"]
        own = {one["id"] for one in items(wujie, "/api/v1/cameras", limit=200)}
        foreign = next(
            one["id"]
            for one in items(centre, "/api/v1/cameras", limit=200, state="online")
            if one["id"] not in own and one["owner_id"].startswith("D")
        )
        assert wujie.get(f"/api/v1/cameras/{foreign}").status_code == 404

        giver, desk = desks("district"), desks("wujie")
        grant = give(giver.page, organisation, foreign)
        assert {one["id"] for one in items(wujie, "/api/v1/cameras", limit=200)} == own | {foreign}

        desk.go("wall")
        desk.page.locator('[data-test="layout-1"]').click()
        pick(desk.page, foreign)
        advancing(desk.page, 1)
        assert set(decoded(desk.page)) == {foreign}

        giver.page.locator(f'[data-test="grant-row"][data-grant="{grant}"] [data-test="revoke-open"]').click()
        reason = giver.page.locator('input[data-test="revoke-reason"], [data-test="revoke-reason"] input').first
        reason.fill("联动结束(示例)")
        desk.page.evaluate(STATES)
        giver.page.locator('[data-test="revoke-submit"]').click()
        tile = desk.page.locator('video[data-test="tile"]')
        wait_until(lambda: tile.get_attribute("data-state") != "playing", "the picture to end", every=0.05)
        ended = desk.page.evaluate("() => window.ended")
        with sqlite3.connect(f"file:{district.data / 'gateway.sqlite3'}?mode=ro", uri=True) as database:
            (revoked,) = database.execute("select revoked_at from grants where id = ?", (grant,)).fetchone()
        took = ended / 1000 - revoked / 1e6
        assert took <= 2.0, f"the picture ended {took:.2f} s after the grant was revoked"
        assert tile.get_attribute("data-code") == "revoked"
        listed = desk.page.locator(f'[data-test="tree-camera"][data-camera="{foreign}"]')
        expect(listed).to_have_count(0)  # also among what the search had found before
        desk.shoot("revoked")
        assert wujie.get(f"/api/v1/cameras/{foreign}").status_code == 404


def test_the_sharing_page_lists_what_was_given(desks: Callable[..., Desk], district: District) -> None:
    """Three cameras for a flood purpose until tomorrow, as the page shows them."""
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    with district.client("leader") as leader:
        cameras = [one["id"] for one in items(leader, "/api/v1/cameras", limit=200, kind="water")][:3]
        given = [
            leader.post(
                "/api/v1/grants",
                json={
                    "grantee_kind": "organisation",
                    "grantee_id": "T-320612110",
                    "target_kind": "camera",
                    "target_id": camera,
                    "actions": ["view_live", "snapshot"],
                    "purposes": ["PS-FLOOD"],
                    "not_after": until,
                    "reason": "汛期联防(示例)",
                },
            ).json()["id"]
            for camera in cameras
        ]
        desk = desks("leader")
        desk.go("sharing")
        desk.page.get_by_text("汛期联防").first.wait_for()
        assert desk.page.get_by_text("汛期联防").count() >= 3
        desk.shoot("sharing")
        for grant in given:
            assert leader.post(f"/api/v1/grants/{grant}/revoke", json={"reason": "演示结束(示例)"}).status_code == 200
