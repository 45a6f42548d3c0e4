"""A thousand signed-in people: each follows the change feed and asks for a list of fifty cameras every ten seconds.

They belong to the organisations of the sample district in turn, so that some see everything and most see their own.
Once a second somebody changes a camera, which every feed that may know of it is told. The load comes from a process
of its own; the answer is timed from the request's first byte to the list's last.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.services.signing_in import hash_token
from gateway.storage import operators, sessions
from gateway.storage.sessions import Session
from gateway.storage.store import open_store, sqlite_url
from tests.bench.district import fresh_district, wait_online
from tests.bench.processes import cpu_seconds, of_the_product, percentile
from tests.running import ROOT, District, items

USERS = int(os.environ.get("BENCH_USERS", "1000"))
SECONDS = 60.0


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """The slowest hundredth of the lists."""
    with fresh_district({"detection": {"max_cameras": 0}}) as district:
        with district.client("district") as client:
            wait_online(client)
            camera = items(client, "/api/v1/cameras", limit=200)[0]["id"]
        tokens = asyncio.run(_sign_in(district.data))
        product = of_the_product(district.process.pid)
        before = cpu_seconds(product)
        with district.client("leader") as editor:
            cookie = editor.cookies["seg_session"]
            found = _load(district, tokens, cookie, camera)
        spent = cpu_seconds(product) - before
    took = found["took"]
    said = f"{USERS} users: {len(took)} lists, median {percentile(took, 0.5):.0f} ms, {found['told']} messages, "
    said += f"{spent / SECONDS:.2f} cores of gateway and workers"
    sys.stderr.write(said + "\n")
    if found["failed"] or len(took) < USERS * (SECONDS / 10 - 1):
        raise RuntimeError(f"{found['failed']} requests failed, {len(took)} were answered")
    yield {"key": "users_1000_p99_ms", "value": round(percentile(took, 0.99)), "unit": "ms"}


async def _sign_in(data: Path) -> list[str]:
    """A session for each user, of the district's operators in turn; the tokens."""
    at = datetime.now(UTC)
    tokens = [secrets.token_urlsafe(32) for _ in range(USERS)]
    async with open_store(sqlite_url(data / "gateway.sqlite3"), migrating=False) as store, store.begin() as conn:
        watching = [one.operator for one in await operators.every(conn) if "list" in one.operator.ceiling]
        for number, token in enumerate(tokens):
            person = watching[number % len(watching)]
            await sessions.insert(
                conn,
                Session(
                    id=f"bench-{number}",
                    token_hash=hash_token(token),
                    operator_id=person.id,
                    purpose=None,
                    created_at=at,
                    last_seen_at=at,
                    expires_at=at + timedelta(hours=1),
                    remote="127.0.0.1",
                ),
            )
    return tokens


def _load(district: District, tokens: list[str], editor: str, camera: str) -> dict[str, object]:
    task = {"base": district.base_url, "tokens": tokens, "seconds": SECONDS, "editor": editor, "camera": camera}
    command = [sys.executable, "-m", "tests.bench.users_load"]
    done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    found: dict[str, object] = json.loads(done.stdout)
    return found
