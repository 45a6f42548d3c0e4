"""Many cameras at once: ticked, previewed, changed, grouped; and a file whose cells are wrong."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.conftest import Desk
from tests.e2e.test_adding import fill
from tests.running import items


def test_ticked_cameras_are_changed_and_grouped_after_a_preview(desks: Callable[..., Desk]) -> None:
    desk = desks("jinsha")
    page = desk.page
    with desk.district.client("jinsha") as client:
        two = [row["id"] for row in items(client, "/api/v1/cameras", sort="id")][:2]
    desk.go("cameras")
    for camera in two:
        page.locator(f'[data-test="tick-{camera}"]').click()
    page.locator('[data-test="camera-bulk"]').click()
    page.locator('[data-test="bulk-record_save_days"]').click()
    page.locator('[data-test="bulk-days"]').click()
    page.locator('[data-test="bulk-days-90"]').click()
    fill(page, "bulk-new-group", "防汛点(示例) 汛期")
    page.locator('[data-test="bulk-preview"]').click()
    page.locator('[data-test="bulk-item"]').first.wait_for()
    assert page.locator('[data-test="bulk-item"]').count() == 2
    assert page.locator('[data-test="bulk-item"][data-refused="true"]').count() == 0
    desk.shoot("bulk-preview")
    page.locator('[data-test="bulk-apply"]').click()
    page.locator('[data-test="camera-filter-group"]').click()
    page.get_by_text("防汛点(示例) #汛期").first.click()
    page.wait_for_function("() => document.querySelectorAll('[data-test=\"camera-row\"]').length === 2")
    desk.shoot("bulk-group")
    page.get_by_text("EN", exact=True).click()
    desk.shoot("cameras-en")
    page.locator('[data-test="tab-rates"]').click()
    page.locator('[data-test="rates-row"]').first.wait_for()
    desk.shoot("rates-en")
    page.get_by_text("中文", exact=True).click()
    with desk.district.client("jinsha") as client:
        for camera in two:
            assert client.get(f"/api/v1/cameras/{camera}").json()["filing"]["record_save_days"] == 90
            lines = client.get(f"/api/v1/cameras/{camera}/history").json()["items"]
            newest = lines[0]
            assert (newest["field"], newest["new"], newest["source"]) == ("record_save_days", 90, "bulk")


def test_the_problems_of_a_file_are_shown_at_their_cells(desks: Callable[..., Desk]) -> None:
    desk = desks("leader")
    page = desk.page
    desk.go("cameras")
    page.locator('[data-test="camera-load"]').click()
    rows = b"id,gb_id,name_zh,kind\nX-1,3.2E+19,\xe8\xb7\xaf\xe5\x8f\xa3,street\n"
    page.locator('[data-test="load-file"]').set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": rows})
    page.locator('[data-test="load-problem"]').first.wait_for()
    cells = page.locator('[data-test="load-cell"]').all_inner_texts()
    assert {"B2", "D2"} <= set(cells)
    told = page.locator('[data-test="load-problem"]').all_inner_texts()
    assert all("请" in row or "只能" in row for row in told), told
    desk.shoot("load-problems")
