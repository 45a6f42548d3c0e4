"""The RTSP adapter against a server we did not write, and against sockets that misbehave."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from adapters import bitstream
from adapters.reachability import Unreachable
from adapters.rtsp import Busy, RtspAdapter, Withheld
from gateway.ports import Credential, DeviceAddress, Refused, Unavailable
from tests.peers import gstreamer

ACCOUNT = Credential("viewer", "p@ss:w/ö d%41")
MOUNTS = ["/h264=h264,width=640,height=360", "/h265=h265", "/bframes=h264-bframes", "/late=h264,gop=20,config=-1"]


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with gstreamer.serving(MOUNTS, user=ACCOUNT.username, password=ACCOUNT.password) as port:
        yield port


def taken(port: int, path: str, count: int, *, transport: str = "tcp", account: Credential | None = ACCOUNT):
    packets = []
    with RtspAdapter().open(DeviceAddress("rtsp", "127.0.0.1", port, path, transport), account) as connection:
        for packet in connection.packets():
            packets.append(packet)
            if len(packets) == count:
                connection.close()
                break
    return packets


@pytest.mark.peer("gstreamer")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("path", "codec", "size"), [("/h264", "h264", (640, 360)), ("/h265", "h265", (320, 240))])
def test_packets_are_in_order(server, path, codec, size, transport):
    packets = taken(server, path, 25, transport=transport)
    assert packets[0].keyframe
    assert {packet.codec for packet in packets} == {codec}
    assert {packet.generation for packet in packets} == {0}
    stamps = [packet.pts for packet in packets]
    assert all(later > earlier for earlier, later in pairwise(stamps))
    keys = [packet for packet in packets if packet.keyframe]
    assert len(keys) >= 2
    for key in keys:
        sets = bitstream.parameter_sets(key.data, codec)
        assert bitstream.complete(sets, codec)
        assert bitstream.picture_size(sets, codec) == size
        assert key.data.startswith(bitstream.START_CODE + sets[0])


@pytest.mark.peer("gstreamer")
def test_pictures_decode(server):
    from gateway.worker.decoder import Decoder

    decoder = Decoder()
    pictures = [picture for packet in taken(server, "/h264", 20) for picture in decoder.decode(packet)]
    assert len(pictures) >= 19
    assert decoder.errors == 0


@pytest.mark.peer("gstreamer")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_the_devices_clock_is_read_from_its_sender_reports(server, transport):
    with RtspAdapter().open(DeviceAddress("rtsp", "127.0.0.1", server, "/h264", transport), ACCOUNT) as connection:
        assert connection.clock_offset is None
        for _ in connection.packets():
            if connection.clock_offset is not None:
                break
        # The server runs on our own clock; its encoder and the wire hold a picture back for a while.
        assert -5 < connection.clock_offset < 0.5


@pytest.mark.peer("gstreamer")
def test_a_second_reader_joins_between_keyframes_and_begins_at_one(server):
    with RtspAdapter().open(DeviceAddress("rtsp", "127.0.0.1", server, "/late"), ACCOUNT) as first:
        stream = first.packets()
        for _ in range(4):
            next(stream)
        assert taken(server, "/late", 3)[0].keyframe


@pytest.mark.peer("gstreamer")
def test_pictures_out_of_order_still_have_growing_stamps(server):
    stamps = [packet.dts for packet in taken(server, "/bframes", 20)]
    assert all(later > earlier for earlier, later in pairwise(stamps))


@pytest.mark.peer("gstreamer")
@pytest.mark.parametrize("account", [None, Credential("viewer", "wrong-secret"), Credential("nobody", "wrong-secret")])
def test_a_wrong_account_is_refused_and_not_named(server, account):
    with pytest.raises(Refused) as caught:
        taken(server, "/h264", 1, account=account)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.peer("gstreamer")
def test_a_path_that_is_not_there(server):
    with pytest.raises(Unavailable, match="404"):
        taken(server, "/nothing", 1)


@pytest.mark.peer("gstreamer")
def test_a_killed_server_ends_the_stream():
    with gstreamer.serving(["/a=h264"]) as port:
        opened = RtspAdapter(socket_seconds=2.0).open(DeviceAddress("rtsp", "127.0.0.1", port, "/a"), None)
        connection = opened.__enter__()
        stream = connection.packets()
        next(stream)
    try:
        for _ in stream:
            pass
    except Unavailable:
        pass
    opened.__exit__(None, None, None)


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """A server that answers each request with these bytes ("@" is the request's number), or never."""
    over = threading.Event()

    def talk(client: socket.socket) -> None:
        with client:
            while request := client.recv(4096):
                number = re.search(rb"CSeq: (\d+)", request)
                if answer is not None:
                    client.sendall(answer.replace(b"@", number[1] if number else b"0"))
                elif over.wait(60):
                    return

    def serve(listener: socket.socket) -> None:
        while not over.is_set():
            try:
                client, _ = listener.accept()
                talk(client)
            except OSError:
                continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join()


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (b"401 Unauthorized", Refused, "user name"),
        (b"403 Forbidden", Withheld, "does not let this user see this stream"),
        (b"405 Method Not Allowed", Unavailable, "405"),
        (b"454 Session Not Found", Unavailable, "lost the session"),
        (b"459 Aggregate Operation Not Allowed", Unavailable, "one by one"),
        (b"461 Unsupported Transport", Unavailable, "no transport"),
        (b"499 Whatever", Unavailable, "499"),
        (b"404 Not Found", Unavailable, "404"),
        (b"453 Not Enough Bandwidth", Busy, "no further session"),
        (b"503 Service Unavailable", Busy, "5xx"),
        (b"400 Bad Request", Unavailable, "400"),
    ],
)
def test_what_a_device_answers_is_said_in_our_words(status, error, said):
    with answering(b"RTSP/1.0 " + status + b"\r\nCSeq: @\r\n\r\n") as port, pytest.raises(error, match=said) as caught:
        taken(port, "/x", 1)
    assert type(caught.value) is error


@pytest.mark.parametrize("answer", [b"\x00" * 4096, b"HTTP/1.1 200 OK\r\n\r\n<html>", None])
def test_nonsense_and_silence_are_unavailable(answer):
    adapter = RtspAdapter(open_seconds=2.0, socket_seconds=1.0)
    began = time.monotonic()
    with (
        answering(answer) as port,
        pytest.raises(Unavailable) as caught,
        adapter.open(DeviceAddress("rtsp", "127.0.0.1", port, "/x"), ACCOUNT),
    ):
        pytest.fail("nonsense was taken for a stream")
    assert type(caught.value) is Unavailable
    assert "p@ss" not in str(caught.value)
    assert time.monotonic() - began < 30


def test_nobody_there(free_port):
    with pytest.raises(Unreachable, match="nothing listens"):
        taken(free_port, "/x", 1)
