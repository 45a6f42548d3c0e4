"""A detector's candidate from real footage, confirmed by a person, dispatched, handled, checked and closed."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.e2e.conftest import Desk
from tests.running import District, items


def move(page: Page, to: str, why: str = "") -> None:
    """Presses a move's button, gives the reason if one is asked, and waits for the new state."""
    submit = page.locator('[data-test="move-submit"]')
    there = page.locator(f'[data-test="ticket-detail"][data-state="{to}"]')
    page.locator(f'[data-test="move-{to}"]').first.click()
    submit.or_(there).first.wait_for()
    if submit.count():
        box = page.locator('textarea[data-test="move-why"], [data-test="move-why"] textarea').first
        box.fill(why or "示例处置说明")
        submit.click()
        submit.wait_for(state="detached")
    there.wait_for()


def test_a_candidate_becomes_a_closed_ticket(desks: Callable[..., Desk], district: District) -> None:
    desk = desks("district")
    page = desk.page
    desk.go("candidates")
    page.locator('[data-test="candidate-item"]').first.wait_for()
    page.locator('[data-test="candidate-item"]').first.click()
    page.locator('[data-test="candidate-still"]').wait_for()
    page.wait_for_function("""() => { const i = document.querySelector('[data-test="candidate-still"]');
        const image = i.tagName === 'IMG' ? i : i.querySelector('img'); return image && image.naturalWidth > 0 }""")
    desk.shoot("candidate")
    page.locator('[data-test="confirm-open"]').click()
    page.locator('[data-test="confirm-category"]').click()
    page.keyboard.type("施工占道")
    page.locator('[data-test="category-3206120304"]').click()
    page.locator('[data-test="confirm-submit"]').click()
    page.locator('[data-test="to-ticket"]').first.click()
    page.locator('[data-test="ticket-detail"][data-state="REG"]').wait_for()
    number = page.locator('[data-test="ticket-number"]').inner_text()
    assert number.startswith("TZ")
    for state in ("SENT", "WORK", "DONE"):
        move(page, state)
    desk.shoot("ticket")
    move(page, "CLOSED")
    with district.client("district") as client:
        ticket = next(one for one in items(client, "/api/v1/tickets") if one["number"] == number)
        detail = client.get(f"/api/v1/tickets/{ticket['id']}").json()
    assert [one["to_state"] for one in detail["moves"]][-4:] == ["SENT", "WORK", "DONE", "CLOSED"]
    assert ticket["grid_code"].startswith(ticket["township_code"])
    assert all(one["actor_id"] and one["at"] for one in detail["moves"])
