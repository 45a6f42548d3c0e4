"""The district operator's wall: sixteen cameras, each of which really plays."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Desk
from tests.running import wait_until

DECODED = """() => [...document.querySelectorAll('video[data-test="tile"]')].map(v =>
  ({camera: v.dataset.camera, frames: v.getVideoPlaybackQuality().totalVideoFrames, at: v.currentTime,
    width: v.videoWidth}))"""


def decoded(page: Page) -> dict[str, int]:
    """Frames decoded so far by each tile that shows a picture, by camera."""
    return {tile["camera"]: tile["frames"] for tile in page.evaluate(DECODED) if tile["width"] > 0}


def advancing(page: Page, count: int) -> None:
    """Waits until that many tiles play, and then until every one has decoded two seconds' worth of pictures more."""
    wait_until(lambda: sum(frames > 0 for frames in decoded(page).values()) >= count, f"{count} tiles to play")
    before = decoded(page)
    wait_until(
        lambda: all(frames >= before[camera] + 20 for camera, frames in decoded(page).items() if camera in before),
        "every picture to advance",
    )


def pick(page: Page, camera: str) -> None:
    """Looks for the camera in the directory and puts it on the wall, which is open."""
    page.locator('[data-test="wall-search"] input, input[data-test="wall-search"]').first.fill(camera)
    # Its row of the tree may be there before the search has answered, and would go away between two clicks.
    expect(page.locator('[data-test="tree-group"]')).to_have_count(0)
    page.locator(f'[data-test="tree-camera"][data-camera="{camera}"]').dblclick()


def fill_wall(desk: Desk, tiles: int) -> None:
    """Chooses the layout and fills it with the first cameras of the directory."""
    desk.go("wall")
    desk.page.locator(f'[data-test="layout-{tiles}"]').click()
    desk.page.locator('[data-test="fill-all"]').click()


def test_sixteen_cameras_advance(desks: Callable[..., Desk]) -> None:
    desk = desks("district")
    fill_wall(desk, 16)
    advancing(desk.page, 16)
    cameras = decoded(desk.page)
    assert len(cameras) == 16
    desk.shoot("wall")


def test_the_wall_in_english(desks: Callable[..., Desk]) -> None:
    desk = desks("district", language="en-GB")
    fill_wall(desk, 9)
    desk.page.locator('[data-test="language-en"]').first.click()
    advancing(desk.page, 9)
    desk.shoot("wall.en")


def test_one_camera_by_webrtc_and_in_main(desks: Callable[..., Desk]) -> None:
    desk = desks("district")
    fill_wall(desk, 4)
    advancing(desk.page, 4)
    desk.page.locator('[data-test="slot"]').first.hover()
    desk.page.locator('[data-test="tile-full"]').first.click()
    playing = desk.page.locator('video[data-test="tile"][data-stream="main"][data-state="playing"]')
    playing.wait_for()
    desk.page.locator('[data-test="transport-webrtc"]').click()
    desk.page.locator('video[data-test="tile"][data-transport="webrtc"][data-state="playing"]').wait_for()
    advancing(desk.page, 1)
    desk.page.locator('[data-test="transport-ws"]').click()
    desk.page.locator('video[data-test="tile"][data-transport="ws"][data-state="playing"]').wait_for()
    advancing(desk.page, 1)
