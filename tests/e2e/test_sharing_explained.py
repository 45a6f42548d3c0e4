"""The sharing page answers who, what and why, shows what a grant would change before it is given, and the matrix."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.conftest import Desk
from tests.e2e.test_sharing import choose
from tests.running import District, items

TOWNSHIP = "T-320612110"


def test_r10_a_grant_is_previewed_given_explained_and_found_in_the_matrix(
    desks: Callable[..., Desk], district: District
) -> None:
    with district.client("leader") as leader:
        waters = items(leader, "/api/v1/cameras", limit=200, kind="water")
        camera = next(one for one in waters if one["owner_id"] == "D16")
    desk = desks("leader")
    page = desk.page
    desk.go("sharing")
    page.locator('[data-test="grant-open"]').click()
    choose(page, "grant-organisation", f"organisation-{TOWNSHIP}")
    choose(page, "grant-cameras", f"camera-option-{camera['id']}", camera["id"])
    page.keyboard.press("Escape")
    page.locator('[data-test="grant-condition-watermark"]').click()
    page.locator('[data-test="grant-simulate"]').click()
    expect(page.locator('[data-test="change-gains"]')).to_contain_text("1 个点位")
    assert page.locator('[data-test="change-person"]').count() >= 1
    desk.shoot("sharing-simulation")
    page.locator('input[data-test="grant-reason"], [data-test="grant-reason"] input').first.fill("河道联防(示例)")
    page.locator('[data-test="grant-submit"]').click()
    row = page.locator('[data-test="grant-row"][data-state="active"]').filter(has_text="河道联防").first
    row.wait_for()
    number = row.locator('[data-test="grant-number"]').inner_text()
    expect(row).to_contain_text("画面加水印")

    page.locator('[data-test="sharing-by-camera"]').click()
    choose(page, "sharing-camera", f"camera-option-{camera['id']}", camera["id"])
    page.locator('[data-test="access-row"]').first.wait_for()
    mine = page.locator('[data-test="access-row"]').filter(has_text=township_name(district))
    mine.first.locator('[data-test="access-why"]').click()
    expect(page.locator('[data-test="why-lines"]')).to_contain_text(f"授权 {number}")
    desk.shoot("sharing-who")

    page.locator('[data-test="tab-sharing-people"]').click()
    choose(page, "sight-person", "person-shigang")
    page.locator('[data-test="sight-total"]').wait_for()
    desk.shoot("sharing-person")

    page.locator('[data-test="tab-sharing-matrix"]').click()
    cell = page.locator(f'[data-test="matrix-cell"][data-row="{TOWNSHIP}"][data-column="D16"]')
    cell.wait_for()
    desk.shoot("sharing-matrix")
    cell.click()
    closer = page.locator('[data-test="grant-row"]').filter(has_text="河道联防")
    closer.first.wait_for()
    desk.shoot("sharing-matrix-closer")
    closer.first.locator('[data-test="revoke-open"]').click()
    expect(page.locator('[data-test="change-loses"]')).to_contain_text("1 个点位")
    page.locator('input[data-test="revoke-reason"], [data-test="revoke-reason"] input').first.fill("结束(示例)")
    page.locator('[data-test="revoke-submit"]').click()
    expect(cell).to_have_count(0)


def test_the_sharing_pages_speak_english(desks: Callable[..., Desk], district: District) -> None:
    desk = desks("leader", "en-US")
    page = desk.page
    page.evaluate("() => localStorage.setItem('language', 'en')")
    page.reload()
    page.locator('[data-test="user-menu"]').wait_for()
    desk.go("sharing")
    page.locator('[data-test="sharing-policies"]').click()
    page.get_by_text("Standing policies come with the district").wait_for()
    page.locator('[data-test="grant-row"]').first.wait_for()
    desk.shoot("sharing-policies-en")
    page.locator('[data-test="grant-open"]').click()
    page.locator('[data-test="grant-scope"]').wait_for()
    desk.shoot("sharing-give-en")
    page.keyboard.press("Escape")
    page.locator('[data-test="tab-sharing-matrix"]').click()
    page.locator('[data-test="matrix-cell"]').first.wait_for()
    desk.shoot("sharing-matrix-en")
    page.locator('[data-test="tab-sharing-people"]').click()
    choose(page, "sight-person", "person-jinsha")
    page.locator('[data-test="sight-why"]').first.click()
    expect(page.locator('[data-test="why-lines"]').first).to_contain_text("allowed by grant G")
    desk.shoot("sharing-person-en")


def township_name(district: District) -> str:
    with district.client("leader") as client:
        rows = client.get("/api/v1/organisations").json()
    return next(str(row["name_zh"]) for row in rows if row["id"] == TOWNSHIP)
