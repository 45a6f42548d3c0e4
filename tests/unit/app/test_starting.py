"""What a start does first: companions are under way before the gateway has read what answers requests."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = "import sys; print(*(name for name in sys.argv[1:] if name in sys.modules))"


def loaded_by(statement: str, *names: str) -> list[str]:
    """Which of those modules a fresh process has after the statement."""
    command = [sys.executable, "-c", f"{statement}\n{LOADED}", *names]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_companions_are_started_before_web_media_and_redis_are_read() -> None:
    late = ("fastapi", "gateway.web.api", "gateway.services.seeding", "gateway.media.hub", "redis")
    assert loaded_by("import gateway.app.running", *late) == []
    assert set(loaded_by("import gateway.app.working", *late)) == set(late) - {"redis"}


@pytest.mark.parametrize(("cameras", "read"), [([], ["zeep"]), (["one"], [])])
def test_a_worker_reads_what_onvif_needs_while_it_has_no_cameras(cameras: list[str], read: list[str]) -> None:
    statement = f"""
import asyncio
from gateway.worker import compose
class Cameras:
    def all(self):
        return {cameras!r}
asyncio.run(compose._use_leisure(Cameras()))
"""
    assert loaded_by(statement, "zeep") == read
