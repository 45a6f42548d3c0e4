"""From the click to a moving picture in Chromium, on streams that the workers pull anyway.

A camera is picked in the directory for a wall of four, which plays sub streams (a single tile plays the main stream,
which is pulled on demand); the time ends when the browser presents the second picture of
that camera. Twenty cameras one after another, with the whole district watched as ``make run`` watches it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from tests.bench.chromium import signed_in
from tests.bench.district import fresh_district, wait_online
from tests.bench.processes import percentile

PICKS = 20
SETTLE_SECONDS = 20

OPEN_GROUPS = """() => document.querySelectorAll('[data-test="tree-group"] [aria-expanded="false"]')
  .forEach((each) => each.click())"""

CAMERAS = """() => [...new Set([...document.querySelectorAll('[data-test="tree-camera"]')]
  .filter((each) => each.querySelector('.dot.online')).map((each) => each.dataset.camera))]"""

PICK = """(camera) => new Promise((resolve, reject) => {
  const entry = document.querySelector(`[data-test="tree-camera"][data-camera="${camera}"]`)
  const began = performance.now()
  const times = []
  const count = (video) => video.requestVideoFrameCallback(() => {
    times.push(performance.now() - began)
    times.length < 2 ? count(video) : resolve(times)
  })
  const look = () => {
    const video = document.querySelector(`video[data-test="tile"][data-camera="${camera}"]`)
    video === null ? setTimeout(look, 1) : count(video)
  }
  entry.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }))
  look()
  setTimeout(() => reject(new Error(`no picture of ${camera} in 30 s`)), 30000)
})"""


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """The 95th percentile of twenty picks."""
    with fresh_district() as district:
        with district.client("district") as client:
            wait_online(client)
        time.sleep(SETTLE_SECONDS)
        with signed_in(district, "district") as page:
            page.locator('[data-test="nav-wall"]').click()
            page.locator('[data-test="layout-4"]').click()
            page.locator('[data-test="tree-group"]').first.wait_for()
            page.evaluate(OPEN_GROUPS)
            page.locator('[data-test="tree-camera"]').first.wait_for()
            cameras = page.evaluate(CAMERAS)
            chosen = cameras[:: max(1, len(cameras) // PICKS)][:PICKS]
            shown = []
            for camera in chosen:
                shown.append(page.evaluate(PICK, camera))
                time.sleep(1)
    firsts, moving = [first for first, _ in shown], [second for _, second in shown]
    sys.stderr.write(
        f"first picture: median {percentile(firsts, 0.5):.0f} ms; moving: median {percentile(moving, 0.5):.0f} ms, "
        f"slowest {max(moving):.0f} ms of {len(moving)}\n"
    )
    yield {"key": "first_picture_hot_ms", "value": round(percentile(moving, 0.95)), "unit": "ms"}
