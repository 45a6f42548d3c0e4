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
from gateway.domain.packets import Packet
from gateway.media import webrtc
from tests.integration.test_live import Scene, Worker, revoke, scene
from tests.integration.world import B, World, signed_in
from tests.unit.media.test_fmp4 import encoded


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
        unread = await client.post(address, content="nonsense", headers=headers)
        assert (unread.status_code, unread.json()["error"]["code"]) == (422, "invalid")
        await revoke(offered, B)
        await offered.office.ring(Topic.PERMISSIONS)
        async with asyncio.timeout(60):
            while "revoked" not in {row["result"] for row in await offered.records()}:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (await client.delete(session)).status_code == 204


@pytest.mark.parametrize(
    ("pictures", "why"),
    [
        (encoded(size=(160, 96), bf="2", tune="film", **{"x264-params": "b-adapt=0:scenecut=0"}), webrtc.REORDERED),
        (encoded("libx265", size=(160, 96)), webrtc.H265),
    ],
    ids=["B pictures", "H.265"],
)
async def test_what_webrtc_cannot_carry_is_refused_at_once_with_a_word_that_ends_trying(
    world: World, tmp_path: Path, pictures: list[Packet], why: str
) -> None:
    address, headers = f"/cameras/{world.camera(B).id}/whep", {"Content-Type": "application/sdp"}
    async with (
        scene(world, tmp_path, LocalBus(), Worker(pictures)) as one,
        aclosing(await signed_in(one.app, "jinxin")) as client,
        peer() as browser,
    ):
        answer = await client.post(address, content=browser.localDescription.sdp, headers=headers)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["message"]) == (422, "unplayable", why)
