"""The figures over every page move by themselves when what they count changes: nobody reloads, no timer asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from gateway.samples.faults import Fault
from tests.e2e.conftest import Desk
from tests.e2e.test_triage import SAMPLE, faulty
from tests.running import District, items, wait_until

NO_TIMERS = """(() => {
  const every = window.setInterval
  window.setInterval = (work, pause, ...rest) => (pause >= 30000 ? 0 : every(work, pause, ...rest))
})()"""
"""The page also asks twice a minute, for what no bell tells of; here the bells alone must do."""


@pytest.fixture
def page(desks: Callable[..., Desk]) -> Page:
    """The wall of somebody who sees the whole district, left alone."""
    desk = desks("leader")
    desk.page.add_init_script(NO_TIMERS)
    desk.page.reload()
    desk.page.locator('[data-test="figure-online"]').wait_for()
    return desk.page


def shown(page: Page, figure: str) -> str:
    return page.locator(f'[data-test="figure-{figure}"]').inner_text()


def figures(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/figures").json()
    return found


def test_the_online_rate_of_an_owner_falls_and_rises_with_its_camera(page: Page, district: District) -> None:
    with district.client("leader") as client:

        def of_owner(name: str) -> tuple[int, int]:
            return next((one["online"], one["total"]) for one in figures(client)["by_owner"] if one["name_zh"] == name)

        def agrees(owner: str) -> bool:
            """The page says what the gateway says, of the district and of the owner."""
            now, of_one = figures(client)["cameras"], of_owner(owner)
            row = page.locator(".owners .row").filter(has_text=owner).locator(".figure").first
            whole = f"{now['online']}/{now['total']}"
            return whole in shown(page, "online") and row.inner_text() == f"{of_one[0]}/{of_one[1]}"

        def online() -> dict[str, Any] | None:
            found = items(client, "/api/v1/cameras", limit=200, state="online")
            return next((one for one in found if one["id"].startswith(SAMPLE)), None)

        camera = wait_until(online, "a camera to be online")
        owner = camera["owner_name_zh"]
        page.locator('[data-test="figure-online"]').click()
        page.locator(".owners .row").filter(has_text=owner).first.wait_for()

        def is_online() -> bool:
            return bool(client.get(f"/api/v1/cameras/{camera['id']}").json()["state"] == "online")

        with faulty(district, camera["id"], Fault.DROP):
            wait_until(lambda: not is_online() and agrees(owner), "the page to count one less")
        wait_until(lambda: is_online() and agrees(owner), "the page to count it again")


def test_open_candidates_and_overdue_tickets_are_counted_as_they_change(page: Page, district: District) -> None:
    with district.client("leader") as client:

        def agrees() -> bool:
            now = figures(client)
            said = [shown(page, name).split()[-1] for name in ("candidates", "overdue")]
            return said == [str(now["candidates_open"]), str(now["tickets_overdue"])]

        def waiting() -> dict[str, Any] | None:
            found = items(client, "/api/v1/candidates", limit=200, state="open")
            return next((one for one in found if not one["fault"]), None)

        candidate = wait_until(waiting, "a candidate")
        wait_until(agrees, "the page to count what is open")
        with page.expect_response("**/api/v1/figures"):
            decided = {"category": "3206120102", "note": "路边堆放(示例)", "version": candidate["version"]}
            confirmed = client.post(f"/api/v1/candidates/{candidate['id']}/confirm", json=decided)
        assert confirmed.status_code == 200, confirmed.text
        ticket = confirmed.json()
        wait_until(agrees, "the page to count one candidate less")
        before = figures(client)["tickets_overdue"]
        with closing(sqlite3.connect(district.data / "gateway.sqlite3", timeout=30)) as database, database:
            # nobody can set a deadline, and none runs out within a test
            database.execute("UPDATE tickets SET deadline_at = created_at WHERE id = ?", (ticket["id"],))
        with page.expect_response("**/api/v1/figures"):
            move = {"to": "SENT", "why": "已到场(示例)", "version": ticket["version"]}
            moved = client.post(f"/api/v1/tickets/{ticket['id']}/moves", json=move)
        assert moved.status_code == 200, moved.text
        assert figures(client)["tickets_overdue"] == before + 1
        wait_until(agrees, "the page to count one ticket overdue")
