"""From a revocation to the end of the running picture, with the doorbell cut.

The standing rule of a township is taken back straight in the database, as another gateway whose doorbell is out of
order would do it, so that only the gateway's own look at the permission epoch can notice. The worst of ten townships,
half of which watch over a WebSocket and half by WebRTC.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import httpx
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from sqlalchemy import select
from websockets.sync.client import connect

from gateway.storage import grants
from gateway.storage.store import open_store, sqlite_url
from gateway.storage.tables import grants as rows
from tests.bench.district import fresh_district, wait_online
from tests.bench.processes import percentile
from tests.running import HEADERS, District, items

SILENCE = 3.0
"""Seconds without a picture that mean the last one has come."""
GIVE_UP = 30.0

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
        half = len(TOWNSHIPS) // 2
        by_socket = [_over_websocket(district, login) for login in TOWNSHIPS[:half]]
        by_webrtc = [asyncio.run(_by_webrtc(district, login)) for login in TOWNSHIPS[half:]]
    for name, found in (("WebSocket", by_socket), ("WebRTC", by_webrtc)):
        middle, most = percentile(found, 0.5), max(found)
        sys.stderr.write(f"revoked to the last picture, {name}: median {middle:.0f}, most {most:.0f} ms\n")
    took = by_socket + by_webrtc
    yield {"key": "revoke_to_silence_ms", "value": round(max(took)), "unit": "ms"}


def _own(district: District, login: str) -> tuple[str, str, str]:
    """The township, one of its cameras, and a session of its operator."""
    with district.client(login) as client:
        organisation = client.get("/api/v1/session").json()["operator"]["organisation_id"]
        camera = items(client, "/api/v1/cameras", limit=200)[0]["id"]
        return organisation, camera, client.cookies["seg_session"]


async def _by_webrtc(district: District, login: str) -> float:
    """Milliseconds from the revocation to the last picture of a WebRTC peer."""
    organisation, camera, session = await asyncio.to_thread(_own, district, login)
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    arrived: asyncio.Queue[MediaStreamTrack] = asyncio.Queue()
    peer.on("track", arrived.put_nowait)
    try:
        await peer.setLocalDescription(await peer.createOffer())
        async with httpx.AsyncClient(base_url=district.base_url, cookies={"seg_session": session}) as client:
            headers = {"Content-Type": "application/sdp", **HEADERS}
            answer = await client.post(
                f"/api/v1/cameras/{camera}/whep", content=peer.localDescription.sdp, headers=headers
            )
            answer.raise_for_status()
        await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        track = await arrived.get()
        for _ in range(20):
            await asyncio.wait_for(track.recv(), 60)
        await _revoke(district.data, organisation)
        revoked = last = time.monotonic()
        with contextlib.suppress(TimeoutError, MediaStreamError):
            while last - revoked < GIVE_UP:
                await asyncio.wait_for(track.recv(), SILENCE)
                last = time.monotonic()
        return (last - revoked) * 1000
    finally:
        await peer.close()


def _over_websocket(district: District, login: str) -> float:
    """Milliseconds from the revocation to the last fragment over a WebSocket."""
    organisation, camera, session = _own(district, login)
    cookie = f"seg_session={session}"
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
