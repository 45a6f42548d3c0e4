"""What a peer offers is answered, whichever way it says that it takes H.264."""

from __future__ import annotations

import pytest

from gateway.media.channel import Tally, Viewer
from gateway.media.offers import with_mode
from gateway.media.webrtc import SharedTrack, Unfit, first_unit, open_peer
from tests.unit.media.test_fmp4 import encoded, units_of
from tests.unit.media.test_webrtc import offering

GSTREAMER = """v=0
o=- 1 0 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE video0
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=setup:actpass
a=ice-ufrag:yzLC7NiIn3yj0Br0fJcZsT4+L8aBrO2n
a=ice-pwd:VoXP6z9lLIEr2jRmlK4GzFlQiXrCA/XJ
a=rtcp-mux
a=rtcp-rsize
a=recvonly
a=rtpmap:96 H264/90000
a=rtcp-fb:96 nack pli
a=mid:video0
a=fingerprint:sha-256 9A:79:8F:5C:A0:5A:FC:94:02:0C:8F:DE:E2:32:24:1C:9F:60:58:B8:E2:FD:AC:1F:39:3A:63:19:D3:8C:46:A0
"""
"""What webrtcbin 1.22 offers for the plain caps of H.264, but for its candidates."""


async def _answer(offer: str) -> list[str]:
    viewer = Viewer(Tally(), units_of(encoded(frames=1)))
    track = SharedTrack(viewer, await first_unit(viewer), lambda sent: None, lambda ended: None)
    async with open_peer(offer, track) as peer:
        return peer.answer.splitlines()


def _named(format_: str) -> str:
    return GSTREAMER.replace("a=mid:", f"a=fmtp:96 {format_}\na=mid:")


@pytest.mark.parametrize(
    "offer",
    [
        GSTREAMER,
        GSTREAMER.replace("H264", "h264"),
        _named("profile-level-id=42e01f"),
        _named("profile-level-id=42e01f; packetization-mode=1"),
    ],
)
async def test_an_offer_of_h264_without_a_mode_is_answered(offer: str) -> None:
    (format_,) = [line for line in await _answer(offer) if line.startswith("a=fmtp:96 ")]
    assert "packetization-mode=1" in format_.removeprefix("a=fmtp:96 ").split(";")


async def test_a_peer_that_takes_single_units_alone_is_refused() -> None:
    with pytest.raises(Unfit, match=r"no H\.264 video"):
        await _answer(_named("packetization-mode=0"))


def test_a_mode_is_added_to_h264_alone_and_everything_else_is_kept() -> None:
    offer = GSTREAMER.replace("\n", "\r\n").replace(" 96\r\n", " 96 97\r\n")
    offer = offer.replace("a=rtcp-fb", "a=rtpmap:97 VP8/90000\r\na=fmtp:97 max-fr=30; max-fs=3600\r\na=rtcp-fb")
    more = "a=rtpmap:96 H264/90000\r\n"
    assert with_mode(offer) == offer.replace(more, f"{more}a=fmtp:96 packetization-mode=1\r\n")
    assert with_mode("v=0\r\nnonsense") == "v=0\r\nnonsense\r\n"


async def test_a_browser_that_names_modes_is_left_as_it_is() -> None:
    """Firefox offers one payload of mode 1 and one without a mode, which means mode 0."""
    modes = "a=rtpmap:97 H264/90000\na=fmtp:97 profile-level-id=42e01f\na=fmtp:96 packetization-mode=1\na=mid:"
    offer = GSTREAMER.replace(" 96\n", " 97 96\n").replace("a=mid:", modes)
    assert [line for line in with_mode(offer).splitlines() if "97" in line] == [
        "m=video 9 UDP/TLS/RTP/SAVPF 97 96",
        "a=rtpmap:97 H264/90000",
        "a=fmtp:97 profile-level-id=42e01f",
    ]
    assert next(line for line in await _answer(offer) if line.startswith("m=")).endswith(" 96")
    async with offering() as (browser, _):
        modern = browser.localDescription.sdp
        assert sorted(with_mode(modern).splitlines()) == sorted(modern.splitlines())
