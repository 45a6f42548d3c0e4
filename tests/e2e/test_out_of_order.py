"""A camera that sends B pictures, which come out of order, watched in the browser."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tests.e2e.conftest import Desk
from tests.peers.rtsp_replay import Script, encoded, replaying
from tests.running import wait_until

LEVELS, DARKEST, STEP = 24, 32, 8

SAMPLED = """() => {
  const video = document.querySelector('video[data-test="tile"]')
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 4
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  window.shades = []
  const look = () => {
    pen.drawImage(video, 0, 0, 4, 4)
    window.shades.push(pen.getImageData(1, 1, 1, 1).data[1])
    video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
}"""


def level(index: int) -> int:
    """The brightness of the n-th picture: it rises in steps and begins anew."""
    return DARKEST + index % LEVELS * STEP


def steps(shades: list[int]) -> list[int]:
    """By how many pictures each differs from the one shown before it; what stands still is left out."""
    # Video has its black at 16 and its white at 235, a canvas at 0 and 255.
    numbers = [round((shade * 219 / 255 + 16 - DARKEST) / STEP) for shade in shades]
    return [(later - earlier) % LEVELS for earlier, later in pairwise(numbers) if later != earlier]


def test_pictures_are_shown_in_their_order(desks: Callable[..., Desk]) -> None:
    made = encoded(900, (320, 240), level, tune="film", bf="3", **{"x264-params": "b-adapt=0:scenecut=0"})
    stamps = [int(one.pts or 0) * 9000 for one in made]
    assert stamps != sorted(stamps)
    script = Script(units=[bytes(one) for one in made], stamps=stamps, pace=0.1)
    desk = desks("jinsha")
    with replaying(script) as port, desk.district.client("jinsha") as client:
        added = client.post(
            "/api/v1/cameras",
            json={
                "name_zh": "乱序码流(示例)",
                "kind": "road",
                "scheme": "rtsp",
                "host": "127.0.0.1",
                "rtsp_port": port,
                "streams": [{"kind": "main", "path": "/main"}],
                "owner_id": "T-320612001",
                "township_code": "320612001",
                "purposes": ["PS-ORDER"],
                "filing": {"need_statement": "道路交通秩序(示例)", "place_type": "public_road"},
                "latitude": 32.05,
                "longitude": 121.05,
            },
        )
        assert added.status_code == 201, added.text
        camera = added.json()
        address = f"/api/v1/cameras/{camera['id']}"
        wait_until(lambda: client.get(address).json()["state"] == "online", "the camera to come online")
        desk.page.goto(f"{desk.district.base_url}/#/cameras/{camera['id']}")
        video = desk.page.locator('video[data-test="tile"]').first
        video.wait_for()
        wait_until(lambda: video.get_attribute("data-state") == "playing", "the picture to play")
        desk.page.evaluate(SAMPLED)
        wait_until(lambda: desk.page.evaluate("window.shades.length") > 80, "eighty pictures")
        shown = steps(desk.page.evaluate("window.shades"))
        client.patch(address, json={"version": camera["version"], "enabled": False})
    assert len(shown) > 60
    back = [step for step in shown if step > LEVELS // 2]
    assert back == [], shown
    assert shown.count(1) > len(shown) * 0.8, shown
