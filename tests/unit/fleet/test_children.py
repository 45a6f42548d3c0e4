"""Children run as long as their keeper, and no longer."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.fleet.children import UNUSABLE, CannotStart, keep_child


def script(body: str) -> tuple[str, ...]:
    return (sys.executable, "-c", body)


def lines(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


async def until_lines(path: Path, count: int) -> list[int]:
    async with asyncio.timeout(60):
        while len(found := lines(path)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


WRITES = "import os,sys,time\nopen(sys.argv[1],'a').write(f'{os.getpid()}\\n')\n"


async def test_a_child_that_dies_is_started_again_and_ended_with_its_keeper(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    argv = (*script(WRITES + "time.sleep(600)"), str(pids))
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(keep_child("sleeper", argv, SystemClock()))
        (first,) = await until_lines(pids, 1)
        os.kill(first, signal.SIGKILL)
        _, second = await until_lines(pids, 2)
        assert alive(second)
        keeping.cancel()
    assert not alive(first)
    assert not alive(second)


async def test_a_child_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.fleet.children.END_SECONDS", 0.2)
    pids = tmp_path / "pids"
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WRITES + "time.sleep(600)"
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(keep_child("deaf", (*script(deaf), str(pids)), SystemClock()))
        (pid,) = await until_lines(pids, 1)
        keeping.cancel()
    assert not alive(pid)


async def test_a_child_that_can_never_run_is_not_tried_again() -> None:
    with pytest.raises(CannotStart, match="hopeless cannot run"):
        await keep_child("hopeless", script(f"raise SystemExit({UNUSABLE})"), SystemClock())


async def test_a_child_ends_when_its_keeper_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    child = "import sys,os\nfrom gateway.app import manners\nmanners.end_with_parent()\n" + WRITES + "time.sleep(600)"
    keeper = (
        "import asyncio,sys\nfrom gateway.clock import SystemClock\nfrom gateway.fleet.children import keep_child\n"
        f"asyncio.run(keep_child('child', (sys.executable, '-c', {child!r}, sys.argv[1]), SystemClock()))"
    )
    process = await asyncio.create_subprocess_exec(*script(keeper), str(pids))
    (pid,) = await until_lines(pids, 1)
    process.kill()
    await process.wait()
    async with asyncio.timeout(60):
        while alive(pid):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
