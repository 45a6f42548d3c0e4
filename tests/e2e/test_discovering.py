"""From a scan to a live picture: ticked, described, placed on the map, and playing within a minute."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.e2e.conftest import Desk
from tests.e2e.test_adding import PLAN, fill, playing
from tests.running import items

LONGEST_SECONDS = 60


def test_a_device_that_was_found_plays_within_a_minute(desks: Callable[..., Desk]) -> None:
    desk = desks("jinsha")
    page = desk.page
    device = [one for one in PLAN.devices if len(one.channels) == 1][1]
    password = (desk.district.data / "sample-device-password").read_text("ascii").strip()
    desk.go("cameras")
    page.locator('[data-test="camera-discover"]').click()
    fill(page, "scan-range", f"{device.host}/32")
    began = time.monotonic()
    page.locator('[data-test="scan"]').click()
    page.locator(f'[data-test="found"][data-host="{device.host}"]').first.wait_for()
    assert page.locator('[data-test="found"]').count() >= len(PLAN.devices), "all of the sample answer the probe"
    page.locator(f'[data-test="found-{device.host}"]').first.click()
    desk.shoot("discover-found")
    page.locator('[data-test="scan-next"]').click()
    fill(page, "discover-user", "viewer")
    fill(page, "discover-password", password)
    fill(page, "discover-name", "扫描添加(示例)")
    fill(page, "discover-need", "路口交通秩序(示例)")
    page.locator('.picker [data-test="map"]').click(position={"x": 200, "y": 120})
    page.locator('[data-test="discover-converted"]').first.wait_for()
    desk.shoot("discover-describe")
    page.locator('[data-test="discover-submit"]').click()
    shown = playing(page, 1)
    took = time.monotonic() - began
    desk.shoot("discover-live")
    with desk.district.client("jinsha") as client:
        added = [row for row in items(client, "/api/v1/cameras", q="扫描添加")]
        assert [row["id"] for row in added] == list(shown)
        assert (added[0]["lifecycle"], added[0]["datum"]) == ("live", "WGS-84")
    assert took < LONGEST_SECONDS
