"""How long until every camera is online, from the moment the command is typed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.district import free_port, wait_online
from tests.running import running_district

ROUNDS = 3


def start(data: Path) -> float:
    """Seconds from ``gateway run --sample`` to 119 cameras online as an operator is told."""
    began = time.monotonic()
    with running_district(data, free_port()) as district, district.client("district") as client:
        wait_online(client)
        return time.monotonic() - began


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """First on an empty data folder, then three times on the same one; the median counts."""
    with TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder) / "data"
        yield {"key": "online_119_first_run_s", "value": round(start(data), 2), "unit": "s"}
        again = [start(data) for _ in range(ROUNDS)]
        yield {"key": "online_119_s", "value": round(statistics.median(again), 2), "unit": "s"}
