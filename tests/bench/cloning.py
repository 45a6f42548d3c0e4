"""What a stranger waits for: a fresh clone, ``make run``, the first picture; Ctrl-C; ``make run`` again.

What pip and npm keep in their caches is used if it is there, as on any machine that has installed something before.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.bench.district import free_port
from tests.bench.processes import until
from tests.running import HEADERS, ROOT, answers, read_accounts


@contextmanager
def make_run(clone: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """``make run`` in that clone as the leader of a process group, like in a terminal."""
    environment = {**os.environ, "SHARP_EYES_SERVER__PORT": str(port)}
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)


def picture(base: str, data: Path) -> bool:
    """Whether some camera shows a picture."""
    with httpx.Client(base_url=base, headers=HEADERS, timeout=30) as client:
        account = {"login": "district", "password": read_accounts(data)["district"], "purpose": "PS-ORDER"}
        if client.post("/api/v1/session", json=account).status_code != 200:
            return False
        found = client.get("/api/v1/cameras", params={"state": "online", "limit": 1}).json()["items"]
        return bool(found) and client.get(f"/api/v1/cameras/{found[0]['id']}/snapshot").status_code == 200


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """From clone to picture, from Ctrl-C to the end, and the second start up to the gateway's answer."""
    with TemporaryDirectory(prefix="bench-") as folder:
        clone, port = Path(folder) / "clone", free_port()
        base = f"http://127.0.0.1:{port}"
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", str(clone)], check=True)
        with make_run(clone, port) as process:
            until(lambda: answers(base), 900, "the gateway to answer", every=0.2)
            until(lambda: picture(base, clone / "data"), 120, "a picture", every=0.5)
            yield {"key": "clone_to_picture_s", "value": round(time.monotonic() - began, 1), "unit": "s"}
            stopping = time.monotonic()
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)
            yield {"key": "ctrl_c_s", "value": round(time.monotonic() - stopping, 2), "unit": "s"}
        again = time.monotonic()
        with make_run(clone, port):
            until(lambda: answers(base), 120, "the gateway to answer", every=0.05)
            yield {"key": "run_again_s", "value": round(time.monotonic() - again, 2), "unit": "s"}
