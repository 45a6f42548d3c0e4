"""The console's mark over live pictures: each person's own, moving, and back at once when it is taken away."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import cv2
import numpy as np
from playwright.sync_api import Locator, Page

from tests.e2e.conftest import Desk
from tests.e2e.test_wall import advancing, fill_wall
from tests.running import wait_until

MARK = '[data-test="watermark"]'
DARK = "for (const video of document.querySelectorAll('video')) video.style.visibility = 'hidden'"
"""The pictures out of sight, so that nothing is compared but what lies over them."""
TAKEN_AWAY = (
    "(mark) => mark.remove()",
    "(mark) => { mark.style.display = 'none' }",
    "(mark) => { mark.hidden = true }",
    "(mark) => { mark.className = 'gone' }",
    "(mark) => { mark.parentElement.hidden = true }",
    "(mark) => { mark.parentElement.style.opacity = '0' }",
    "(mark) => mark.parentElement.remove()",
)


def _shot(tile: Locator) -> np.ndarray:
    """What is to be seen of the tile, in greys."""
    data = np.frombuffer(io.BytesIO(tile.screenshot()).getvalue(), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture.astype(np.int16)


def _inked(picture: np.ndarray) -> float:
    """The share of the tile that is clearly brighter than its ground."""
    return float((picture > np.median(picture) + 25).mean())


def _tile(page: Page) -> Locator:
    return page.locator(".player").first


def test_r16_two_peoples_tiles_differ_move_and_cannot_be_bared(desks: Callable[..., Desk]) -> None:
    shots, words = [], []
    for login, unit in (("jinsha", "T-320612001"), ("jinxin", "T-320612004")):
        desk = desks(login)
        fill_wall(desk, 1)
        advancing(desk.page, 1)
        desk.shoot(f"watermark.{login}")
        desk.page.evaluate(DARK)
        mark = desk.page.locator(MARK).first
        said = mark.get_attribute("data-words") or ""
        account, home, day, clock = said.split(" ")
        assert (account, home) == (login, unit)
        assert abs((datetime.now() - datetime.fromisoformat(f"{day} {clock}")).total_seconds()) < 300
        words.append(said)
        shots.append(_shot(_tile(desk.page)))
    assert all(_inked(shot) > 0.01 for shot in shots), "the words are to be seen on a dark picture"
    assert words[0] != words[1]
    assert (np.abs(shots[0] - shots[1]) > 25).mean() > 0.01

    page = desk.page
    wait_until(lambda: (np.abs(_shot(_tile(page)) - shots[1]) > 25).mean() > 0.01, "the words to move")

    for way in TAKEN_AWAY:
        page.locator(MARK).first.evaluate(way)
        page.locator(MARK).first.wait_for(state="visible")
        wait_until(lambda: _inked(_shot(_tile(page))) > 0.01, f"the mark to come back after {way}")
    page.locator('[data-test="user-menu"]').click()
    switches = page.locator("input[type=checkbox], [role=switch], [role=menuitemcheckbox]").all_text_contents()
    assert not any("水印" in text for text in switches)
    assert "水印" not in page.locator("body").inner_text()
