"""Two gateways, PostgreSQL, Redis, two workers: news crosses over, a dead gateway or worker is made good."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import sign_in
from tests.running import District, items, wait_until
from tests.scale.conftest import Fleet

PLAYING = """() => [...document.querySelectorAll('video[data-test="tile"]')]
  .filter(v => v.videoWidth > 0).map(v => [v.dataset.camera, v.getVideoPlaybackQuality().totalVideoFrames])"""


def sit_down(browser: Browser, district: District, login: str) -> Page:
    """A signed-in page of that gateway."""
    page = browser.new_context(locale="zh-CN", viewport={"width": 1600, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    sign_in(page, district, login)
    return page


def online(district: District) -> dict[str, str]:
    """State of every camera, by id, as the shift leader sees it on that gateway."""
    with district.client("leader") as client:
        return {one["id"]: one["state"] for one in items(client, "/api/v1/cameras", limit=200)}


def all_online(district: District) -> bool:
    """Whether nothing is away."""
    return all(state in {"online", "faulty"} for state in online(district).values())


def frames(page: Page) -> dict[str, int]:
    """Decoded frames by camera."""
    return dict(page.evaluate(PLAYING))


def put_on_the_wall(fleet: Fleet, page: Page) -> dict[str, str]:
    """Puts two cameras of each worker on the wall; who owns which."""
    tree = page.locator('[data-test="tree-camera"]')
    tree.first.wait_for()
    closed = page.locator('[data-row][aria-expanded="false"]')
    while closed.count():
        closed.first.click()
    listed = tree.evaluate_all("all => all.map(one => one.dataset.camera)")
    owners = dict(fleet.rows("select camera_id, worker_id from assignments"))
    chosen = [one for worker in ("w1", "w2") for one in [c for c in listed if owners.get(c) == worker][:2]]
    assert len(chosen) == 4, f"of {len(listed)} listed cameras each worker has to have two"
    for camera in chosen:
        page.locator(f'[data-test="tree-camera"][data-camera="{camera}"]').first.dblclick()
    return {camera: owners[camera] for camera in chosen}


def goes_on(page: Page) -> None:
    """Waits until every tile that plays has decoded a second's worth more."""
    before = frames(page)
    assert before
    wait_until(lambda: all(frames(page).get(one, 0) >= count + 10 for one, count in before.items()), "video to go on")


def confirm_a_candidate(district: District) -> dict[str, Any]:
    """Waits for a detector's candidate and confirms it on that gateway."""
    with district.client("leader") as client:
        found = wait_until(lambda: items(client, "/api/v1/candidates", state="open"), "a candidate", every=0.5)
        answer = client.post(
            f"/api/v1/candidates/{found[0]['id']}/confirm",
            json={"category": "3206120304", "version": found[0]["version"]},
        )
        assert answer.status_code in {200, 201}, answer.text
        ticket: dict[str, Any] = answer.json()
        return ticket


@pytest.mark.browser
@pytest.mark.kill
def test_two_gateways_work_as_one(fleet: Fleet, browser: Browser, tmp_path: Path) -> None:
    a, b = fleet.gateways["A"], fleet.gateways["B"]
    wait_until(lambda: all_online(a), "all cameras to be online")

    tickets = sit_down(browser, b, "leader")
    tickets.locator('[data-test="nav-tickets"]').click()
    tickets.locator('[data-test="ticket-list"]').wait_for()
    ticket = confirm_a_candidate(a)
    confirmed = time.monotonic()
    wait_until(
        lambda: ticket["number"] in tickets.locator('[data-test="ticket-list"]').inner_text(), "the ticket", every=0.02
    )
    took = time.monotonic() - confirmed
    assert took <= 1.0, f"the ticket showed on the other gateway after {took:.2f} s"

    wall = sit_down(browser, b, "district")
    wall.locator('[data-test="nav-wall"]').click()
    wall.locator('[data-test="layout-4"]').click()
    tiles = put_on_the_wall(fleet, wall)
    wait_until(lambda: len([count for count in frames(wall).values() if count > 0]) == 4, "four tiles to play")
    assert frames(wall).keys() == tiles.keys(), "two tiles of each worker"

    conductor = fleet.rows("select holder from leases")[0][0]
    first = "A" if (a.data / "gateway-id").read_text().strip() == conductor else "B"
    assert first == "A", "A was started first and should conduct"
    fleet.kill("A")
    wait_until(lambda: fleet.rows("select holder from leases")[0][0] != conductor, "B to take over as conductor")
    goes_on(wall)
    assert all_online(b)

    now = dict(fleet.rows("select camera_id, worker_id from assignments"))
    assert {camera: now[camera] for camera in tiles} == tiles, "whose camera it is did not change with the conductor"
    mine = {row[0] for row in fleet.rows("select camera_id from assignments where worker_id = 'w1'")}
    assert 0 < len(mine) < 119
    fleet.kill("w1")
    killed = time.monotonic()
    back = "select count(*) from camera_status where worker_id = 'w2' and state in ('online', 'faulty')"
    wait_until(lambda: fleet.rows(back)[0][0] == 119, "the dead worker's cameras to be back", every=0.2)
    took = time.monotonic() - killed
    assert {row[0] for row in fleet.rows("select worker_id from assignments")} == {"w2"}
    assert took <= 15, f"the dead worker's cameras were back after {took:.1f} s"
    goes_on(wall)
