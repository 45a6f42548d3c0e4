"""The RTSP adapter against the sample cameras: the same contract as against a server we did not write."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from adapters import bitstream
from adapters.rtsp import RtspAdapter
from gateway.domain.packets import Packet
from gateway.ports import Credential, DeviceAddress, Refused, Unavailable
from gateway.samples.faults import Fault
from gateway.samples.players import WRONG_BY_SECONDS
from tests.contract.samples.conftest import PASSWORD, Opening


def taken(address: DeviceAddress, count: int, password: str = PASSWORD) -> list[Packet]:
    """The first packets of a stream."""
    packets: list[Packet] = []
    with RtspAdapter().open(address, Credential("viewer", password)) as connection:
        for packet in connection.packets():
            packets.append(packet)
            if len(packets) == count:
                connection.close()
                break
    return packets


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("stream", "size"), [("sub", (640, 360)), ("main", (1280, 720))])
async def test_packets_are_in_order_and_begin_at_a_keyframe(
    opened: Opening, stream: str, size: tuple[int, int], transport: str
) -> None:
    async with opened() as district:
        device = district.devices[0]
        camera = next(iter(device.cameras.values()))
        address = DeviceAddress("rtsp", device.host, district.rtsp_port, getattr(camera.channel, stream), transport)
        packets = await asyncio.to_thread(taken, address, 25)
    assert packets[0].keyframe
    assert {packet.codec for packet in packets} == {"h264"}
    assert all(later.pts > earlier.pts for earlier, later in pairwise(packets))
    for key in (packet for packet in packets if packet.keyframe):
        sets = bitstream.parameter_sets(key.data, "h264")
        assert bitstream.complete(sets, "h264")
        assert bitstream.picture_size(sets, "h264") == size


async def test_what_a_sample_camera_refuses_is_said_as_of_any_device(opened: Opening) -> None:
    async with opened() as district:
        device = district.devices[0]
        camera = next(iter(device.cameras.values()))
        there = DeviceAddress("rtsp", device.host, district.rtsp_port, camera.channel.sub)
        with pytest.raises(Refused) as caught:
            await asyncio.to_thread(taken, there, 1, "wrong-secret")
        assert "secret" not in str(caught.value)
        nowhere = DeviceAddress("rtsp", device.host, district.rtsp_port, "/nothing")
        with pytest.raises(Unavailable, match="404"):
            await asyncio.to_thread(taken, nowhere, 1)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_clock_that_is_wrong_is_told_and_one_that_is_right_too(opened: Opening, transport: str) -> None:
    async with opened() as district:
        device = district.devices[0]
        camera = next(iter(device.cameras.values()))
        address = DeviceAddress("rtsp", device.host, district.rtsp_port, camera.channel.sub, transport)
        assert abs(await asyncio.to_thread(clock_of, address)) < 5
        district.switch(camera.channel.camera_id, Fault.WRONG_CLOCK, True)
        assert abs(await asyncio.to_thread(clock_of, address) - WRONG_BY_SECONDS) < 5


def clock_of(address: DeviceAddress) -> float:
    """By how much the device's clock is ahead, as its stream tells."""
    with RtspAdapter().open(address, Credential("viewer", PASSWORD)) as connection:
        for _ in connection.packets():
            if connection.clock_offset is not None:
                return connection.clock_offset
    raise AssertionError("the stream ended before it told the time")
