"""From a revocation to the end of the running picture, with the doorbell cut.

The standing rule of a township is taken back straight in the database, as another gateway whose doorbell is out of
order would do it, so that only the gateway's own look at the permission epoch can notice. The worst of ten townships.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from websockets.sync.client import connect

from gateway.storage import grants
from gateway.storage.store import open_store, sqlite_url
from gateway.storage.tables import grants as rows
from tests.bench.district import fresh_district, wait_online
from tests.bench.processes import percentile
from tests.running import District, items

TOWNSHIPS = (
    "jinsha",
    "jinxin",
    "xingdong",
    "xianfeng",
    "chuanjiang",
    "pingchao",
    "shigang",
    "erjia",
    "xingren",
    "xiting",
)


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """The longest time for which a picture went on after its grant was revoked."""
    with fresh_district() as district:
        with district.client("district") as client:
            wait_online(client)
        took = [_one(district, login) for login in TOWNSHIPS]
    sys.stderr.write(f"revoked to the last picture: median {percentile(took, 0.5):.0f} ms of {len(took)}\n")
    yield {"key": "revoke_to_silence_ms", "value": round(max(took)), "unit": "ms"}


def _one(district: District, login: str) -> float:
    with district.client(login) as client:
        organisation = client.get("/api/v1/session").json()["operator"]["organisation_id"]
        camera = items(client, "/api/v1/cameras", limit=200)[0]["id"]
        cookie = f"seg_session={client.cookies['seg_session']}"
    address = f"ws://127.0.0.1:{district.port}/api/v1/cameras/{camera}/live?stream=sub"
    with connect(address, additional_headers={"Cookie": cookie}, max_size=None) as socket:
        for _ in range(20):
            socket.recv(timeout=60)
        asyncio.run(_revoke(district.data, organisation))
        revoked = last = time.monotonic()
        for message in socket:
            if isinstance(message, bytes):
                last = time.monotonic()
            elif (said := json.loads(message))["type"] == "end":
                if said["code"] != "revoked":
                    raise RuntimeError(f"the picture of {camera} ended as {said['code']}: {said['message']}")
                break
        return (last - revoked) * 1000


async def _revoke(data: Path, organisation: str) -> None:
    async with open_store(sqlite_url(data / "gateway.sqlite3")) as store, store.begin() as connection:
        wanted = select(rows.c.id).where(rows.c.grantee_id == organisation, rows.c.revoked_at.is_(None))
        for (grant,) in (await connection.execute(wanted)).all():
            await grants.revoke(connection, grant, datetime.now(UTC), "system", "a measurement")
