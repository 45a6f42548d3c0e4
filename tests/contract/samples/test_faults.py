"""Every fault switch does what it says, and what it says can be taken back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import av
import numpy as np
import pytest

from gateway.samples.faults import Fault, switch
from gateway.samples.running import SampleDistrict
from tests.contract.samples.conftest import PASSWORD, Opening
from tests.contract.samples.rtsp_client import PATIENCE, Client, connected
from tests.contract.samples.test_rtsp import url_of

CAMERA = "TZ-001-001"


def decoded(url: str, count: int) -> list[np.ndarray]:
    """So many decoded pictures, brightness only."""
    shown: list[np.ndarray] = []
    options = {"rtsp_transport": "tcp", "analyzeduration": "200000", "probesize": "200000"}
    with av.open(url, options=options, timeout=(PATIENCE, None)) as container:
        for frame in container.decode(container.streams.video[0]):
            shown.append(frame.to_ndarray(format="gray"))
            if len(shown) == count:
                break
    return shown


async def watch(district: SampleDistrict, count: int, kind: str = "sub") -> list[np.ndarray]:
    url = url_of(district, CAMERA, kind, f"viewer:{PASSWORD}@")
    return await asyncio.to_thread(decoded, url, count)


def playing(district: SampleDistrict) -> tuple[str, int, str]:
    return district.devices[0].host, district.rtsp_port, PASSWORD


@pytest.mark.parametrize("kind", ["main", "sub"])
async def test_a_black_camera_is_black(opened: Opening, kind: str) -> None:
    async with opened() as district:
        district.switch(CAMERA, Fault.BLACK, True)
        shown = await watch(district, 12, kind)
        assert max(float(picture.mean()) for picture in shown) < 25


async def test_a_covered_camera_shows_something_smooth(opened: Opening) -> None:
    async with opened() as district:
        before = await watch(district, 1)
        district.switch(CAMERA, Fault.COVER, True)
        shown = await watch(district, 12)
        assert all(40 < float(picture.mean()) < 140 for picture in shown)
        assert float(shown[-1].std()) < 0.5 * float(before[0].std())
        assert not np.array_equal(shown[-1], shown[-2])


async def test_a_frozen_camera_shows_one_picture(opened: Opening) -> None:
    async with opened() as district:
        district.switch(CAMERA, Fault.FREEZE, True)
        shown = await watch(district, 30)
        assert float(shown[0].std()) > 20
        assert all(np.array_equal(shown[0], picture) for picture in shown[1:])


async def test_a_fault_is_taken_back(opened: Opening) -> None:
    async with opened() as district:
        district.switch(CAMERA, Fault.BLACK, True)
        assert float((await watch(district, 1))[0].mean()) < 25
        district.switch(CAMERA, Fault.BLACK, False)
        assert float((await watch(district, 1))[0].mean()) > 40


async def stays_silent(client: Client, seconds: float) -> bool:
    try:
        await asyncio.wait_for(client.reader.readexactly(1), seconds)
    except TimeoutError:
        return True
    return False


async def test_silence_keeps_the_connection_and_says_nothing(opened: Opening) -> None:
    async with opened() as district:
        url = url_of(district, CAMERA)
        async with connected(*playing(district)) as client:
            await client.play(url)
            await client.packet()
            district.switch(CAMERA, Fault.SILENCE, True)
            while not await stays_silent(client, 1.0):
                continue
            district.switch(CAMERA, Fault.SILENCE, False)
            assert not await stays_silent(client, PATIENCE)


async def test_a_dropped_device_hangs_up_and_takes_nobody(opened: Opening) -> None:
    async with opened() as district:
        async with connected(*playing(district)) as client:
            await client.play(url_of(district, CAMERA))
            district.switch("NVR-001", Fault.DROP, True)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await client.packets_for_ever()
        async with connected(*playing(district)) as client:
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await client.ask("OPTIONS", url_of(district, CAMERA))
        district.switch("NVR-001", Fault.DROP, False)
        async with connected(*playing(district)) as client:
            await client.play(url_of(district, CAMERA))


async def test_one_channel_of_a_recorder_is_dropped_alone(opened: Opening) -> None:
    async with opened() as district:
        device = district.devices[0]
        other = next(c for c in device.cameras if c != CAMERA)
        district.switch(CAMERA, Fault.DROP, True)
        async with connected(*playing(district)) as client:
            assert (await client.describe(url_of(district, CAMERA))).status == 503
            await client.play(url_of(district, other))


async def test_a_changed_password_refuses_everybody(opened: Opening) -> None:
    async with opened() as district:
        district.switch("NVR-001", Fault.WRONG_PASSWORD, True)
        async with connected(*playing(district)) as client:
            assert (await client.describe(url_of(district, CAMERA))).status == 401
        district.switch("NVR-001", Fault.WRONG_PASSWORD, False)
        async with connected(*playing(district)) as client:
            assert (await client.describe(url_of(district, CAMERA))).status == 200


async def test_no_bandwidth_is_453(opened: Opening) -> None:
    async with opened() as district:
        district.switch(CAMERA, Fault.NO_BANDWIDTH, True)
        async with connected(*playing(district)) as client:
            assert (await client.describe(url_of(district, CAMERA))).status == 200
            assert (await client.set_up(url_of(district, CAMERA))).status == 453


async def test_garbage_is_not_a_picture(opened: Opening) -> None:
    async with opened() as district:
        district.switch(CAMERA, Fault.GARBAGE, True)
        tape = next(c for c in district.cameras if c.id == CAMERA).tape("sub")
        payloads = {unit.data[start + 10 :][:64] for unit in tape.units for start in unit.starts}
        async with connected(*playing(district)) as client:
            await client.play(url_of(district, CAMERA))
            for _ in range(20):
                channel, packet = await client.packet()
                assert channel == 1 or packet[12:][:64] not in payloads


async def test_a_time_jump_shows_in_the_stamps(opened: Opening) -> None:
    async with opened() as district, connected(*playing(district)) as client:
        await client.play(url_of(district, CAMERA))

        async def stamp() -> int:
            channel, packet = await client.packet()
            return await stamp() if channel else int.from_bytes(packet[4:8], "big")

        before = await stamp()
        district.switch(CAMERA, Fault.TIME_JUMP, True)
        gone = 0
        while gone < 3600 * 90_000:
            gone = (await stamp() - before) & 0xFFFFFFFF
        assert gone < 3600 * 90_000 + 60 * 90_000


async def test_a_slow_camera_sends_in_bursts(opened: Opening) -> None:
    async with opened() as district, connected(*playing(district)) as client:
        await client.play(url_of(district, CAMERA))
        district.switch(CAMERA, Fault.SLOW, True)
        stamps: list[int] = []
        while not await stays_silent(client, 0.4):
            await client.rest_of_packet()
        patience = PATIENCE
        while not await stays_silent(client, patience):
            channel, packet = await client.rest_of_packet()
            patience = 0.4
            if channel == 0:
                stamps.append(int.from_bytes(packet[4:8], "big"))
        assert len(set(stamps)) == 10


async def test_the_switches_work_through_their_socket(opened: Opening, tmp_path: Path) -> None:
    control = f"unix:{tmp_path}/control"
    async with opened(control=control) as district:
        camera = next(c for c in district.cameras if c.id == CAMERA)
        assert (tmp_path / "control").stat().st_mode & 0o777 == 0o600
        await asyncio.to_thread(switch, control, CAMERA, "freeze", True)
        assert camera.faults == {Fault.FREEZE}
        await asyncio.to_thread(switch, control, CAMERA, Fault.FREEZE, False)
        assert not camera.faults
        with pytest.raises(ValueError, match="no camera or device"):
            await asyncio.to_thread(switch, control, "TZ-999-999", "freeze", True)
        with pytest.raises(ValueError, match="melt"):
            await asyncio.to_thread(switch, control, CAMERA, "melt", True)
    assert not (tmp_path / "control").exists()
