"""Areas on the map: drawn by mouse or by typed corners, given, named by an emergency, kept while grants rest on one."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Desk
from tests.e2e.test_legal_holds import address
from tests.e2e.test_sharing import choose
from tests.running import District

TRIANGLE = ((121.0, 32.0), (121.2, 32.0), (121.1, 32.2))


def type_corners(page: Page) -> None:
    """Types three corners without touching the map."""
    for index, corner in enumerate(TRIANGLE):
        page.locator('[data-test="corner-add"]').press("Enter")
        for name, value in zip(("longitude", "latitude"), corner, strict=True):
            field = page.locator(f'[data-test="corner-{index}-{name}"] input')
            field.fill(str(value))
            field.press("Tab")


def test_an_area_is_drawn_by_keyboard_given_and_named_by_an_emergency(
    desks: Callable[..., Desk], district: District
) -> None:
    desk = desks("leader")
    page = desk.page
    address(page, "/sharing/areas")
    page.locator('[data-test="area-draw"]').click()
    trouble = page.locator('[data-test="area-form"] [data-test="form-trouble"]')
    page.locator('input[data-test="area-name"]').fill("河口(示例)")
    page.locator('[data-test="area-submit"]').click()
    expect(trouble).to_have_text("至少需要三个角。")
    type_corners(page)
    page.locator('input[data-test="area-name"]').press("Enter")
    item = page.locator('[data-test="area-item"]').filter(has_text="河口(示例)")
    area = str(item.get_attribute("data-area"))
    with district.client("leader") as client:
        drawn = next(one for one in client.get("/api/v1/areas").json()["items"] if one["id"] == area)
        assert [tuple(corner) for corner in drawn["polygon"]] == list(TRIANGLE)
        item.locator('[data-test="area-give"]').click()
        choose(page, "grant-organisation", "organisation-D20", "D20")
        page.locator('input[data-test="grant-reason"], [data-test="grant-reason"] input').first.fill("联合巡查(示例)")
        page.locator('[data-test="grant-submit"]').click()
        expect(page.locator('[data-test="grant-submit"]')).to_have_count(0)
        given = client.get("/api/v1/grants", params={"active": True}).json()["items"]
        (grant,) = [one["id"] for one in given if (one["target_kind"], one["target_id"]) == ("area", area)]
        item.locator('[data-test="area-remove"]').click()
        page.locator('[data-test="sure-confirm"]').click()
        expect(page.get_by_text("有授权以该区域为范围")).to_be_visible()
        assert [one for one in desk.complaints if "409" not in one] == []
        desk.complaints.clear()  # a browser complains of every refusal

        page.locator('[data-test="tab-emergencies"]').click()
        page.locator('[data-test="emergency-open"]').click()
        page.locator('input[data-test="emergency-name"]').fill("河口演练(示例)")
        page.locator('input[data-test="emergency-reason"]').fill("演练(示例)")
        page.locator('[data-test="emergency-scope-area"]').click()
        choose(page, "emergency-area", f"area-option-{area}")
        choose(page, "emergency-roles", "widened-role-vendor")
        page.keyboard.press("Escape")
        page.locator('[data-test="emergency-propose"]').click()
        detail = page.locator('[data-test="emergency-detail"]')
        expect(detail).to_contain_text("河口(示例)")
        expect(detail).to_contain_text("厂商运维")
        emergency = page.url.rsplit("/", 1)[-1]
        (proposed,) = [one for one in client.get("/api/v1/emergencies").json()["items"] if one["id"] == emergency]
        assert (proposed["scope_kind"], proposed["scope_id"]) == ("area", area)
        assert [(one["organisation_id"], one["role"]) for one in proposed["widened"]] == [("", "vendor")]
        assert client.post(f"/api/v1/grants/{grant}/revoke", json={"reason": "结束(示例)"}).status_code == 200
    with district.client("district") as other:
        refused = other.post(f"/api/v1/emergencies/{emergency}/refuse", json={"reason": "演练结束(示例)"})
        assert refused.status_code == 200, refused.text


def test_an_area_is_drawn_by_mouse_and_a_step_is_taken_back(desks: Callable[..., Desk]) -> None:
    page = desks("leader").page
    address(page, "/sharing/areas")
    page.locator('[data-test="area-draw"]').click()
    canvas = page.locator('[data-test="area-map"]')
    canvas.locator("path").first.wait_for()
    box = canvas.bounding_box()
    assert box is not None
    corners = page.locator('[data-test="area-corner"]')
    for across, down in ((0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.4, 0.7)):
        seen = corners.count()
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
        expect(corners).to_have_count(seen + 1)
    page.locator('[data-test="corner-undo"]').click()
    expect(corners).to_have_count(3)
    first = page.locator('[data-test="corner-0-longitude"] input')
    was = first.input_value()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.35, steps=5)
    page.mouse.up()
    expect(first).not_to_have_value(was)
    page.locator('input[data-test="area-name"]').fill("鼠标所画(示例)")
    page.locator('[data-test="area-submit"]').click()
    item = page.locator('[data-test="area-item"]').filter(has_text="鼠标所画(示例)")
    item.locator('[data-test="area-remove"]').click()
    page.locator('[data-test="sure-confirm"]').click()
    expect(item).to_have_count(0)
