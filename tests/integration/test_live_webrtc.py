"""Live view over WebRTC: answered, recorded and ended like any view."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from gateway.bus.local import LocalBus
from gateway.domain.messages import Topic
from tests.integration.test_live import Scene, Worker, revoke, scene
from tests.integration.world import B, World, signed_in


@pytest.fixture
async def offered(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as one:
        yield one


@asynccontextmanager
async def peer() -> AsyncIterator[RTCPeerConnection]:
    """A WebRTC peer that has made its offer."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("video", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    try:
        yield connection
    finally:
        await connection.close()


async def test_webrtc_is_answered_recorded_and_ended_like_any_view(offered: Scene) -> None:
    address = f"/cameras/{offered.world.camera(B).id}/whep?stream=main"
    async with aclosing(await signed_in(offered.app, "jinxin")) as client, peer() as browser:
        headers = {"Content-Type": "application/sdp"}
        offer = browser.localDescription.sdp
        answer = await client.post(address, content=offer, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (201, "application/sdp")
        assert "H264" in answer.text
        (row,) = await offered.records()
        assert (row["transport"], row["stream"], row["result"]) == ("whep", "main", "open")
        session = answer.headers["location"].removeprefix("/api/v1")
        async with aclosing(await signed_in(offered.app, "jinsha")) as stranger:
            assert (await stranger.post(address, content=offer, headers=headers)).status_code == 404
            # Not told apart from a session that is over, and it ends nothing.
            assert (await stranger.delete(session)).status_code == 204
        assert [row["result"] for row in await offered.records()] == ["open"]
        assert (await client.post(address, content=offer)).status_code == 422
        assert (await client.post(address, content="nonsense", headers=headers)).status_code == 422
        await revoke(offered, B)
        await offered.office.ring(Topic.PERMISSIONS)
        async with asyncio.timeout(60):
            while "revoked" not in {row["result"] for row in await offered.records()}:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (await client.delete(session)).status_code == 204
