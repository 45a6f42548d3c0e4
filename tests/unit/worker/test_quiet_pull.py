"""How a source lets go of a device that sends nothing, and how few threads it leaves behind; no second is counted."""

import asyncio
import threading
from contextlib import contextmanager

import pytest

from adapters.rtsp import Busy
from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.ports import DeviceAddress, Unavailable
from gateway.worker.breaker import Gates
from gateway.worker.handoff import Handoff
from gateway.worker.pulling import Pull
from gateway.worker.source import MOST_LEFT, QUIET, Source
from gateway.worker.stream import Stream
from tests.hand_clock import HandClock
from tests.peers.worker_process import until


class Stalled:
    """A device that takes every connection and sends so many packets; its reads end when the test lets them."""

    clock_offset = None

    def __init__(self, count: int = 0) -> None:
        self._count = count
        self.opened = 0
        self.over = threading.Event()

    @contextmanager
    def open(self, address, credential):
        self.opened += 1
        yield self

    def packets(self):
        for index in range(self._count):
            yield Packet(index, True, b"\x00\x00\x00\x01\x65", float(index))
        self.over.wait()

    def close(self) -> None:
        """Changes nothing, as with a read that nothing comes for."""


class Looked(Stream):
    """A stream on which something has come at each of so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__(StreamKey("c", StreamKind.SUB), lambda: None)
        self.looks = looks

    @property
    def received(self) -> int:
        self.looks -= self.looks > 0
        return -self.looks

    @received.setter
    def received(self, count: int) -> None:
        pass


def sourced(device: Stalled, stream: Stream | None = None, pulls: list[Pull] | None = None) -> Source:
    async def address() -> DeviceAddress:
        return DeviceAddress("rtsp", "h", 554, "/")

    return Source(
        stream or Stream(StreamKey("c", StreamKind.SUB), lambda: None),
        Gates(HandClock()).of("h", 554, None, None),
        None,
        address,
        lambda: None,
        Handoff(asyncio.get_running_loop(), lambda: None),
        device,
        look_seconds=0.001,
        pulls=pulls,
    )


@pytest.fixture
def stalled():
    device = Stalled()
    yield device
    device.over.set()


async def test_a_device_that_never_sent_anything_is_let_go_and_left_alone_for_longer(stalled):
    with pytest.raises(Busy, match=QUIET):
        await sourced(stalled)._pull_once()


async def test_one_that_sent_is_asked_for_as_long_as_something_comes_and_then_again_soon(stalled):
    stream = Looked(40)
    with pytest.raises(Unavailable, match=QUIET) as caught:
        await sourced(stalled, stream)._pull_once()
    assert type(caught.value) is Unavailable
    assert stream.looks == 0


async def test_a_device_that_stalls_again_and_again_is_not_dialled_while_too_many_still_read(stalled):
    clock = HandClock()
    source = sourced(stalled)
    running = asyncio.get_running_loop().create_task(source.run(clock, "t"))
    await until(lambda: len(clock.slept) > 4 * MOST_LEFT)
    assert stalled.opened == MOST_LEFT
    stalled.over.set()
    await until(lambda: stalled.opened > MOST_LEFT)
    running.cancel()


async def test_what_still_reads_counts_for_whoever_wants_the_stream_next(stalled):
    pulls: list[Pull] = []
    for _ in range(MOST_LEFT + 3):
        with pytest.raises(Unavailable, match=QUIET):
            await sourced(stalled, pulls=pulls)._pull_once()
    assert stalled.opened == len(pulls) == MOST_LEFT
