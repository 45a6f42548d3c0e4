"""Oversight and filing with rows in them, in both languages: what was unusual or unused, what is to be filed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import Desk
from tests.running import District, items, wait_until

LOOKS = 32
"""More cameras than anybody looks at one by one in ten minutes."""
UNIT = "T-320612001"


def looked_at_many(district: District) -> None:
    """The shift leader takes a still of one camera after the other."""
    with district.client("leader") as leader:

        def online() -> list[dict[str, Any]]:
            return items(leader, "/api/v1/cameras", limit=200, state="online")

        wait_until(lambda: len(online()) >= LOOKS, "enough cameras to play")
        for camera in online()[:LOOKS]:
            assert leader.get(f"/api/v1/cameras/{camera['id']}/snapshot").status_code == 200


def given_long_ago(district: District) -> str:
    """A grant that nobody used, and a camera that nobody reviewed, as if two years had passed; the grant's id."""
    with district.client("leader") as leader:
        water = items(leader, "/api/v1/cameras", limit=200, owner="D16")
        body = {
            "grantee_kind": "organisation",
            "grantee_id": "T-320612114",
            "target_kind": "camera",
            "target_id": water[0]["id"],
            "actions": ["view_live"],
            "reason": "汛期联防(示例)",
        }
        given = leader.post("/api/v1/grants", json=body)
        assert given.status_code == 201, given.text
        grant = str(given.json()["id"])
    years = timedelta(days=730) // timedelta(microseconds=1)
    with closing(sqlite3.connect(district.data / "gateway.sqlite3", timeout=30)) as database, database:
        began = "UPDATE grants SET created_at = created_at - ?, not_before = not_before - ? WHERE id = ?"
        database.execute(began, (years, years, grant))
        aged = "UPDATE cameras SET created_at = created_at - ? WHERE id = ?"
        database.execute(aged, (years, water[1]["id"]))
    return grant


def test_oversight_shows_what_is_unusual_unused_and_unreviewed(desks: Callable[..., Desk], district: District) -> None:
    looked_at_many(district)
    grant = given_long_ago(district)
    desk = desks("audit")
    page = desk.page
    desk.go("audit")
    page.locator('[data-test="tab-oversight"]').click()
    alert = page.locator('[data-test="alert"]').filter(has_text="逐个调阅").first
    expect(alert).to_contain_text("区级值班长(示例)")
    unused = page.locator(f'[data-test="unused-grant"][data-grant="{grant}"]')
    expect(unused).to_contain_text("平潮镇")
    expect(unused).to_contain_text("从未")
    expect(page.locator('[data-test="needs-list"]')).to_contain_text("区水利局(示例)")
    desk.shoot("oversight")
    page.locator('[data-test="language-en"]').click()
    expect(page.locator('[data-test="alert"]').filter(has_text="one by one").first).to_be_visible()
    desk.shoot("oversight.en")
    page.locator('[data-test="language-zh"]').click()
    alert.locator('[data-test="alert-note"] input, input[data-test="alert-note"]').fill("示例演练,已核实")
    alert.locator('[data-test="alert-acknowledge"]').click()
    expect(alert).to_have_count(0)
    assert page.locator("video").count() == 0


def test_filing_shows_what_changed_after_it_was_filed(desks: Callable[..., Desk], district: District) -> None:
    with district.client("jinsha") as township:
        filed = items(township, "/api/v1/cameras", limit=200, owner=UNIT)
        camera = next(
            file
            for one in filed
            if (file := township.get(f"/api/v1/cameras/{one['id']}").json())["filing"].get("filing_no")
        )
        change = {"version": camera["version"], "record_save_days": 90}
        assert township.patch(f"/api/v1/cameras/{camera['id']}", json=change).status_code == 200
    desk = desks("jinsha")
    page = desk.page
    desk.go("cameras")
    page.locator('[data-test="tab-filing"]').click()
    row = page.locator(f'[data-test="filing-row"][data-camera="{camera["id"]}"]')
    expect(row).to_have_attribute("data-standing", "changed")
    expect(row).to_contain_text("变更")
    desk.shoot("filing")
    page.locator('[data-test="language-en"]').click()
    expect(row).to_contain_text("Changed:")
    desk.shoot("filing.en")
    page.locator('[data-test="language-zh"]').click()
    row.locator('[data-test="filing-mark"]').click()
    desk.shoot("filing-mark")
