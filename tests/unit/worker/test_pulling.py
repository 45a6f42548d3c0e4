import asyncio
import threading
from contextlib import contextmanager

import pytest

from gateway.domain.cameras import CameraState
from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.ports import DeviceAddress, Refused, Unavailable
from gateway.worker import handoff as handoff_module
from gateway.worker.breaker import Gates
from gateway.worker.handoff import Handoff
from gateway.worker.pulling import pulling
from gateway.worker.source import BUSY_SECONDS, Source
from gateway.worker.stream import Stream
from tests.hand_clock import HandClock
from tests.peers.worker_process import until

ADDRESS = DeviceAddress("rtsp", "h", 554, "/")


def packet(index: int) -> Packet:
    return Packet(index, index % 10 == 0, b"\x00\x00\x00\x01\x65", float(index))


class Device:
    """A device that sends packets, then waits, ends or fails."""

    def __init__(self, count: int = 5, error: Exception | None = None, refuses: Exception | None = None) -> None:
        self.count, self.error, self.refuses = count, error, refuses
        self.opened = 0
        self.closed = threading.Event()
        self.clock_offset = None

    @contextmanager
    def open(self, address, credential):
        self.opened += 1
        if self.refuses is not None:
            raise self.refuses
        yield self

    def packets(self):
        for index in range(self.count):
            yield packet(index)
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed.set()


def handoff() -> Handoff:
    return Handoff(asyncio.get_running_loop(), lambda: None)


async def test_packets_come_in_order_and_the_end_is_told():
    taken = []
    device = Device(50)
    async with pulling(lambda: device.open(None, None), taken.append, handoff(), "t") as pull:
        await pull.opened
        await pull.ended
        await until(lambda: len(taken) == 50)
    assert taken == [packet(index) for index in range(50)]


@pytest.mark.parametrize("error", [Unavailable("gone"), ValueError("bug")])
async def test_what_the_device_does_wrong_comes_out(error):
    async with pulling(lambda: Device(3, error).open(None, None), lambda p: None, handoff(), "t") as pull:
        await pull.opened
        with pytest.raises(type(error)):
            await pull.ended


async def test_a_device_that_refuses_never_opens():
    async with pulling(lambda: Device(refuses=Refused("no")).open(None, None), lambda p: None, handoff(), "t") as pull:
        with pytest.raises(Refused):
            await pull.opened


async def test_leaving_closes_and_takes_nothing_more():
    taken = []
    device = Device(5)
    async with pulling(lambda: device.open(None, None), taken.append, handoff(), "t") as pull:
        await pull.opened
    count = len(taken)
    assert device.closed.is_set()
    await asyncio.sleep(0.05)
    assert len(taken) == count


async def test_a_loop_that_hangs_drops_and_counts_and_resumes_at_a_keyframe(monkeypatch):
    monkeypatch.setattr(handoff_module, "MAX_WAITING", 15)
    taken, over = [], handoff()
    device = Device(40)
    with device.open(None, None) as connection:
        from gateway.worker.pulling import Pull

        pull = Pull(lambda: device.open(None, None), taken.append, over)
        thread = threading.Thread(target=pull._pass_on, args=(connection,))
        thread.start()
        thread.join()
    await until(lambda: len(taken) == 15)
    assert [p.pts for p in taken] == list(range(15))
    assert over.dropped > 0
    pull.abandon()


def sourced(device: Device, clock: HandClock):
    stream = Stream(StreamKey("c", StreamKind.SUB), lambda: None)
    forgotten = []

    async def address() -> DeviceAddress:
        return ADDRESS

    gate = Gates(clock).of("h", 554, None, None)
    return stream, Source(stream, gate, None, address, lambda: forgotten.append(1), handoff(), device), forgotten, gate


@pytest.mark.parametrize(
    ("device", "state", "reason"),
    [
        (Device(refuses=Refused("the device does not take it")), CameraState.REFUSED, "does not take"),
        (Device(refuses=Unavailable("no route")), CameraState.OFFLINE, "no route"),
        (Device(0), CameraState.OFFLINE, "ended the stream"),
        (Device(0, ValueError("x")), CameraState.OFFLINE, "failed to read"),
    ],
)
async def test_how_a_stream_stands_after_each_failure(device, state, reason):
    clock = HandClock()
    stream, source, forgotten, _ = sourced(device, clock)
    running = asyncio.get_running_loop().create_task(source.run(clock, "t"))
    await until(lambda: stream.state is state)
    running.cancel()
    assert reason in stream.reason
    assert bool(forgotten) is (state is not CameraState.REFUSED)


async def test_a_refused_account_is_asked_again_only_after_minutes():
    clock = HandClock()
    device = Device(refuses=Refused("no"))
    _, source, _, _ = sourced(device, clock)
    running = asyncio.get_running_loop().create_task(source.run(clock, "t"))
    await until(lambda: device.opened >= 3)
    running.cancel()
    assert min(clock.slept[: device.opened - 1]) >= 300


async def test_a_busy_device_is_left_alone_for_longer():
    from adapters.rtsp import Busy

    clock = HandClock()
    device = Device(refuses=Busy("453"))
    _, source, _, _ = sourced(device, clock)
    running = asyncio.get_running_loop().create_task(source.run(clock, "t"))
    await until(lambda: device.opened >= 3)
    running.cancel()
    assert min(clock.slept[: device.opened - 1]) >= BUSY_SECONDS / 2


class BreaksOnce(Device):
    """A device whose stream ends and which is away from then on, so that nobody is accepted again."""

    def packets(self):
        self.refuses = Unavailable("the device is away")
        return iter(())


async def test_a_stream_that_broke_makes_its_account_be_tried_by_one_again():
    clock = HandClock()
    stream, source, _, gate = sourced(BreaksOnce(0), clock)
    gate.accepted()
    running = asyncio.get_running_loop().create_task(source.run(clock, "t"))
    await until(lambda: stream.state is CameraState.OFFLINE)
    running.cancel()
    tries = []

    async def knock() -> None:
        async with gate.turn():
            tries.append(1)
            await asyncio.sleep(0.01)
            gate.refused()
            raise Refused("the password was changed")

    await asyncio.gather(*(knock() for _ in range(32)), return_exceptions=True)
    assert len(tries) == 1
