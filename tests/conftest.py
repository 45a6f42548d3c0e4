"""What every test may ask for: a free port, an empty store, the sample's data; and which third-party peers are here."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from gateway.storage.store import Store

ROOT = Path(__file__).resolve().parent.parent

# A shared two-core machine is slow at times: no deadline judges correctness. CI draws the same examples every time.
_QUIET = (HealthCheck.too_slow,)
settings.register_profile("dev", deadline=None, suppress_health_check=_QUIET)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, suppress_health_check=_QUIET)
settings.register_profile("fuzz", deadline=None, max_examples=10_000, print_blob=True, suppress_health_check=_QUIET)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")


def _gstreamer_server() -> bool:
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    python = Path("/usr/bin/python3")
    return python.exists() and subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0


PEERS: dict[str, Callable[[], bool]] = {
    "chromium": lambda: shutil.which("chromium") is not None,
    "gstreamer": _gstreamer_server,
    "ffmpeg": lambda: shutil.which("ffmpeg") is not None,
    "motion": lambda: shutil.which("motion") is not None,
    "certutil": lambda: shutil.which("certutil") is not None,
    "network namespaces": lambda: os.geteuid() == 0 and shutil.which("ip") is not None,
    "slapd": lambda: Path("/usr/sbin/slapd").exists() and Path("/usr/lib/ldap").is_dir(),
    "vlc": lambda: shutil.which("cvlc") is not None,
}
"""Programs of other people that a test may name: ``@pytest.mark.peer("gstreamer")``."""


@cache
def _present(peer: str) -> bool:
    return PEERS[peer]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what needs a peer this machine lacks, in plain sight; with CI=true it stays in and fails."""
    if os.environ.get("CI") == "true":
        return
    left_out: list[pytest.Item] = []
    for item in items:
        needed = {name for mark in item.iter_markers("peer") for name in mark.args}
        if item.get_closest_marker("browser") is not None:
            needed.add("chromium")
        missing = sorted(name for name in needed if not _present(name))
        if missing:
            left_out.append(item)
            config.stash.setdefault(_LEFT_OUT, {})[item.nodeid] = missing
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


_LEFT_OUT = pytest.StashKey[dict[str, list[str]]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says which tests were left out for want of which peer, before the counts."""
    for nodeid, missing in config.stash.get(_LEFT_OUT, {}).items():
        terminalreporter.write_line(f"left out: {nodeid} needs {', '.join(missing)} (see .ci/system-packages)")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def config_dir() -> Path:
    """The data that is delivered with the product: rules and the sample district."""
    return ROOT / "config"


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    """Gives N loopback TCP ports nobody listens on. They are held together until all are known, so they differ."""

    def choose(count: int) -> list[int]:
        with ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in range(count)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            return [int(one.getsockname()[1]) for one in sockets]

    return choose


@pytest.fixture
def free_port(free_ports: Callable[[int], list[int]]) -> int:
    """A loopback TCP port nobody listens on."""
    return free_ports(1)[0]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with today's schema, to be copied: migrating anew for every test would take most of the time."""
    from gateway.storage.migrating import migrate
    from gateway.storage.store import sqlite_url

    path = tmp_path_factory.mktemp("migrated") / "gateway.sqlite3"
    asyncio.run(migrate(sqlite_url(path)))
    return path


@pytest.fixture
async def store(tmp_path: Path, migrated_sqlite: Path) -> AsyncIterator[Store]:
    """An empty store in a temporary SQLite file."""
    from gateway.storage.store import open_store, sqlite_url

    shutil.copyfile(migrated_sqlite, tmp_path / "gateway.sqlite3")
    async with open_store(sqlite_url(tmp_path / "gateway.sqlite3")) as opened:
        yield opened
