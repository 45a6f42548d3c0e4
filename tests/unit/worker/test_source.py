"""How long a source leaves a device alone, by what the device said; the device is played by the test."""

import asyncio
from contextlib import contextmanager

import pytest

from adapters.rtsp import Busy, Withheld
from gateway.domain.cameras import CameraState
from gateway.domain.packets import StreamKey, StreamKind
from gateway.ports import Credential, DeviceAddress, Refused, Unavailable
from gateway.worker.breaker import SLOW_RETRY_SECONDS, Gates
from gateway.worker.handoff import Handoff
from gateway.worker.source import BUSY_SECONDS, Source
from gateway.worker.stream import Stream
from tests.hand_clock import HandClock

ACCOUNT = Credential("viewer", "secret")
ADDRESS = DeviceAddress("rtsp", "10.0.0.1", 554, "/main")


class Device:
    """A device that answers every opening with that error."""

    def __init__(self, says: Exception) -> None:
        self._says = says

    @contextmanager
    def open(self, address, credential):
        raise self._says
        yield


async def after(says: Exception) -> tuple[Stream, float | None, float]:
    """The stream after one failed opening, how long it waits, and for how long the host is closed."""
    clock = HandClock()
    gates = Gates(clock)
    gate = gates.of(ADDRESS.host, ADDRESS.port, ACCOUNT, None)
    stream = Stream(StreamKey("c", StreamKind.MAIN), lambda: None)
    handoff = Handoff(asyncio.get_running_loop(), lambda: None)

    async def address() -> DeviceAddress:
        return ADDRESS

    source = Source(stream, gate, ACCOUNT, address, lambda: None, handoff, Device(says))
    with pytest.raises(type(says)) as caught:
        await source._pull_once()
    wait = source._failed(caught.value)
    return stream, wait, gates.of(ADDRESS.host, ADDRESS.port, ACCOUNT, None).closed_for()


async def test_a_refused_password_closes_the_host():
    stream, wait, closed = await after(Refused("no"))
    assert stream.state is CameraState.REFUSED
    assert closed == SLOW_RETRY_SECONDS
    assert wait is not None
    assert wait >= closed


async def test_a_stream_that_is_withheld_is_left_alone_and_the_host_stays_open():
    stream, wait, closed = await after(Withheld("not this stream"))
    assert (stream.state, stream.reason) == (CameraState.OFFLINE, "not this stream")
    assert closed == 0
    assert wait is not None
    assert wait >= SLOW_RETRY_SECONDS


async def test_a_busy_device_is_left_alone_for_a_while_and_others_are_tried_as_usual():
    _, wait, closed = await after(Busy("full"))
    assert closed == 0
    assert wait is not None
    assert BUSY_SECONDS / 2 <= wait <= BUSY_SECONDS
    assert (await after(Unavailable("gone")))[1] is None
