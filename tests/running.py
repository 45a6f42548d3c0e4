"""A whole district in its own processes: ``gateway run --sample`` on a free port, with signed-in clients."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

ROOT = Path(__file__).resolve().parent.parent
GATEWAY = Path(sys.executable).with_name("gateway")
HEADERS = {"X-Requested-By": "console"}


@dataclass
class District:
    """A running gateway with its sample: where it answers, what it prints, and how to sign in."""

    base_url: str
    port: int
    data: Path
    log: Path
    process: subprocess.Popen[bytes]
    passwords: dict[str, str] = field(default_factory=dict)

    def client(self, login: str, purpose: str = "PS-ORDER") -> httpx.Client:
        """A client signed in as that sample account; the caller closes it."""
        answer = httpx.post(
            f"{self.base_url}/api/v1/session",
            json={"login": login, "password": self.passwords[login], "purpose": purpose},
            headers=HEADERS,
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return httpx.Client(base_url=self.base_url, headers=HEADERS, cookies=dict(answer.cookies), timeout=60)

    def newcomer(self, login: str, password: str, **wish: Any) -> None:
        """Makes an account as two managers do, and sets it up as its owner does."""
        with self.client("system") as system, self.client("security") as security:
            made = system.post("/api/v1/operators", json={"login": login, **wish})
            assert made.status_code == 201, made.text
            operator = made.json()["operator"]
            link = {"link": operator["footing"]["link"]}
            released = security.post(f"/api/v1/operators/{operator['id']}/release", json=link)
            assert released.status_code == 200, released.text
            body = {"token": made.json()["setup"]["token"], "code": released.json()["code"], "password": password}
            done = system.post("/api/v1/set-up", json=body)
            assert done.status_code == 204, done.text
        self.passwords[login] = password

    def cookie(self, login: str) -> str:
        """The session cookie's value of a fresh sign-in, for WebSockets."""
        with self.client(login) as client:
            return client.cookies["seg_session"]


def read_accounts(data: Path) -> dict[str, str]:
    """Login and password of every sample account, as the first run wrote them."""
    lines = (data / "sample-accounts.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {row[0]: row[1] for row in rows}


def wait_until(condition: Any, what: str, seconds: float = 120, every: float = 0.1) -> Any:
    """The condition's first true answer. The generous limit is there to end a hanging test, not to judge speed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(every)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


def answers(base_url: str) -> bool:
    """True if the gateway says that it is ready."""
    try:
        return httpx.get(f"{base_url}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def running_district(
    data: Path,
    port: int,
    *,
    config: Mapping[str, Any] | None = None,
    extra: Sequence[str] = (),
    sample: bool = True,
    env: Mapping[str, str] | None = None,
) -> Iterator[District]:
    """A gateway with the sample district, ready to answer; ended politely, then by force."""
    data.mkdir(parents=True, exist_ok=True)
    settings = data.parent / f"{data.name}.yaml"
    settings.write_text(yaml.safe_dump(dict(config or {})), encoding="utf-8")
    log = data.parent / f"{data.name}.log"
    command = [str(GATEWAY), "run", "--data", str(data), "--config", str(settings), "--port", str(port), *extra]
    if sample:
        command.append("--sample")
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}
        )
    district = District(f"http://127.0.0.1:{port}", port, data, log, process)
    try:
        wait_until(lambda: process.poll() is not None or answers(district.base_url), "the gateway to be ready")
        assert process.poll() is None, f"the gateway ended:\n{log.read_text(errors='replace')[-4000:]}"
        if sample:
            district.passwords = read_accounts(data)
        yield district
    finally:
        end(process)


def end(process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Ends a process that this test started: asks, waits, then kills."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def items(client: httpx.Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every item of a keyset list, page after page."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        answer = client.get(path, params={**query, **({"after": after} if after else {})})
        assert answer.status_code == 200, answer.text
        page = json.loads(answer.text)
        found += page["items"]
        after = page["next"]
        if after is None:
            return found
