"""A real WebRTC peer receives what a viewer is offered: aiortc's private members are where we expect them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile, generate_certificate
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL import SSL

from gateway.domain.packets import Packet
from gateway.media import webrtc
from gateway.media.channel import Ended, Tally, Viewer
from gateway.media.units import Chronicle, Unit
from gateway.media.webrtc import SharedTrack, Unfit, first_unit, open_peer
from tests.unit.media.test_fmp4 import encoded


class Feed:
    """Units of an endless pattern, handed to viewers by hand."""

    def __init__(self, packets: list[Packet]) -> None:
        self._packets = packets
        self._chronicle = Chronicle()
        self._count = 0

    def next(self) -> Unit:
        packet = self._packets[self._count % len(self._packets)]
        moved = Packet(9000 * self._count, packet.keyframe, packet.data, 0.0, 0, packet.codec)
        self._count += 1
        unit = self._chronicle.unit(moved)
        assert unit is not None
        return unit


@asynccontextmanager
async def offering(
    certificates: list[RTCCertificate] | None = None,
) -> AsyncIterator[tuple[RTCPeerConnection, asyncio.Queue[object]]]:
    """A peer that wants video, as a browser does."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    if certificates is not None:
        setattr(peer, "_RTCPeerConnection__certificates", certificates)  # noqa: B010
    tracks: asyncio.Queue[object] = asyncio.Queue()
    peer.on("track", tracks.put_nowait)
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    try:
        yield peer, tracks
    finally:
        await peer.close()


async def test_a_peer_decodes_what_the_viewer_gets() -> None:
    feed = Feed(encoded(frames=30, size=(320, 192)))
    viewer = Viewer(Tally(), [])
    viewer.offer(feed.next())
    sent: list[int] = []
    async with asyncio.timeout(60), offering() as (browser, tracks):
        track = SharedTrack(viewer, await first_unit(viewer), sent.append, lambda ended: None)
        async with open_peer(browser.localDescription.sdp, track) as peer, asyncio.TaskGroup() as group:
            assert "H264" in peer.answer
            assert "stun" not in peer.answer
            await browser.setRemoteDescription(RTCSessionDescription(peer.answer, "answer"))
            received = await tracks.get()

            async def push() -> None:
                while True:
                    viewer.offer(feed.next())
                    await asyncio.sleep(0.03)

            pushing = group.create_task(push())
            pictures = [await received.recv() for _ in range(12)]  # type: ignore[attr-defined]
            assert (pictures[-1].width, pictures[-1].height) == (320, 192)
            assert peer.connected
            pushing.cancel()
    assert sum(sent) > 0


async def test_the_peer_is_told_when_the_viewer_is_ended() -> None:
    feed = Feed(encoded(frames=10))
    viewer = Viewer(Tally(), [feed.next()])
    ended: list[Ended] = []
    track = SharedTrack(viewer, await first_unit(viewer), lambda sent: None, ended.append)
    await track.recv()
    viewer.end("revoked", "the grant was revoked")
    with pytest.raises(webrtc.MediaStreamError):
        await track.recv()
    assert [one.code for one in ended] == ["revoked"]


async def test_after_a_loss_the_track_goes_on_at_the_next_keyframe() -> None:
    feed = Feed(encoded(frames=30))
    viewer = Viewer(Tally(), [feed.next() for _ in range(25)])
    track = SharedTrack(viewer, await first_unit(viewer), lambda sent: None, lambda ended: None)
    assert (await track.recv()).number == 1
    track.picture_lost()
    unit = await track.recv()
    assert unit.keyframe
    assert unit.number == 11


def reordered() -> Feed:
    """A stream of keyframes, forward and B pictures in their usual order: I, P, B."""
    return Feed(encoded(bf="2", tune="film", **{"x264-params": "b-adapt=0:scenecut=0"}))


async def test_h265_and_b_pictures_are_refused_with_a_sentence() -> None:
    high = Feed(encoded("libx265", frames=3))
    with pytest.raises(Unfit, match=r"H\.265"):
        await first_unit(Viewer(Tally(), [high.next()]))
    feed = reordered()
    with pytest.raises(Unfit, match="B-pictures"):
        await first_unit(Viewer(Tally(), [feed.next() for _ in range(10)]))


async def test_b_pictures_are_waited_for_where_the_keyframe_alone_has_come() -> None:
    feed = reordered()
    viewer = Viewer(Tally(), [feed.next()])
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(_refusal(viewer))
        for _ in range(webrtc.LOOKED_AT - 1):
            for _ in range(5):
                await asyncio.sleep(0)
            assert not looking.done()
            viewer.offer(feed.next())
    assert "B-pictures" in looking.result()


async def test_b_pictures_that_begin_later_end_the_track_and_the_next_offer_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webrtc, "FIRST_SECONDS", 0.05)
    feed = reordered()
    viewer = Viewer(Tally(), [feed.next()])
    ended: list[Ended] = []
    track = SharedTrack(viewer, await first_unit(viewer), lambda sent: None, ended.append)
    units = [feed.next() for _ in range(10)]
    for unit in units:
        viewer.offer(unit)
    with pytest.raises(webrtc.MediaStreamError):
        [await track.recv() for _ in range(9)]
    assert [(one.code, one.message) for one in ended] == [("unplayable", webrtc.REORDERED)]
    assert units[-1].keyframe
    assert await _refusal(Viewer(Tally(), units[-1:])) == webrtc.REORDERED


async def _refusal(viewer: Viewer) -> str:
    with pytest.raises(Unfit) as problem:
        await first_unit(viewer)
    return str(problem.value)


class RsaCertificate(RTCCertificate):
    """A certificate as GStreamer's webrtcbin makes it, and its liberal choice of ciphers."""

    @classmethod
    def generateCertificate(cls) -> RsaCertificate:
        key: Any = rsa.generate_private_key(65537, 2048)
        return cls(key, generate_certificate(key))

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(b"DEFAULT")
        return context


async def test_a_peer_with_an_rsa_certificate_is_connected() -> None:
    feed = Feed(encoded(frames=10, size=(320, 192)))
    viewer = Viewer(Tally(), [feed.next()])
    async with asyncio.timeout(60), offering([RsaCertificate.generateCertificate()]) as (player, _):
        connected: asyncio.Queue[str] = asyncio.Queue()
        player.on("connectionstatechange", lambda: connected.put_nowait(player.connectionState))
        track = SharedTrack(viewer, await first_unit(viewer), lambda sent: None, lambda ended: None)
        async with open_peer(player.localDescription.sdp, track) as peer:
            await player.setRemoteDescription(RTCSessionDescription(peer.answer, "answer"))
            assert [await connected.get(), await connected.get()] == ["connecting", "connected"]


async def test_a_broken_offer_is_refused() -> None:
    feed = Feed(encoded(frames=3))
    viewer = Viewer(Tally(), [feed.next()])
    track = SharedTrack(viewer, await first_unit(viewer), lambda sent: None, lambda ended: None)
    with pytest.raises(Unfit, match="offer"):
        async with open_peer("v=0\r\nnonsense", track):
            pass


async def test_r08_the_answer_has_a_picture_and_no_sound() -> None:
    feed = Feed(encoded(frames=10, size=(320, 192)))
    viewer = Viewer(Tally(), [])
    viewer.offer(feed.next())
    async with asyncio.timeout(60), offering() as (browser, _):
        track = SharedTrack(viewer, await first_unit(viewer), lambda sent: None, lambda ended: None)
        async with open_peer(browser.localDescription.sdp, track) as peer:
            media = [line.split(" ")[0] for line in peer.answer.splitlines() if line.startswith("m=")]
            assert media == ["m=video"]
