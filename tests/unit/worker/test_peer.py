"""A slow gateway, played by a transport that takes nothing."""

import asyncio

import pytest

from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.fleet import framing
from gateway.fleet.framing import Splitter, WireError
from gateway.ports import Unavailable
from gateway.worker import peer as peer_module
from gateway.worker.peer import Peer
from gateway.worker.stream import Stream

SETS = bytes.fromhex("000000016764001facd9405005bb011000000300100000030320f18319600000000168ebe3cb22c0")


class Transport:
    def __init__(self) -> None:
        self.unsent = 0
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.aborted = True


class Writer:
    def __init__(self) -> None:
        self.transport = Transport()
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def is_closing(self) -> bool:
        return self.transport.aborted

    def frames(self):
        return list(Splitter().feed(self.data))


class Camera:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def attach(self, kind, reader):
        if kind is StreamKind.MAIN:
            raise Unavailable("the camera has no main stream")
        self._stream.attach(reader)
        return self._stream


class Desk:
    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.acknowledged_items: list[tuple[str, int]] = []

    def camera(self, camera_id):
        return Camera(self.stream)

    async def still(self, camera_id, width, words=""):
        raise Unavailable("no picture")

    def assign(self, assignment):
        raise AssertionError("a malformed assignment was taken")

    async def evidence_acknowledged(self, event_id, kind):
        raise AssertionError("a malformed acknowledgement was taken")

    async def acknowledged(self, event_id, serial):
        self.acknowledged_items.append((event_id, serial))


def packet(index: int, key: bool = False) -> Packet:
    return Packet(index * 9000, key, (SETS if key else b"") + b"\x00\x00\x00\x01\x41" + bytes(100), index / 10)


def made():
    stream = Stream(StreamKey("c", StreamKind.SUB), lambda: None)
    reader, writer = asyncio.StreamReader(), Writer()
    desk = Desk(stream)
    return stream, reader, writer, desk, Peer("g1", reader, writer, desk)


async def told(reader: asyncio.StreamReader, peer: Peer, *messages: dict) -> None:
    for message in messages:
        reader.feed_data(framing.control_frame(message))
    reader.feed_eof()
    try:
        await peer.run()
    except* WireError as errors:
        raise errors.exceptions[0] from None


SUBSCRIBE = {"type": "subscribe", "number": 7, "camera": "c", "stream": "sub"}


async def test_a_slow_gateway_is_skipped_to_a_keyframe_and_counted():
    stream, _, writer, _, peer = made()
    stream.take(packet(0, True))
    peer._subscribe(SUBSCRIBE)
    writer.transport.unsent = peer_module.SLOW_BYTES + 1
    for index in range(1, 6):
        stream.take(packet(index))
    writer.transport.unsent = 0
    stream.take(packet(6))
    stream.take(packet(7, True))
    stream.take(packet(8))
    sent = [
        framing.read_packet(frame.payload)[1].pts // 9000 for frame in writer.frames() if frame.kind == framing.PACKET
    ]
    assert sent == [0, 7, 8]
    assert peer.skipped == 6


async def test_control_is_never_skipped_but_a_gateway_that_takes_nothing_is_hung_up_on():
    _, _, writer, _, peer = made()
    writer.transport.unsent = peer_module.SLOW_BYTES + 1
    peer.control({"type": "metrics"})
    assert len(writer.frames()) == 1
    writer.transport.unsent = peer_module.DEAD_BYTES + 1
    peer.control({"type": "metrics"})
    assert writer.transport.aborted


async def test_what_cannot_be_subscribed_ends_with_a_reason():
    _, reader, writer, _, peer = made()
    await told(reader, peer, {**SUBSCRIBE, "stream": "main"}, {**SUBSCRIBE, "number": 8, "stream": "x"})
    ends = [framing.read_control(frame.payload) for frame in writer.frames()]
    assert [(end["type"], end["number"]) for end in ends] == [("stream_end", 7), ("stream_end", 8)]
    assert ends[0]["reason"] == "the camera has no main stream"


async def test_leaving_detaches_every_reader():
    stream, reader, _, _, peer = made()
    await told(reader, peer, SUBSCRIBE, {**SUBSCRIBE, "number": 8})
    assert stream.readers == 0


async def test_acknowledgements_and_stills():
    _, reader, writer, desk, peer = made()
    event_id = "0190a0b0-0000-7000-8000-000000000001"
    still = {"type": "still", "request": 3, "camera": "c", "width": None}
    await told(reader, peer, {"type": "ack", "items": [[event_id, 5]]}, still, {"type": "from-the-future"})
    assert desk.acknowledged_items == [(event_id, 5)]
    assert framing.read_control(writer.frames()[0].payload)["type"] == "still_failed"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "ack", "items": [["../x", 1]]},
        {"type": "ack", "items": [1]},
        {"type": "subscribe", "number": -1, "camera": "c", "stream": "sub"},
        {"type": "assign"},
        {"type": "still", "request": 1, "camera": "c", "width": 10**9},
        {"type": "evidence_ack", "event": "x", "kind": "still"},
        {"type": "try", "request": 1, "host": "h", "port": 0, "path": "/", "transport": "tcp"},
    ],
)
async def test_a_gateway_that_breaks_the_protocol(message):
    _, reader, _, _, peer = made()
    with pytest.raises(WireError):
        await told(reader, peer, message)


async def test_a_packet_too_large_for_the_link_is_left_out():
    _, _, writer, _, peer = made()
    peer.picture(1, Packet(0, True, bytes(framing.MAX_FRAME), 0.0))
    assert (peer.skipped, writer.data) == (1, b"")
