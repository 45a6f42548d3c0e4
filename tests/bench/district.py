"""The sample district under measurement: started, waited for, and the addresses of its streams for rivals."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import yaml

from tests.bench.processes import until
from tests.running import ROOT, District, running_district

CAMERAS = 119
SAMPLE = ROOT / "config" / "sample"


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def fresh_district(config: Mapping[str, Any] | None = None, extra: Sequence[str] = ()) -> Iterator[District]:
    """A district on an empty data folder that is removed afterwards."""
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        running_district(Path(folder) / "data", free_port(), config=config, extra=extra) as district,
    ):
        yield district


def online(client: httpx.Client) -> int:
    """How many cameras the gateway says are online."""
    answer = client.get("/api/v1/figures")
    return int(answer.json()["cameras"]["online"]) if answer.status_code == 200 else 0


def wait_online(client: httpx.Client, count: int = CAMERAS, seconds: float = 180) -> float:
    """Seconds until that many cameras are online."""
    return until(lambda: online(client) >= count, seconds, f"{count} cameras online", every=0.1)


def metrics(base_url: str) -> dict[str, float]:
    """Every sample of /metrics by its name with labels."""
    found: dict[str, float] = {}
    for line in httpx.get(f"{base_url}/metrics", timeout=30).text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def rates(base_url: str, seconds: float) -> dict[str, float]:
    """How fast every counter of /metrics grew over that many seconds from now, a second."""
    before, began = metrics(base_url), time.monotonic()
    time.sleep(seconds)
    return grown(before, metrics(base_url), time.monotonic() - began)


def grown(before: Mapping[str, float], after: Mapping[str, float], seconds: float) -> dict[str, float]:
    """How fast every counter grew from one reading of /metrics to the next, a second."""
    return {name: (value - before.get(name, 0.0)) / seconds for name, value in after.items()}


def sub_streams(count: int) -> list[tuple[str, str]]:
    """("host:port/path", user name) of that many sub streams of the sample, spread over its devices."""
    recorders = {each["id"]: each for each in yaml.safe_load((SAMPLE / "recorders.yaml").read_text())["recorders"]}
    cameras = [each for each in yaml.safe_load((SAMPLE / "cameras.yaml").read_text())["cameras"] if each["streams"]]
    found = []
    for camera in cameras[:: max(1, len(cameras) // count)][:count]:
        device = recorders[camera["recorder_id"]] if camera.get("recorder_id") else camera
        path = next(stream["path"] for stream in camera["streams"] if stream["kind"] == "sub")
        found.append((f"{device['host']}:{device['rtsp_port']}{path}", device["credential"]["username"]))
    return found


def device_password(data: Path) -> str:
    """The password that this data folder's sample devices take."""
    return (data / "sample-device-password").read_text().strip()
