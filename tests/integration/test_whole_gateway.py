"""The real command with real workers and real cameras: pictures over HTTP and WebSocket, and an orderly end."""

from __future__ import annotations

import io
import json
import signal
from contextlib import suppress
from pathlib import Path

import av
import httpx
import psutil
import pytest
from websockets.sync.client import connect

from tests.running import District, items, running_district, wait_until

pytestmark = pytest.mark.slow

CONFIG = {"detection": {"max_cameras": 0}}
QUEUES = ("viewer", "events", "statuses", "bus", "closings", "messages", "worker_events", "worker_evidence")
"""Every bounded queue of a gateway."""


def look(
    district: District, cookie: str, camera_id: str, stream: str, messages: int = 30
) -> tuple[dict[str, object], bytes]:
    """What a browser gets: the start message, and so many binary messages put together."""
    address = f"ws://127.0.0.1:{district.port}/api/v1/cameras/{camera_id}/live?stream={stream}"
    with connect(address, additional_headers={"Cookie": f"seg_session={cookie}"}, max_size=None) as socket:
        start = json.loads(socket.recv(timeout=60))
        pictures = [socket.recv(timeout=60) for _ in range(30)]
    return start, b"".join(part for part in pictures if isinstance(part, bytes))


def below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def test_all_cameras_come_online_and_their_pictures_play(tmp_path: Path, free_port: int) -> None:
    with (
        running_district(tmp_path / "data", free_port, config=CONFIG) as district,
        district.client("district") as client,
    ):

        def states() -> bool:
            found = [camera["state"] for camera in items(client, "/api/v1/cameras", limit=200)]
            return len(found) == 119 and set(found) == {"online"}

        wait_until(states, "all 119 cameras to be online")
        camera_id = items(client, "/api/v1/cameras", limit=200)[0]["id"]
        cookie = client.cookies["seg_session"] if "seg_session" in client.cookies else district.cookie("district")
        for stream, size in (("sub", (640, 360)), ("main", (1280, 720))):
            start, played = look(district, cookie, camera_id, stream)
            assert (start["type"], start["width"], start["height"]) == ("start", *size)
            with av.open(io.BytesIO(played)) as container:
                assert len(list(container.decode(video=0))) >= 25
        picture = client.get(f"/api/v1/cameras/{camera_id}/snapshot?width=320")
        assert picture.content.startswith(b"\xff\xd8")
        figures = httpx.get(f"{district.base_url}/metrics").text
        assert 'sharp_eyes_worker_cameras_online{worker="w1"}' in figures
        for queue in QUEUES:
            assert f'sharp_eyes_queue_depth{{queue="{queue}"}}' in figures
            assert f'sharp_eyes_queue_drops_total{{queue="{queue}"}}' in figures
        assert camera_id not in figures
        children = below(district.process.pid)
        assert len(children) >= 3
        district.process.send_signal(signal.SIGINT)
        assert district.process.wait(60) == 0
        assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
        assert "Traceback" not in district.log.read_text()


def test_killed_outright_it_leaves_nobody_behind_and_starts_again(tmp_path: Path, free_port: int) -> None:
    with running_district(tmp_path / "data", free_port, config=CONFIG) as district:
        children = below(district.process.pid)
        district.process.kill()
        district.process.wait(60)
        wait_until(lambda: not any(child.is_running() for child in children), "the children to end")
        passwords = district.passwords
    with running_district(tmp_path / "data", free_port, config=CONFIG) as again:
        assert again.passwords == passwords
        with again.client("jinsha") as client:
            assert items(client, "/api/v1/cameras", limit=200)


def test_a_worker_that_dies_is_back_within_moments(tmp_path: Path, free_port: int) -> None:
    with running_district(tmp_path / "data", free_port, config=CONFIG) as district:

        def worker() -> psutil.Process | None:
            for child in below(district.process.pid):
                # Between its end and the gateway's notice of it a child is a zombie, and one may end while we look.
                with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    if "w1" in child.cmdline():
                        return child
            return None

        first = wait_until(worker, "worker w1")
        first.kill()
        wait_until(lambda: (now := worker()) is not None and now.pid != first.pid, "worker w1 to be started again")
        with district.client("district") as client:
            wait_until(
                lambda: all(one["state"] == "online" for one in items(client, "/api/v1/cameras", limit=200)),
                "all cameras to be online again",
            )
