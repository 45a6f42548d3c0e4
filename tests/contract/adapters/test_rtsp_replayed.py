"""The RTSP adapter against what real devices answer, and against streams that nobody can show."""

import re
from itertools import pairwise

import pytest

from adapters import bitstream, rtsp, rtsp_challenges
from adapters.rtsp import RtspAdapter
from gateway.domain.packets import Packet
from gateway.ports import Credential, DeviceAddress, Refused, Unavailable
from gateway.worker.decoder import Decoder
from tests.peers.rtsp_replay import Script, encoded, pictures, replaying

PICTURE_PARAMETERS = 8
ACCOUNT = Credential("viewer", "p@ss:w/ö")
DIGEST = 'WWW-Authenticate: Digest realm="Surveillance Server", nonce="98481030"'
"""As a Longse camera challenges: no qop, no algorithm."""


def taken(script: Script, count: int, path: str = "/main", account: Credential | None = None, **limits: float):
    packets: list[Packet] = []
    with (
        replaying(script) as port,
        RtspAdapter(**limits).open(DeviceAddress("rtsp", "127.0.0.1", port, path), account) as connection,
    ):
        for packet in connection.packets():
            packets.append(packet)
            if len(packets) == count:
                connection.close()
    return packets


@pytest.mark.parametrize(
    "describe",
    [
        "hikvision_describe",
        "dahua_describe_h264_aac_onvif",
        "foscam_describe",
        "h264dvr_describe",
        "reolink_describe",
        "reolink_describe_control_first",
        "missing_content_type_describe",
    ],
)
@pytest.mark.parametrize("play", ["hikvision_play", "bad_rtptime", "h264dvr_play"])
def test_what_every_recorded_make_answers_leads_to_pictures(describe, play):
    packets = taken(Script(describe, play=play, units=pictures()), 20)
    assert packets[0].keyframe
    assert all(later.pts > earlier.pts for earlier, later in pairwise(packets))
    decoder = Decoder()
    shown = [picture for packet in packets for picture in decoder.decode(packet)]
    assert len(shown) == 20
    assert {(picture.width, picture.height) for picture in shown} == {(320, 240)}


@pytest.mark.parametrize("setup", ["hikvision_setup_ssrc_space", "luckfox_rkipc_setup_tcp"])
def test_odd_transport_headers_are_borne(setup):
    assert len(taken(Script(setup=setup, units=pictures()), 5)) == 5


@pytest.mark.parametrize("challenge", ['WWW-Authenticate: Basic realm="iPolis"', DIGEST])
def test_basic_and_bare_digest_are_answered(challenge):
    script = Script(units=pictures(), account=(ACCOUNT.username, ACCOUNT.password), challenge=challenge)
    assert len(taken(script, 3, account=ACCOUNT)) == 3
    for account in (None, Credential("viewer", "wrong")):
        with pytest.raises(Refused):
            taken(script, 1, account=account)


MD5, SHA_256 = DIGEST + ", algorithm=MD5", DIGEST + ', qop="auth", algorithm=SHA-256'


@pytest.mark.parametrize(
    "challenge",
    [
        SHA_256,
        f"{MD5}\r\n{SHA_256}",
        'WWW-Authenticate: Basic realm="x"\r\n' + SHA_256.replace("SHA-256", '"sha-512-256"'),
    ],
)
def test_a_newer_digest_is_told_as_such_and_not_as_a_wrong_password(challenge, monkeypatch):
    monkeypatch.setattr(rtsp_challenges, "SECONDS", 60.0)
    script = Script(units=pictures(), account=(ACCOUNT.username, ACCOUNT.password), challenge=challenge)
    with pytest.raises(Unavailable, match="newer digest than MD5"):
        taken(script, 1, account=ACCOUNT)
    assert not any(re.search("(?im)^authorization:", request) for request in script.requests)
    with pytest.raises(Refused):
        taken(script, 1)


def test_a_device_that_takes_the_older_digest_too_is_signed_in_to_and_a_wrong_password_is_called_wrong():
    script = Script(units=pictures(), account=(ACCOUNT.username, ACCOUNT.password), challenge=f"{SHA_256}\r\n{MD5}")
    assert len(taken(script, 3, account=ACCOUNT)) == 3
    with pytest.raises(Refused):
        taken(script, 1, account=Credential("viewer", "wrong"))


def test_a_path_is_asked_for_as_it_was_written_and_with_the_password_only_there():
    script = Script(units=pictures())
    taken(script, 1, path="//live/a@b?user={username}&password={password}", account=ACCOUNT)
    asked = next(request for request in script.requests if request.startswith("DESCRIBE"))
    assert "//live/a@b?user=viewer&password=p%40ss%3Aw%2F%C3%B6 RTSP/1.0" in asked.splitlines()[0]


def _without(unit: bytes, kind: int) -> bytes:
    return bitstream.joined([unit[begin:end] for begin, end in bitstream.units(unit) if unit[begin] & 0x1F != kind])


def test_a_stream_without_its_picture_parameters_is_said_to_show_nothing():
    units = [
        _without(unit.replace(b"\0\0\1", b"\0\0\0\1").replace(b"\0\0\0\0\1", b"\0\0\0\1"), 8) for unit in pictures(60)
    ]
    script = Script(units=units, without=r" ?sprop-parameter-sets=[^;\n]*;?", pace=0.05)
    with pytest.raises(Unavailable, match="no keyframe with its parameter sets"):
        taken(script, 1, keyframe_seconds=0.5)


def test_a_stream_that_never_sends_a_keyframe_is_said_to_show_nothing():
    units = pictures(200, g="1000")[1:]
    with pytest.raises(Unavailable, match="no keyframe"):
        taken(Script(units=units, pace=0.05), 1, keyframe_seconds=0.5)


def test_a_long_wait_for_the_first_keyframe_is_borne():
    assert rtsp.KEYFRAME_SECONDS > 10
    units = pictures(30, g="20")[1:]
    assert len(taken(Script(units=units), 2, keyframe_seconds=30.0)) == 2


def test_pictures_sent_out_of_order_keep_the_time_they_are_shown_at():
    made = encoded(60, (320, 240), tune="film", bf="3", **{"x264-params": "b-adapt=0:scenecut=0"})
    script = Script(units=[bytes(one) for one in made], stamps=[int(one.pts or 0) * 9000 for one in made], pace=0.02)
    packets = taken(script, 55)
    assert all(later.dts > earlier.dts for earlier, later in pairwise(packets))
    settled = packets[20:]
    assert all(packet.offset >= 0 for packet in settled)
    shown = sorted(packet.pts for packet in settled)[:-4]
    assert {later - earlier for earlier, later in pairwise(shown)} == {9000}
    assert [packet.pts for packet in settled] != sorted(packet.pts for packet in settled)


def test_r08_a_device_that_offers_sound_is_asked_for_its_picture_alone():
    script = Script("dahua_describe_h264_aac_onvif", units=pictures())
    assert taken(script, 3)
    assert sum(request.startswith("SETUP") for request in script.requests) == 1
