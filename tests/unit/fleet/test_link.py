"""The gateway's end of the link against a worker's end played by the test."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.clock import SystemClock
from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.fleet import framing, greeting, wire
from gateway.fleet import link as link_module
from gateway.fleet.address import LinkAddress
from gateway.fleet.dialling import Dialling
from gateway.fleet.framing import Splitter
from gateway.fleet.link import dial
from gateway.fleet.wire_marks import MAX_CLIPS, MarkWish
from gateway.ports import Unavailable
from tests.peers.worker_process import Heard, until

KEY = StreamKey("C1", StreamKind.SUB)
HELLO = {"type": "hello", "worker": "w1", "protocol": framing.PROTOCOL, "pid": 1}


class Played:
    """A worker's end: what it was asked, with files or without, and a way to say things."""

    def __init__(self, hello) -> None:
        self.hello = hello
        self.asked: list[dict] = []
        self.files: list[int] = []
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader, writer) -> None:
        self.writer = writer
        try:
            await greeting.read_greeting(reader)
            writer.write(framing.control_frame(self.hello))
            splitter = Splitter()
            while chunk := await reader.read(65536):
                for frame in splitter.feed(chunk):
                    if frame.kind == framing.BLOB:
                        self.files.append(framing.read_blob(frame.payload)[0]["request"])
                    else:
                        self.asked.append(framing.read_control(frame.payload))
        except (ConnectionError, EOFError):
            return
        finally:
            writer.close()

    def says(self, data: bytes) -> None:
        assert self.writer is not None
        self.writer.write(data)


@asynccontextmanager
async def played(folder, hello=None) -> AsyncIterator[tuple[Played, LinkAddress]]:
    worker = Played(hello or HELLO)
    path = str(folder / "w.sock")
    server = await asyncio.start_unix_server(worker.serve, path)
    try:
        yield worker, LinkAddress(path=path)
    finally:
        server.close()


@asynccontextmanager
async def linked(folder, heard=None):
    async with (
        played(folder) as (worker, address),
        dial(address, "g1", heard or Heard()) as link,
        asyncio.TaskGroup() as group,
    ):
        running = group.create_task(link.run())
        yield worker, link, running
        running.cancel()


def described(number: int, codec: str = "h264") -> bytes:
    return framing.control_frame(wire.description_to_json(number, wire.StreamDescription(codec, 640, 360, 0, b"")))


async def test_packets_reach_their_sink_after_their_description(tmp_path):
    async with linked(tmp_path) as (worker, link, _):
        packets, ended = [], []
        subscription = link.subscribe(KEY, packets.append, ended.append)
        await until(lambda: worker.asked)
        packet = Packet(9000, True, b"x" * 5000, 1.5, 3, "h265")
        worker.says(framing.packet_frame(subscription.number, packet))
        worker.says(described(subscription.number, "h265"))
        worker.says(framing.packet_frame(subscription.number, packet))
        worker.says(framing.packet_frame(99, packet))
        await until(lambda: packets)
        assert packets == [packet]
        worker.says(framing.control_frame({"type": "stream_end", "number": subscription.number, "reason": "gone"}))
        await until(lambda: ended)
        assert ended == ["gone"]


async def test_a_closed_subscription_hears_nothing(tmp_path):
    async with linked(tmp_path) as (worker, link, _):
        packets, ended = [], []
        subscription = link.subscribe(KEY, packets.append, ended.append)
        subscription.close()
        subscription.close()
        await until(lambda: len(worker.asked) == 2)
        assert [message["type"] for message in worker.asked] == ["subscribe", "unsubscribe"]
        worker.says(
            described(subscription.number) + framing.packet_frame(subscription.number, Packet(0, True, b"", 0.0))
        )
        worker.says(framing.control_frame({"type": "metrics", "x": 1}))
        await asyncio.sleep(0.05)
        assert (packets, ended) == ([], [])


async def test_r16_a_marked_stream_is_asked_for_by_a_message_of_its_own(tmp_path):
    """A worker that does not know the message sends nothing; one that overlooked a field would send bare pictures."""
    async with linked(tmp_path) as (worker, link, _):
        link.subscribe(KEY, lambda packet: None, lambda reason: None, "drainage D15").close()
        await until(lambda: len(worker.asked) == 2)
        asked = {"type": "subscribe_marked", "number": 1, "camera": "C1", "stream": "sub", "words": "drainage D15"}
        assert worker.asked == [asked, {"type": "unsubscribe", "number": 1}]


async def test_a_worker_that_hangs_up_ends_everything(tmp_path):
    async with linked(tmp_path) as (worker, link, running):
        ended = []
        link.subscribe(KEY, lambda packet: None, ended.append)
        still = asyncio.get_running_loop().create_task(link.still("C1", 320))
        await until(lambda: len(worker.asked) == 2)
        worker.writer.close()
        await asyncio.wait([running])
        assert ended == ["the worker hung up"]
        with pytest.raises(Unavailable):
            await still
        late = []
        link.subscribe(KEY, lambda packet: None, late.append)
        await until(lambda: late)
        with pytest.raises(Unavailable):
            await link.still("C1", None)


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 64, framing.control_frame({"type": "metrics", "x": "y"}), framing.control_frame({"type": "event"})],
)
async def test_a_worker_that_breaks_the_protocol_is_unavailable(tmp_path, garbage):
    async with played(tmp_path) as (worker, address), dial(address, "g1", Heard()) as link:
        worker.says(garbage)
        with pytest.raises(Unavailable, match="protocol"):
            await link.run()


async def test_a_silent_worker_is_unavailable(tmp_path, monkeypatch):
    monkeypatch.setattr(link_module, "SILENCE_SECONDS", 0.05)
    async with played(tmp_path) as (_, address), dial(address, "g1", Heard()) as link:
        with pytest.raises(Unavailable, match="silent"):
            await link.run()


async def test_a_still_comes_or_says_why_not(tmp_path):
    async with linked(tmp_path) as (worker, link, _):
        first = asyncio.get_running_loop().create_task(link.still("C1", 320))
        second = asyncio.get_running_loop().create_task(link.still("C2", None))
        await until(lambda: len(worker.asked) == 2)
        worker.says(framing.blob_frame({"type": "still", "request": worker.asked[0]["request"]}, b"JPEG"))
        failed = {"type": "still_failed", "request": worker.asked[1]["request"], "reason": "dark"}
        worker.says(framing.control_frame(failed))
        assert await first == b"JPEG"
        with pytest.raises(Unavailable, match="dark"):
            await second


async def test_clips_that_wait_to_be_marked_leave_room_for_stills(tmp_path):
    clip = MarkWish("video/mp4", "jinxin")
    async with linked(tmp_path) as (worker, link, _), asyncio.TaskGroup() as group:
        waiting = [group.create_task(link.mark(b"clip", clip)) for _ in range(MAX_CLIPS)]
        await until(lambda: len(worker.files) == len(waiting))
        with pytest.raises(Unavailable, match="ask again in a minute"):
            await link.mark(b"clip", clip)
        still = group.create_task(link.mark(b"still", MarkWish("image/jpeg", "jinxin")))
        await until(lambda: len(worker.files) == len(waiting) + 1)
        for request in worker.files:
            worker.says(framing.blob_frame({"type": "still", "request": request}, b"marked"))
        assert {await one for one in (*waiting, still)} == {b"marked"}
        again = group.create_task(link.mark(b"clip", clip))
        await until(lambda: len(worker.files) == len(waiting) + 2)
        worker.says(framing.blob_frame({"type": "still", "request": worker.files[-1]}, b"marked"))
        assert await again == b"marked"


async def test_a_clip_goes_to_the_worker_that_has_fewest_whosever_turn_it_is(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    async with (
        linked(tmp_path / "a") as (busy, link_a, _),
        linked(tmp_path / "b") as (idle, link_b, _),
        asyncio.TaskGroup() as group,
    ):
        fleet = Dialling("g1", Heard(), SystemClock())
        fleet.links |= {"a": link_a, "b": link_b}
        waiting = [group.create_task(link_a.mark(b"clip", MarkWish("video/mp4", "jinxin"))) for _ in range(3)]
        await until(lambda: len(busy.files) == 3)
        waiting += [group.create_task(fleet.mark(b"clip", "video/mp4", "jinxin")) for _ in range(3)]
        await until(lambda: len(idle.files) == 3)
        for worker in (busy, idle):
            for request in worker.files:
                worker.says(framing.blob_frame({"type": "still", "request": request}, b"marked"))
        assert {await one for one in waiting} == {b"marked"}
        assert len(busy.files) == 3


async def test_evidence_that_does_not_match_its_hash_is_not_handed_on(tmp_path):
    heard = Heard(acknowledges=False)
    async with linked(tmp_path, heard) as (worker, _, _):
        header = {"type": "evidence", "event": "0190a0b0-0000-7000-8000-000000000001", "media_type": "image/jpeg"}
        worker.says(framing.blob_frame({**header, "kind": "clip", "sha256": "0" * 64}, b"x"))
        right = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        worker.says(framing.blob_frame({**header, "kind": "still", "sha256": right}, b"x"))
        await until(lambda: heard.pieces)
        assert [kind for _, kind in heard.pieces] == ["still"]


@pytest.mark.parametrize(
    "hello", [{"type": "hello", "worker": "w", "protocol": framing.PROTOCOL + 1}, {"type": "status", "cameras": []}]
)
async def test_who_is_no_worker_of_this_protocol(tmp_path, hello):
    async with played(tmp_path, hello) as (_, address):
        with pytest.raises(Unavailable, match="not a worker"):
            async with dial(address, "g1", Heard()):
                pytest.fail("it was taken for a worker")


async def test_nobody_listens(tmp_path):
    with pytest.raises(Unavailable, match="no worker answers"):
        async with dial(LinkAddress(path=str(tmp_path / "none.sock")), "g1", Heard()):
            pytest.fail("nobody was taken for a worker")


def test_tls_contexts_want_certificates(tmp_path):
    from gateway.fleet.tls import client_tls, server_tls
    from tests.peers.certificates import authority

    files = authority(tmp_path)
    server = server_tls(files.cert, files.key, files.ca)
    assert server.verify_mode is ssl.CERT_REQUIRED
    assert client_tls(files.cert, files.key, files.ca).verify_mode is ssl.CERT_REQUIRED
