"""Sixteen tiles for a minute while everything is watched, all on one machine: does a picture ever stand still?

``make run``'s own settings: every camera has its detectors and the default decode budget. A stall is a pause of more
than a second between two presented pictures of a tile (pictures come ten a second).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import httpx

from tests.bench.chromium import signed_in
from tests.bench.district import fresh_district, metrics, rates, wait_online

SETTLE_SECONDS = 20
WATCH_SECONDS = 60

WATCH = """() => {
  window.tiles = {}
  for (const video of document.querySelectorAll('video[data-test="tile"]')) {
    const tile = { pictures: 0, stalls: 0, longest: 0, last: performance.now() }
    window.tiles[video.dataset.camera] = tile
    const presented = (now) => {
      const pause = now - tile.last
      tile.longest = Math.max(tile.longest, pause)
      if (pause > 1000) tile.stalls += 1
      tile.last = now
      tile.pictures += 1
      video.requestVideoFrameCallback(presented)
    }
    video.requestVideoFrameCallback(presented)
  }
}"""

READ = """() => Object.values(window.tiles).map((tile) => {
  const pause = performance.now() - tile.last
  return { ...tile, stalls: tile.stalls + (pause > 1000 ? 1 : 0) }
})"""

PLAYING = 'video[data-test="tile"][data-state="playing"]'


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """Stalls on sixteen tiles, and how many cameras had their pictures looked at meanwhile."""
    with fresh_district() as district:
        with district.client("district") as client:
            wait_online(client)
        with signed_in(district, "district") as page:
            page.locator('[data-test="nav-wall"]').click()
            page.locator('[data-test="layout-16"]').click()
            page.locator('[data-test="fill-all"]').click()
            page.wait_for_function(f"() => document.querySelectorAll('{PLAYING}').length === 16")
            time.sleep(SETTLE_SECONDS)
            page.evaluate(WATCH)
            looked = rates(district.base_url, WATCH_SECONDS)
            tiles = page.evaluate(READ)
            shed = _gauges(district.base_url)
            watched = sum(
                value
                for name, value in metrics(district.base_url).items()
                if name.startswith("sharp_eyes_worker_cameras_looked_at")
            )
    stalls = sum(tile["stalls"] for tile in tiles)
    longest, pictures = max(tile["longest"] for tile in tiles), sum(tile["pictures"] for tile in tiles)
    sys.stderr.write(
        f"{pictures / WATCH_SECONDS / 16:.1f} pictures a second and tile, longest pause {longest:.0f} ms; looked at: "
        + ", ".join(f"{name} {value:.0f}/s" for name, value in looked.items() if "looked_at" in name)
        + f"; cameras at each rung: {shed}\n"
    )
    yield {"key": "wall_16_stalls", "value": stalls, "unit": "stalls"}
    yield {"key": "wall_16_watched", "value": round(watched), "unit": "cameras"}


def _gauges(base_url: str) -> dict[str, int]:
    """Cameras whose pictures are looked at, by how much of their pictures is left."""
    rungs: dict[str, int] = {}
    for line in httpx.get(f"{base_url}/metrics").text.splitlines():
        for rung in ("full", "reduced", "keyframes"):
            if line.startswith(f"sharp_eyes_worker_shed_{rung}{{"):
                rungs[rung] = rungs.get(rung, 0) + int(float(line.rsplit(" ", 1)[1]))
    return rungs
