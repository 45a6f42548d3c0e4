"""From the picture to the event in the database, and from there to a person's screen.

Each camera gets rules of its own that open an event once motion has gone on for a while, a different while each, so
that events come one after another at about 1.4 a second.

A picture's time is when the camera sent it: its time stamp on the line of the stream's most punctual pictures, so that
what it waited in sockets and for a busy worker is in the figure, and only the shortest way of all is not. An event is
there when a client hears the message that is sent after the commit, so the commit, and the doorbell, are in the figure.
A candidate that never shows counts as endlessly late. All clocks are this machine's.
"""

from __future__ import annotations

import json
import math
import sqlite3
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from websockets.sync.client import connect

from tests.bench.chromium import signed_in
from tests.bench.district import SAMPLE, free_port, wait_online
from tests.bench.processes import percentile
from tests.running import District, running_district

ROUNDS = 3
SPACING_SECONDS = 0.7
BEGIN_SECONDS = 25.0
WATCH_SECONDS = 300.0

WATCH = """() => {
  window.seen = {}
  const look = () => {
    for (const item of document.querySelectorAll('[data-test="candidate-item"]'))
      window.seen[item.dataset.candidate] ??= Date.now()
  }
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true })
  look()
}"""


def rules() -> dict[str, object]:
    """Rules that open one event each, spread over the run."""
    cameras = [camera["id"] for camera in yaml.safe_load((SAMPLE / "cameras.yaml").read_text())["cameras"]]
    found = []
    for turn in range(ROUNDS):
        for place, camera in enumerate(cameras):
            number = turn * len(cameras) + place
            found.append(
                {
                    "id": f"bench-{number}",
                    "kinds": ["motion"],
                    "cameras": [camera],
                    "zones": [[[0, 0], [1, 0], [1, 1], [0, 1]]],
                    "min_seconds": BEGIN_SECONDS + SPACING_SECONDS * number,
                    "gap_seconds": 120,
                    "quiet_seconds": 600,
                    "cooldown_seconds": 3600,
                }
            )
    return {"rules": found}


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """Both 99th percentiles from one run."""
    with TemporaryDirectory(prefix="bench-") as folder:
        data, file = Path(folder) / "data", Path(folder) / "rules.yaml"
        file.write_text(yaml.safe_dump(rules()))
        with running_district(data, free_port(), config={"detection": {"rules": str(file)}}) as district:
            with district.client("district") as client:
                wait_online(client)
            with signed_in(district, "district") as page:
                page.locator('[data-test="nav-candidates"]').click()
                page.locator('[data-test="candidate-list"]').wait_for()
                page.evaluate(WATCH)
                began = page.evaluate("() => Date.now()")
                told = heard(district, WATCH_SECONDS)
                time.sleep(5)  # for the last ones to be shown
                seen: dict[str, float] = page.evaluate("() => window.seen")
        arrived, shown = delays(data / "gateway.sqlite3", told, seen, began)
    sys.stderr.write(
        f"picture to event: {len(arrived)} events, median {percentile(arrived, 0.5):.0f} ms; "
        f"event to browser: {len(shown)} candidates, median {percentile(shown, 0.5):.0f} ms, "
        f"{sum(math.isinf(late) for late in shown)} never shown\n"
    )
    if math.isinf(percentile(arrived, 0.99)) or math.isinf(percentile(shown, 0.99)):
        raise RuntimeError("more than one in a hundred candidates was never told or never shown")
    yield {"key": "picture_to_event_p99_ms", "value": round(percentile(arrived, 0.99)), "unit": "ms"}
    yield {"key": "event_to_browser_p99_ms", "value": round(percentile(shown, 0.99)), "unit": "ms"}


def heard(district: District, seconds: float) -> dict[str, float]:
    """When a client first heard of each candidate, in milliseconds since 1970, for so many seconds."""
    address = district.base_url.replace("http", "ws", 1) + "/api/v1/messages"
    cookie = f"seg_session={district.cookie('leader')}"
    found: dict[str, float] = {}
    until = time.monotonic() + seconds
    with connect(address, additional_headers={"Cookie": cookie}) as socket:
        while (left := until - time.monotonic()) > 0:
            try:
                message = json.loads(socket.recv(left))
            except TimeoutError:
                break
            if message["topic"] == "candidates":
                for candidate in message["ids"]:
                    found.setdefault(candidate, time.time() * 1000)
    return found


def delays(
    database: Path, told: dict[str, float], seen: dict[str, float], began: float
) -> tuple[list[float], list[float]]:
    """Milliseconds from picture to event and from event to screen, of what happened while the browser looked."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT candidates.id, events.picture_at, events.accepted_at FROM candidates "
            "JOIN events ON events.id = candidates.event_id WHERE events.accepted_at BETWEEN ? AND ?",
            (int(began * 1000), int((began + (WATCH_SECONDS - 5) * 1000) * 1000)),
        ).fetchall()
    arrived = [told.get(candidate, math.inf) - picture / 1000 for candidate, picture, _ in rows]
    shown = [seen.get(candidate, math.inf) - accepted / 1000 for candidate, _, accepted in rows]
    return arrived, shown
