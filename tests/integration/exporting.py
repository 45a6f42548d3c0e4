"""Exports as the tests make them: evidence with real pictures, a worker's marking, and the way through."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from gateway.domain.cameras import Camera
from gateway.domain.exports import Region
from gateway.fleet.wire_marks import MarkWish
from gateway.services.evidence import EvidenceRoom
from gateway.services.packing import Packing
from gateway.worker.marking import marked
from tests.integration.world import World


class Hand:
    """A worker's marking, without the link between."""

    async def mark(self, data: bytes, media_type: str, words: str, regions: Sequence[Region] = ()) -> bytes:
        return marked(data, MarkWish(media_type, words, tuple(regions)))


def photo(shade: int = 90) -> bytes:
    """A picture in which something is to be seen."""
    picture = np.full((360, 640, 3), shade, np.uint8)
    cv2.circle(picture, (200, 180), 60, (40, 200, 240), -1)
    cv2.putText(picture, "FACE", (160, 190), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    done, data = cv2.imencode(".jpg", picture)
    assert done
    return data.tobytes()


def room_of(world: World, folder: Path) -> EvidenceRoom:
    return EvidenceRoom(world.office, folder / "evidence", 1 << 30, timedelta(days=30))


async def with_still(world: World, room: EvidenceRoom, browser: httpx.AsyncClient, camera: Camera) -> str:
    """A still for the camera's event; returns the event's id."""
    found = (await browser.get(f"/candidates/{world.candidates[camera.id]}")).json()
    event_id: str = found["event_id"]
    data = photo()
    await room.take(event_id, "still", data, hashlib.sha256(data).hexdigest(), "image/jpeg")
    return event_id


def wish(world: World, *cameras: Camera, **more: Any) -> dict[str, Any]:
    at = world.clock.now()
    return {
        "cameras": [camera.id for camera in cameras],
        "since": (at - timedelta(hours=2)).isoformat(),
        "until": (at + timedelta(hours=2)).isoformat(),
        "reason": "an accident at the junction",
        "receiver": "交警大队 示例",
        "letter": "2026-118",
    } | more


async def asked(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/exports", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def approved(client: httpx.AsyncClient, export: dict[str, Any]) -> dict[str, Any]:
    """Approves every part that the client may decide."""
    found = (await client.get(f"/exports/{export['id']}")).json()
    for part in found["parts"]:
        if part["may_decide"]:
            answer = await client.post(f"/exports/{export['id']}/parts/{part['id']}/approve", json={})
            assert answer.status_code == 200, answer.text
            found = answer.json()
    return dict(found)


async def pack(world: World, room: EvidenceRoom) -> None:
    await Packing(world.office, room, Hand()).pack_due()


async def fetched(client: httpx.AsyncClient, export_id: str, folder: Path) -> tuple[Path, str]:
    """The package as a file, and its passphrase."""
    said = await client.post(f"/exports/{export_id}/passphrase", json={})
    assert said.status_code == 200, said.text
    answer = await client.post(f"/exports/{export_id}/package", json={})
    assert answer.status_code == 200, answer.text
    file = folder / "fetched.zip"
    file.write_bytes(answer.content)
    return file, said.json()["passphrase"]
