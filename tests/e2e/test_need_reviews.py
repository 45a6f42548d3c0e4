"""The yearly review of need: what is due, still needed, no longer needed, and out of service."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from playwright.sync_api import expect

from tests.e2e.conftest import Desk
from tests.running import District, items

TWO_YEARS = 2 * 365 * 24 * 3600 * 10**6


def added_long_ago(district: District, cameras: list[str]) -> None:
    """Makes the gateway believe that the cameras have been there for two years."""
    with closing(sqlite3.connect(district.data / "gateway.sqlite3", timeout=60)) as connection, connection:
        for camera in cameras:
            connection.execute("UPDATE cameras SET created_at = created_at - ? WHERE id = ?", (TWO_YEARS, camera))


def test_r30_a_camera_is_reviewed_and_one_that_is_not_needed_waits_to_leave_service(
    desks: Callable[..., Desk], district: District
) -> None:
    with district.client("xingdong") as client:
        kept, unneeded = [one["id"] for one in items(client, "/api/v1/cameras", limit=200)][:2]
    added_long_ago(district, [kept, unneeded])
    desk = desks("xingdong")
    page = desk.page
    desk.go("cameras")
    page.locator('[data-test="tab-need-reviews"]').click()
    row = page.locator(f'[data-test="need-row"][data-camera="{kept}"]')
    expect(row).to_have_attribute("data-standing", "never")
    row.locator('[data-test="need-review"]').click()
    trouble = page.locator('[data-test="need-form"] [data-test="form-trouble"]')
    page.locator('[data-test="need-submit"]').click()
    expect(trouble).to_have_text("请选择是否仍有必要。")
    page.locator('[data-test="need-yes"]').click()
    page.locator('[data-test="need-submit"]').click()
    expect(trouble).to_have_text("请填写理由。")
    page.locator('textarea[data-test="need-note"]').fill("路口仍易积水(示例)")
    page.locator('[data-test="need-submit"]').click()
    expect(row).to_have_count(0)

    page.locator('[data-test="language-en"]').first.click()
    other = page.locator(f'[data-test="need-row"][data-camera="{unneeded}"]')
    other.locator('[data-test="need-review"]').click()
    page.locator('[data-test="need-no"]').click()
    expect(page.locator('[data-test="need-hint"]')).to_contain_text("Take it out of service")
    page.locator('textarea[data-test="need-note"]').fill("the junction is gone (sample)")
    page.locator('[data-test="need-submit"]').click()
    expect(other).to_have_attribute("data-standing", "unneeded")
    other.locator('[data-test="need-retire"]').click()
    page.locator('[data-test="camera-tab-need"]').click()
    expect(page.locator('[data-test="need-history"]')).to_contain_text("the junction is gone (sample)")
    page.locator('[data-test="language-zh"]').first.click()
