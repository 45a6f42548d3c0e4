"""WebRTC by aiortc, one connection per viewer, fed with payloads made once per stream.

Everything private of aiortc that we touch is in this file; the version is pinned. Covered here: its history of 128
packets is shorter than one keyframe; it would call a STUN server on the Internet; it answers a picture-loss request
with nothing; it would pick VP8; it notices a dead peer after half a minute; its packer parses camera bytes anew for
every viewer; it takes no peer with an RSA certificate, as GStreamer's is.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aioice.ice
import aiortc.rtcrtpsender
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpCapabilities,
    RTCRtpCodecCapability,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile
from OpenSSL import SSL

from gateway.media.channel import Ended, Viewer
from gateway.media.offers import with_mode
from gateway.media.rtp import Bidirectional
from gateway.media.units import Chapter, Unit

HISTORY = 2048
"""Packets kept for retransmission: a 1 MB keyframe and more."""
CONSENT_FAILURES = 2
CONSENT_SECONDS = 3
"""A peer that does not answer two checks in a row is gone."""
CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:"
    b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
)
"""aiortc's own, and those for a peer with an RSA certificate, which is answered with nothing otherwise."""
CLOSE_SECONDS = 1.0
FIRST_SECONDS = 8.0
"""How long an offer waits for the first picture, and then for those that are looked at beside it."""
LOOKED_AT = 3
"""Pictures that are looked at before an offer is answered: a keyframe is no B picture, the usual order is I, P, B. The
time line is no witness, as one stamp out of order leaves offsets in a stream without any. A B picture that comes later
ends the connection; the chapter remembers, so that the next offer is refused."""

setattr(aiortc.rtcrtpsender, "RTP_HISTORY_SIZE", HISTORY)  # noqa: B010
aioice.ice.CONSENT_FAILURES = CONSENT_FAILURES
aioice.ice.CONSENT_INTERVAL = CONSENT_SECONDS

H265 = "the stream is H.265, which WebRTC here cannot carry: choose the other stream, or play it over WebSocket"
REORDERED = "the stream has B-pictures, which WebRTC cannot carry: choose the other stream, or play it over WebSocket"
NO_H264 = "the offer has no H.264 video to receive"


class Unfit(Exception):
    """The stream or the offer does not suit WebRTC; the text is one sentence for the viewer."""


class Unreadable(Unfit):
    """What was sent is no offer."""


class SharedTrack(MediaStreamTrack):
    """A viewer's units as a track. After a loss report it goes on at the next keyframe, so nothing grey is shown."""

    kind = "video"

    def __init__(self, viewer: Viewer, first: Unit, sent: Callable[[int], None], over: Callable[[Ended], None]) -> None:
        super().__init__()
        self._viewer = viewer
        self._first: Unit | None = first
        self._chapter = first.chapter.number
        self._sent = sent
        self._over = over
        self._lost = False
        self.losses = 0

    def picture_lost(self) -> None:
        """The peer asks for a keyframe. The camera cannot be hurried, but broken pictures need not be sent."""
        self.losses += 1
        self._lost = True

    async def recv(self) -> Unit:  # type: ignore[override]
        """The next unit. Raises ``MediaStreamError`` at the end."""
        try:
            unit = await self._next()
            unit.payloads  # noqa: B018 - made here, where a refusal can be said
        except Ended as ended:
            self._over(ended)
            raise MediaStreamError from None
        except Bidirectional:
            self._over(Ended("unplayable", REORDERED))
            raise MediaStreamError from None
        self._sent(unit.size)
        return unit

    async def _next(self) -> Unit:
        unit, self._first = self._first or await self._viewer.next(), None
        while self._lost and not unit.keyframe:
            unit = await self._viewer.next()
        self._lost = False
        if unit.packet.codec != "h264":
            raise Ended("unplayable", H265)
        return unit


class _SharedPacker:
    """Stands where aiortc keeps its encoder: the payloads are there already."""

    def pack(self, unit: Unit) -> tuple[list[bytes], int]:
        """Payloads and RTP time stamp."""
        return unit.payloads, unit.time & 0xFFFFFFFF


class Peer:
    """One WebRTC viewer. ``answer`` is the SDP for it; ``run`` lasts as long as the connection."""

    def __init__(self, connection: RTCPeerConnection, answer: str) -> None:
        self._connection = connection
        self._gone = asyncio.Event()
        self.answer = answer
        connection.on("connectionstatechange", self._look)

    def _look(self) -> None:
        if self._connection.connectionState in ("failed", "closed", "disconnected"):
            self._gone.set()

    async def gone(self) -> None:
        """Returns when the peer has left or never came."""
        await self._gone.wait()

    @property
    def connected(self) -> bool:
        """True once media flows."""
        return bool(self._connection.connectionState == "connected")


async def first_unit(viewer: Viewer) -> Unit:
    """The unit to begin with. Raises ``Unfit`` if the stream cannot go over WebRTC, ``Ended`` if there is none."""
    try:
        async with asyncio.timeout(FIRST_SECONDS):
            first = await viewer.next()
    except TimeoutError:
        raise Ended("unavailable", "the camera sends no pictures now") from None
    if first.packet.codec != "h264":
        raise Unfit(H265)
    try:
        for unit in [first, *await _following(viewer, first.chapter)]:
            unit.payloads  # noqa: B018 - made here, where a refusal can be answered
    except Bidirectional:
        raise Unfit(REORDERED) from None
    return first


async def _following(viewer: Viewer, chapter: Chapter) -> list[Unit]:
    """The units that wait already, and in a stream that may have B pictures enough of them to know."""
    if chapter.has_b_pictures:
        raise Bidirectional
    try:
        async with asyncio.timeout(FIRST_SECONDS):
            units = await viewer.ahead(0 if chapter.baseline else LOOKED_AT - 1)
    except TimeoutError:
        units = await viewer.ahead(0)
    return [unit for unit in units if unit.chapter is chapter]


@asynccontextmanager
async def open_peer(offer: str, track: SharedTrack) -> AsyncIterator[Peer]:
    """Answers an offer with the track; closed within a second when the block ends. Raises ``Unfit``."""
    connection = _connection()
    try:
        answer = await _negotiate(connection, offer, track)
        yield Peer(connection, answer)
    finally:
        track.stop()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await connection.close()
        except TimeoutError:
            pass


async def _negotiate(connection: RTCPeerConnection, offer: str, track: SharedTrack) -> str:
    """The answer. Codecs are chosen while the offer is read, so what we want must be said before."""
    transceiver = connection.addTransceiver(track, direction="sendonly")
    transceiver.setCodecPreferences(_h264(RTCRtpSender.getCapabilities("video")))
    _take_over(transceiver.sender, track)
    try:
        await connection.setRemoteDescription(RTCSessionDescription(with_mode(offer), "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
    except OperationError:
        raise Unfit(NO_H264) from None
    except (ValueError, KeyError, IndexError, AssertionError, InvalidStateError, AttributeError) as problem:
        raise Unreadable(f"the offer cannot be read: {problem}") from None
    return str(connection.localDescription.sdp)


def _h264(capabilities: RTCRtpCapabilities) -> list[RTCRtpCodecCapability]:
    return [codec for codec in capabilities.codecs if codec.mimeType.lower() in ("video/h264", "video/rtx")]


class _Certificate(RTCCertificate):
    """Ours, which speaks to peers with an RSA certificate too."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        return context


def _connection() -> RTCPeerConnection:
    """A connection with a certificate of ours; a test fails if aiortc keeps or uses it in another way."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    kept, used = hasattr(connection, "_RTCPeerConnection__certificates"), hasattr(RTCCertificate, "_create_ssl_context")
    if not kept or not used:
        raise RuntimeError("this version of aiortc keeps its certificate elsewhere: adapt gateway/media/webrtc.py")
    setattr(connection, "_RTCPeerConnection__certificates", [_Certificate.generateCertificate()])  # noqa: B010
    return connection


def _take_over(sender: RTCRtpSender, track: SharedTrack) -> None:
    """The two private members that this file depends on; a test fails if aiortc renames them."""
    if not hasattr(sender, "_RTCRtpSender__encoder") or not hasattr(sender, "_send_keyframe"):
        raise RuntimeError("this version of aiortc keeps its encoder elsewhere: adapt gateway/media/webrtc.py")
    setattr(sender, "_RTCRtpSender__encoder", _SharedPacker())  # noqa: B010
    setattr(sender, "_send_keyframe", track.picture_lost)  # noqa: B010


def new_name() -> str:
    """A name for a session that cannot be guessed."""
    return f"{random.SystemRandom().getrandbits(128):032x}"
