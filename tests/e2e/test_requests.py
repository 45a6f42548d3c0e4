"""An emergency of two people, which every owner sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import Page

from tests.e2e.conftest import Desk
from tests.e2e.test_sharing import choose
from tests.running import District, items

DEPARTMENT = "D16"


def fill(page: Page, name: str, text: str) -> None:
    """Types into the field of that name."""
    page.locator(f'[data-test="{name}"] input, input[data-test="{name}"]').first.fill(text)


def pick_time(page: Page, name: str, at: datetime) -> None:
    """Types a time into a date field."""
    field = page.locator(f'[data-test="{name}"] input, input[data-test="{name}"]').first
    field.fill(f"{at:%Y-%m-%d %H:%M}")
    field.press("Enter")


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
