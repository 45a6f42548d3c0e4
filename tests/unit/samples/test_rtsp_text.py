from __future__ import annotations

import pytest

from gateway.samples.digest import Gate, Verdict, md5
from gateway.samples.rtsp_text import Malformed, TransportChoice, choose_transport, take_request


def test_a_request_is_taken_once_it_is_complete() -> None:
    whole = b"SETUP rtsp://127.20.1.1:8554/Streaming/Channels/101/trackID=0 RTSP/1.0\r\nCSeq: 3\r\nX: y: z\r\n\r\n"
    buffer = bytearray(whole[:40])
    assert take_request(buffer) is None
    buffer += whole[40:] + b"OPTIONS"
    request = take_request(buffer)
    assert request is not None
    assert (request.method, request.cseq, request.path) == ("SETUP", "3", "/Streaming/Channels/101")
    assert request.headers["x"] == "y: z"
    assert buffer == b"OPTIONS"


def test_interleaved_reports_from_the_client_are_thrown_away() -> None:
    buffer = bytearray(b"$\x01\x00\x04abcd\r\nOPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n$\x01\x00\x09ab")
    request = take_request(buffer)
    assert request is not None
    assert request.cseq == "9"
    assert take_request(buffer) is None
    assert buffer == b"$\x01\x00\x09ab"


def test_a_body_belongs_to_its_request() -> None:
    buffer = bytearray(b"GET_PARAMETER rtsp://h/a?b=1 RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nab")
    assert take_request(buffer) is None
    buffer += b"c"
    request = take_request(buffer)
    assert request is not None
    assert request.path == "/a?b=1"
    assert not buffer


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"A B\r\n\r\n",
        b"X" * 20_000,
        b"PLAY a RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_not_rtsp_is_refused(nonsense: bytes) -> None:
    with pytest.raises(Malformed):
        take_request(bytearray(nonsense))


def test_the_first_transport_we_speak_is_chosen() -> None:
    assert choose_transport("RTP/AVP/TCP;unicast;interleaved=2-3") == TransportChoice(interleaved=(2, 3))
    assert choose_transport("RTP/AVP;unicast;client_port=5000-5001") == TransportChoice(client_ports=(5000, 5001))
    assert choose_transport("RTP/AVP;multicast, RTP/AVP/TCP;unicast") == TransportChoice(interleaved=(0, 1))
    assert choose_transport("RTP/AVP;unicast;client_port=x-y") is None
    assert choose_transport("RAW/RAW/UDP") is None


def authorization(gate: Gate, password: str, method: str, *, qop: bool = False) -> str:
    nonce = gate.challenge().split('nonce="')[1].split('"')[0]
    middle = f"{nonce}:00000001:abc:auth" if qop else nonce
    response = md5(f"{md5(f'viewer:device:{password}')}:{middle}:{md5(f'{method}:rtsp://x/')}")
    extra = ', qop=auth, nc=00000001, cnonce="abc"' if qop else ""
    return f'Digest username="viewer", realm="device", nonce="{nonce}", uri="rtsp://x/", response="{response}"{extra}'


def test_a_gate_opens_to_the_right_password_only() -> None:
    gate = Gate("device", "viewer", "right")
    assert gate.check("PLAY", None) is Verdict.MISSING
    assert gate.check("PLAY", "Basic abc") is Verdict.MISSING
    assert gate.check("PLAY", authorization(gate, "right", "PLAY")) is Verdict.GOOD
    assert gate.check("PLAY", authorization(gate, "right", "PLAY", qop=True)) is Verdict.GOOD
    assert gate.check("PLAY", authorization(gate, "wrong", "PLAY")) is Verdict.BAD
    assert gate.check("PLAY", authorization(gate, "right", "SETUP")) is Verdict.BAD
    gate.locked = True
    assert gate.check("PLAY", authorization(gate, "right", "PLAY")) is Verdict.BAD


def test_an_old_or_foreign_nonce_is_stale() -> None:
    gate = Gate("device", "viewer", "right", nonce_seconds=-1)
    assert gate.check("PLAY", authorization(gate, "right", "PLAY")) is Verdict.STALE
    other = Gate("device", "viewer", "right")
    assert Gate("device", "viewer", "right").check("PLAY", authorization(other, "right", "PLAY")) is Verdict.STALE
    assert "stale=TRUE" in gate.challenge(stale=True)
