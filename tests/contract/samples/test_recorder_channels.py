"""A recorder of 21 channels asked by ONVIF: each camera is pulled from its own channel."""

from __future__ import annotations

import asyncio

import pytest

from adapters import onvif
from gateway.clock import SystemClock
from gateway.domain.cameras import CameraState
from gateway.domain.packets import StreamKind
from gateway.fleet.wire import AssignedCamera
from gateway.ports import Credential, Unavailable
from gateway.samples.device import SampleDevice
from gateway.samples.running import SampleDistrict
from gateway.worker.breaker import Gates
from gateway.worker.camera import Camera, Trade
from gateway.worker.handoff import Handoff
from tests.contract.samples.conftest import PASSWORD, Opening

ACCOUNT = Credential("viewer", PASSWORD)


def largest(district: SampleDistrict) -> SampleDevice:
    return max(district.devices, key=lambda device: len(device.cameras))


async def test_every_channel_has_its_own_addresses_and_one_more_is_not_there(opened: Opening) -> None:
    async with opened(cameras=119) as district:
        recorder = largest(district)
        for number, camera in enumerate(recorder.cameras.values(), start=1):
            found = await onvif.resolve(recorder.host, district.onvif_port, ACCOUNT, number)
            paths = (found[StreamKind.MAIN].path, found[StreamKind.SUB].path)
            assert paths == (camera.channel.main, camera.channel.sub)
            assert {address.port for address in found.values()} == {district.rtsp_port}
        with pytest.raises(Unavailable, match="the recorder has 21 video channels, and no channel 22"):
            await onvif.resolve(recorder.host, district.onvif_port, ACCOUNT, 22)


async def test_a_camera_of_channel_five_is_pulled_from_channel_five(opened: Opening) -> None:
    async with opened(cameras=119) as district:
        recorder = largest(district)
        loop = asyncio.get_running_loop()
        clock = SystemClock()
        trade = Trade(clock, Gates(clock), Handoff(loop, lambda: None), lambda camera_id: None)
        assigned = AssignedCamera(
            camera_id="c",
            name="c",
            scheme="onvif",
            host=recorder.host,
            rtsp_port=554,
            onvif_port=district.onvif_port,
            streams=(),
            username=ACCOUNT.username,
            password=ACCOUNT.password,
            recorder_id=recorder.device.id,
            channel=5,
        )
        camera = Camera(assigned, trade)
        running = asyncio.create_task(camera.run())
        async with asyncio.timeout(60):
            while camera.watched.state is not CameraState.ONLINE:  # noqa: ASYNC110 - what a thread does is waited for
                await asyncio.sleep(0.05)
        pulled = [other.channel.number for other in recorder.cameras.values() if other.players]
        running.cancel()
        assert pulled == [5]
