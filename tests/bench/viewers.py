"""What one more viewer costs the gateway: a 4 Mbit/s stream as fMP4 over WebSocket, detectors off.

The stream comes from GStreamer's RTSP server. One viewer, then VIEWERS more; what the gateway process used more,
divided by the further viewers and by the second. The viewers read and throw away, in this process.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
import websockets

from tests.bench.district import free_port
from tests.bench.processes import cpu_seconds, until
from tests.running import ROOT, District, running_district

VIEWERS = 40
SETTLE_SECONDS = 5
MEASURE_SECONDS = 20
CLIP_SECONDS = 180


def clip(folder: Path) -> Path:
    """A clip of 4 Mbit/s, 1280x720 at 25 pictures a second with a keyframe every 2 s."""
    file = folder / "clip.mp4"
    noise = "testsrc2=size=1280x720:rate=25,noise=alls=12:allf=t"
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", noise, "-t", str(CLIP_SECONDS)]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-g", "50", "-bf", "0"]
    command += ["-b:v", "4M", "-minrate", "4M", "-maxrate", "4M", "-bufsize", "2M", "-x264-params", "nal-hrd=cbr"]
    subprocess.run([*command, str(file)], check=True)
    return file


@contextmanager
def rtsp_server(file: Path, port: int) -> Iterator[None]:
    """GStreamer's RTSP server with that clip at /clip."""
    script = ROOT / "tests" / "peers" / "gst_rtsp_server.py"
    command = ["/usr/bin/python3", str(script), "--port", str(port), "--file", f"/clip={file}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "READY" in process.stdout.readline()
        yield
    finally:
        process.kill()
        process.communicate()


def add_camera(client: httpx.Client, port: int) -> str:
    """The id of a new camera that plays the clip."""
    example = client.get("/api/v1/cameras", params={"limit": 1}).json()["items"][0]
    answer = client.post(
        "/api/v1/cameras",
        json={
            "name_zh": "基准测试", "name_en": "Benchmark", "kind": "road", "scheme": "rtsp", "host": "127.0.0.1",
            "rtsp_port": port, "onvif_port": None, "username": "bench", "password": "bench",
            "streams": [{"kind": kind, "path": "/clip", "transport": "tcp"} for kind in ("main", "sub")],
            "owner_id": example["owner_id"], "township_code": example["township_code"],
            "purposes": ["PS-ORDER"], "latitude": example["latitude"], "longitude": example["longitude"],
            "filing": {"need_statement": "基准测试(示例)", "place_type": "public_road"},
        },
    )  # fmt: skip
    if answer.status_code >= 300:
        raise RuntimeError(f"the camera was not added: {answer.text}")
    return str(answer.json()["id"])


class Audience:
    """Viewers of one stream in one event loop; counts what they got."""

    def __init__(self, url: str, cookie: str) -> None:
        self.url, self.cookie = url, cookie
        self.received = 0
        self.connected = asyncio.Semaphore(0)

    async def watch(self) -> None:
        """Reads until cancelled. Raises RuntimeError if the gateway ends the picture."""
        async with websockets.connect(
            self.url, additional_headers={"Cookie": self.cookie}, max_size=None, compression=None
        ) as socket:
            self.connected.release()
            async for message in socket:
                if isinstance(message, str):
                    if '"end"' in message:
                        raise RuntimeError(message)
                else:
                    self.received += len(message)

    async def cost(self, count: int, gateway: psutil.Process) -> tuple[float, float]:
        """(cores the gateway used, Mbit/s each viewer got) with that many viewers."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.watch()) for _ in range(count)]
            for _ in range(count):
                await self.connected.acquire()
            await asyncio.sleep(SETTLE_SECONDS)
            began, cpu, received = time.monotonic(), cpu_seconds([gateway]), self.received
            await asyncio.sleep(MEASURE_SECONDS)
            passed = time.monotonic() - began
            used, got = cpu_seconds([gateway]) - cpu, self.received - received
            for task in tasks:
                task.cancel()
        return used / passed, got * 8 / 1e6 / passed / count


def compared(district: District, camera: str) -> tuple[float, float]:
    """(milliseconds of processor a second for each further viewer, Mbit/s each got)."""
    url = district.base_url.replace("http", "ws", 1) + f"/api/v1/cameras/{camera}/live?stream=main&purpose=PS-ORDER"
    cookie = f"seg_session={district.cookie('district')}"
    gateway = psutil.Process(district.process.pid)
    alone, _ = asyncio.run(Audience(url, cookie).cost(1, gateway))
    many, rate = asyncio.run(Audience(url, cookie).cost(1 + VIEWERS, gateway))
    sys.stderr.write(f"gateway: {alone:.3f} cores for 1 viewer, {many:.3f} for {1 + VIEWERS}; {rate:.2f} Mbit/s each\n")
    return (many - alone) / VIEWERS * 1000, rate


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """The cost of a viewer, scaled to 4 Mbit/s by what was really received."""
    assert shutil.which("ffmpeg"), "ffmpeg makes the clip: apt-get install ffmpeg"
    with TemporaryDirectory(prefix="bench-") as folder:
        port = free_port()
        with rtsp_server(clip(Path(folder)), port):
            config = {"detection": {"max_cameras": 0}}
            with running_district(Path(folder) / "data", free_port(), config=config) as district:
                with district.client("leader") as client:
                    camera = add_camera(client, port)
                    until(
                        lambda: client.get(f"/api/v1/cameras/{camera}").json()["state"] == "online",
                        60, "the 4 Mbit/s camera to be online",
                    )  # fmt: skip
                time.sleep(SETTLE_SECONDS)
                cost, rate = compared(district, camera)
    if not 3.5 <= rate <= 4.5:
        raise RuntimeError(f"the stream had {rate:.2f} Mbit/s instead of 4")
    yield {"key": "ws_viewer_ms_per_s", "value": round(cost * 4 / rate, 3), "unit": "ms/s"}
