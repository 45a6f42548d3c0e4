"""A ticket's way to a grid member's phone and back: signed, handled, sent back by the check, handled again, closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Desk
from tests.e2e.test_candidate_to_closed_ticket import move
from tests.e2e.test_sharing import choose
from tests.running import District, items, wait_until

PHONE = (390, 844)
HOME = "T-320612001"
"""The organisation of the sample's grid member."""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def confirmed(district: District) -> tuple[str, str]:
    """A ticket made of a candidate: its id and number."""
    with district.client("district") as client:

        def waiting() -> list[dict[str, object]]:
            return [one for one in items(client, "/api/v1/candidates", limit=200, state="open") if not one["fault"]]

        candidate = wait_until(waiting, "a candidate to confirm")[-1]
        body = {"category": "3206120304", "version": candidate["version"]}
        made = client.post(f"/api/v1/candidates/{candidate['id']}/confirm", json=body)
        assert made.status_code == 200, made.text
        ticket = made.json().get("ticket", made.json())
        return ticket["id"], ticket["number"]


def dispatch(desk: Desk, ticket: str) -> None:
    """The desk sends the ticket to the grid member's unit."""
    page = desk.page
    desk.go("tickets")
    page.locator(f'[data-test="ticket-item"][data-ticket="{ticket}"]').first.click()
    page.locator('[data-test="move-SENT"]').click()
    choose(page, "move-handler", f"organisation-{HOME}", "金沙")
    page.locator('[data-test="move-submit"]').click()
    page.locator('[data-test="ticket-detail"][data-state="SENT"]').wait_for()


def fits(page: Page, what: str) -> None:
    """Nothing reaches beyond the phone's edge."""
    assert page.evaluate(SIDEWAYS) <= 0, f"{what} is wider than the phone"


def photo(folder: Path) -> Path:
    """What a telephone's camera took: coloured noise."""
    file = folder / "photo.jpg"
    picture = np.random.default_rng(7).integers(0, 255, (480, 640, 3), np.uint8)
    assert cv2.imwrite(str(file), picture)
    return file


def test_a_grid_member_handles_a_ticket_on_a_phone_and_it_comes_back_once(
    desks: Callable[..., Desk], district: District, tmp_path: Path
) -> None:
    ticket, number = confirmed(district)
    desk = desks("district")
    dispatch(desk, ticket)

    phone = desks("grid1", size=PHONE, has_touch=True, is_mobile=True)
    page = phone.page
    fits(page, "the list of tickets")
    page.locator(f'[data-test="ticket-item"][data-ticket="{ticket}"]').wait_for()
    phone.shoot("phone-tickets")
    page.locator(f'[data-test="ticket-item"][data-ticket="{ticket}"]').tap()
    expect(page.locator('[data-test="ticket-number"]')).to_have_text(number)
    expect(page.locator('[data-test="ticket-list"]')).to_be_hidden()
    fits(page, "the ticket")
    phone.shoot("phone-ticket")
    page.locator('[data-test="language-en"]').tap()
    expect(page.locator('[data-test="ticket-detail"]')).to_contain_text("Handling unit")
    fits(page, "the ticket in English")
    phone.shoot("phone-ticket.en")
    page.locator('[data-test="language-zh"]').tap()
    move(page, "WORK")
    page.locator('[data-test="photo-file"]').set_input_files(str(photo(tmp_path)))
    picture = page.locator('[data-test="ticket-photo"]').first
    picture.scroll_into_view_if_needed()
    wait_until(lambda: picture.evaluate("one => one.naturalWidth") > 0, "the photo to be shown")
    page.locator('[data-test="move-DONE"]').scroll_into_view_if_needed()
    page.locator('[data-test="move-DONE"]').tap()
    page.locator('[data-test="move-why"]').wait_for()
    fits(page, "the dialog")
    phone.shoot("phone-handle")
    handed_in(page)
    fits(page, "the handled ticket")
    phone.shoot("phone-handled")

    desk.page.locator('[data-test="ticket-detail"][data-state="DONE"]').wait_for()
    expect(desk.page.locator('[data-test="ticket-photo"]')).to_have_count(1)
    move(desk.page, "REWORK", "仍有残留(示例)")
    page.locator('[data-test="ticket-detail"][data-state="REWORK"]').wait_for()
    expect(page.locator('[data-test="ticket-timeline"]')).to_contain_text("仍有残留(示例)")
    page.locator('[data-test="move-WORK"]').tap()
    page.locator('[data-test="ticket-detail"][data-state="WORK"]').wait_for()
    move(page, "DONE", "已再次清理(示例)")
    page.locator('[data-test="ticket-back"]').tap()
    expect(page.locator('[data-test="ticket-list"]')).to_be_visible()

    desk.page.locator('[data-test="ticket-detail"][data-state="DONE"]').wait_for()
    expect(desk.page.get_by_text("返工 1 次")).to_be_visible()
    move(desk.page, "CLOSED")
    desk.shoot("ticket-reworked")
    with district.client("district") as client:
        moves = client.get(f"/api/v1/tickets/{ticket}").json()["moves"]
    states = [one["to_state"] for one in moves if one["from_state"] != one["to_state"]]
    assert states == ["REG", "SENT", "WORK", "DONE", "REWORK", "WORK", "DONE", "CLOSED"]


def handed_in(page: Page) -> None:
    """Says what was done, in the dialog that is open."""
    page.locator('textarea[data-test="move-why"], [data-test="move-why"] textarea').first.fill("已清理(示例)")
    page.locator('[data-test="move-submit"]').tap()
    page.locator('[data-test="ticket-detail"][data-state="DONE"]').wait_for()
