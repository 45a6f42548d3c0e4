"""Renditions: what a viewer gets bears their account, unit and the time in every picture, and ends with the viewer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.fleet.wire import StreamDescription
from gateway.ports import Unavailable
from gateway.worker import rendition as renditions_module
from gateway.worker.decoder import Decoder
from gateway.worker.rendition import Renditions, open_renditions
from gateway.worker.stream import Stream
from tests.integration.moving_clock import MovingClock
from tests.unit.media.test_fmp4 import encoded
from tests.unit.worker.test_marking import legible

PICTURES = encoded(frames=20, size=(640, 360))
SHANGHAI_TIME = "2026-11-23 09:00"


class Reader:
    """Who the marked packets are for."""

    def __init__(self) -> None:
        self.descriptions: list[StreamDescription] = []
        self.packets: list[Packet] = []
        self.some = asyncio.Event()

    def described(self, description: StreamDescription) -> None:
        self.descriptions.append(description)

    def packet(self, packet: Packet) -> None:
        self.packets.append(packet)
        self.some.set()

    def ended(self, reason: str) -> None:
        raise AssertionError(reason)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.packets) < count:
                self.some.clear()
                await self.some.wait()


def stream_of(packets: list[Packet]) -> Stream:
    stream = Stream(StreamKey("C1", StreamKind.SUB), lambda: None)
    for packet in packets:
        stream.take(packet)
    return stream


def pictures(packets: list[Packet]) -> list[np.ndarray]:
    decoder = Decoder()
    decoder.exact = True
    return [frame.to_ndarray(format="bgr24") for packet in packets for frame in decoder.decode(packet)]


def attached(stream: Stream) -> Callable[..., Stream]:
    def attach(one: object) -> Stream:
        stream.attach(one)  # type: ignore[arg-type]
        return stream

    return attach


@asynccontextmanager
async def marked(renditions: Renditions, words: str, stream: Stream) -> AsyncIterator[Reader]:
    reader = Reader()
    task = asyncio.create_task(renditions.run(words, attached(stream), reader))
    try:
        yield reader
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def clock() -> MovingClock:
    clock = MovingClock()
    clock.at = datetime(2026, 11, 23, 1, 0, 30, tzinfo=UTC)
    return clock


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
async def test_r16_every_picture_of_a_rendition_bears_account_unit_and_time(clock: MovingClock, codec: str) -> None:
    plain = encoded(codec, frames=12, size=(640, 360))
    stream = stream_of(plain)
    with open_renditions(clock) as renditions:
        async with marked(renditions, "drainage D15", stream) as reader:
            for packet in encoded(codec, frames=20, size=(640, 360))[12:]:
                stream.take(packet)
            await reader.until(10)
    found, without = pictures(reader.packets), pictures(stream.ring.newest_group())
    assert len(found) == len(without) == 10
    words = f"drainage D15 {clock.now():%Y-%m-%d} 09:00"
    for one, other in zip(found, without, strict=True):
        assert one.shape == other.shape
        assert np.abs(one.astype(int) - other).mean() > 1
        assert legible(one, words) > 0.5 > legible(other, words)
    (description,) = reader.descriptions
    assert (description.codec, description.width, description.height) == ("h264", 640, 360)
    times = [packet.dts for packet in reader.packets]
    assert times == sorted(set(times))
    assert reader.packets[0].keyframe


async def test_r16_two_accounts_get_two_different_streams_of_one_camera(clock: MovingClock) -> None:
    stream = stream_of(PICTURES)
    with open_renditions(clock) as renditions:
        async with (
            marked(renditions, "drainage D15", stream) as one,
            marked(renditions, "metro D40", stream) as other,
        ):
            await one.until(10)
            await other.until(10)
            assert (renditions.running, stream.readers) == (2, 2)
        assert (renditions.running, stream.readers) == (0, 0)
    pairs = zip(pictures(one.packets), pictures(other.packets), strict=True)
    assert all(cv2.absdiff(a, b).max() > 60 for a, b in pairs)


async def test_r16_more_than_a_worker_can_mark_is_refused_in_one_sentence(clock: MovingClock) -> None:
    stream = stream_of(PICTURES)
    with open_renditions(clock, most=1) as renditions:
        async with marked(renditions, "drainage D15", stream) as reader:
            await reader.until(1)
            with pytest.raises(Unavailable, match="marks 1 live pictures already"):
                await renditions.run("metro D40", attached(stream), Reader())
            assert (renditions.running, renditions.refused, stream.readers) == (1, 1, 1)
        async with marked(renditions, "metro D40", stream) as reader:
            await reader.until(1)


async def test_r16_a_rendition_ends_with_its_stream_and_says_why(clock: MovingClock) -> None:
    stream = stream_of(PICTURES)
    with open_renditions(clock) as renditions:
        running = asyncio.create_task(renditions.run("drainage D15", attached(stream), Reader()))
        await asyncio.sleep(0)
        stream.end("the camera has left this worker")
        with pytest.raises(Unavailable, match="left this worker"):
            await running
        assert renditions.running == 0


async def test_r16_a_camera_without_a_small_stream_is_marked_smaller(clock: MovingClock) -> None:
    stream = stream_of(encoded(frames=3, size=(1920, 1080)))
    with open_renditions(clock) as renditions:
        async with marked(renditions, "drainage D15", stream) as reader:
            await reader.until(3)
    assert [one.shape for one in pictures(reader.packets)] == [(540, 960, 3)] * 3


async def test_a_rendition_that_falls_behind_goes_on_at_a_keyframe_and_counts_it(
    clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renditions_module, "WAITING", 5)
    stream = stream_of(PICTURES)
    with open_renditions(clock) as renditions:
        async with marked(renditions, "drainage D15", stream) as reader:
            await asyncio.sleep(0)
            for packet in encoded(frames=31, size=(640, 360))[20:]:
                stream.take(packet)
            await reader.until(1)
        assert renditions.skipped > 0
    assert reader.packets[0].keyframe


async def test_a_stream_that_changes_its_size_is_described_anew(clock: MovingClock) -> None:
    stream = stream_of(PICTURES)
    with open_renditions(clock) as renditions:
        async with marked(renditions, "drainage D15", stream) as reader:
            await reader.until(10)
            stream.begin()
            for packet in encoded(frames=5, size=(352, 288)):
                stream.take(packet)
            await reader.until(15)
    assert [(one.width, one.height) for one in reader.descriptions] == [(640, 360), (352, 288)]
    assert len({packet.generation for packet in reader.packets}) == 2
