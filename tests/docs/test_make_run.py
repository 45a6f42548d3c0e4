"""README's first command, typed by a stranger: a fresh clone in an empty folder, twice."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.documents import ROOT, fences
from tests.running import answers, read_accounts, wait_until

pytestmark = pytest.mark.slow


@contextmanager
def typed(command: str, clone: Path, port: int) -> Iterator[list[str]]:
    """The command running in the clone until its gateway answers; then Ctrl-C. Afterwards the list has what it said."""
    said: list[str] = []
    log = clone.parent / "said.txt"
    environment = {**os.environ, "SHARP_EYES_SERVER__PORT": str(port), "SHARP_EYES_DETECTION__MAX_CAMERAS": "2"}
    with log.open("w") as out:
        process = subprocess.Popen(
            ["/bin/bash", "-c", command],
            cwd=clone, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            base = f"http://127.0.0.1:{port}"
            wait_until(lambda: process.poll() is not None or answers(base), "the gateway to answer", seconds=900)
            assert process.poll() is None, log.read_text()[-4000:]
            yield said
        finally:
            os.killpg(process.pid, signal.SIGINT)  # a terminal sends Ctrl-C to the whole group
            process.wait(60)
            said += log.read_text().splitlines()


def test_a_stranger_runs_the_first_command(tmp_path: Path, free_port: int) -> None:
    (command,) = (fence.text.strip() for fence in fences(ROOT / "README.md") if fence.marks.get("run") == "make-run")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", str(clone)], check=True)
    base = f"http://127.0.0.1:{free_port}"

    with typed(command, clone, free_port) as first:
        accounts = read_accounts(clone / "data")
        signed = httpx.post(
            f"{base}/api/v1/session",
            json={"login": "district", "password": accounts["district"]},
            headers={"X-Requested-By": "console"},
        )
        assert signed.status_code == 200
        cookies = dict(signed.cookies)
        wait_until(
            lambda: httpx.get(f"{base}/api/v1/figures", cookies=cookies).json()["cameras"]["online"] >= 100,
            "the district to be at work",
        )
        assert "<div id=" in httpx.get(base).text
    shown = "\n".join(first)
    assert base in shown
    assert accounts["district"] in shown
    assert "Ctrl-C" in shown
    assert "***" not in shown
    assert "Traceback" not in shown

    with typed(command, clone, free_port) as second:
        assert read_accounts(clone / "data") == accounts
    assert not any("installing" in line or "building" in line for line in second)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == "", "a run leaves the checkout as it was"
