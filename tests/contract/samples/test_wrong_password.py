"""How often a real worker knocks at a recorder of 32 channels that does not take its password."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

from gateway.domain.cameras import CameraState, StreamAddress
from gateway.domain.packets import StreamKind
from gateway.fleet.wire import AssignedCamera
from gateway.samples.device import SampleDevice
from gateway.samples.digest import Verdict
from gateway.samples.faults import Fault
from gateway.samples.running import SampleDistrict
from tests.contract.samples.conftest import PASSWORD, Opening
from tests.peers.worker_process import Heard, linked, until, worker

CHANNELS = 32


def wrong_attempts(device: SampleDevice) -> list[str]:
    """Grows by one with every sign-in that the device refuses."""
    seen: list[str] = []
    check = device.gate.check

    def counted(method: str, header: str | None) -> Verdict:
        verdict = check(method, header)
        if verdict is Verdict.BAD:
            seen.append(method)
        return verdict

    device.gate.check = counted  # type: ignore[method-assign]
    return seen


def channels(district: SampleDistrict, device: SampleDevice, password: str) -> list[AssignedCamera]:
    """All 32 are taken, those without a sample camera show another's picture."""
    return [
        AssignedCamera(
            f"C{number}",
            camera.id,
            "rtsp",
            device.host,
            district.rtsp_port,
            None,
            (StreamAddress(StreamKind.SUB, camera.channel.sub),),
            "viewer",
            password,
            device.device.max_opens,
            device.device.id,
            "road",
            None,
        )
        for number, camera in zip(range(CHANNELS), cycle(device.cameras.values()), strict=False)
    ]


def all_are(heard: Heard, state: CameraState) -> bool:
    return [report.state for report in heard.statuses.values()] == [state] * CHANNELS


async def test_32_channels_with_a_wrong_password_are_one_failed_sign_in(opened: Opening, tmp_path: Path) -> None:
    async with opened(cameras=None) as district:
        device = max(district.devices, key=lambda one: len(one.cameras))
        wrong = wrong_attempts(device)
        with worker(tmp_path):
            heard = Heard()
            async with linked(tmp_path, heard) as link:
                await link.assign(channels(district, device, "not it"), [], 0.5)
                await until(lambda: all_are(heard, CameraState.REFUSED))
                assert len(wrong) == 1
                assert all("user name and password" in report.reason for report in heard.statuses.values())


async def test_a_password_changed_under_32_running_streams_is_one_failed_sign_in(
    opened: Opening, tmp_path: Path
) -> None:
    async with opened(cameras=None) as district:
        device = max(district.devices, key=lambda one: len(one.cameras))
        wrong = wrong_attempts(device)
        with worker(tmp_path):
            heard = Heard()
            async with linked(tmp_path, heard) as link:
                await link.assign(channels(district, device, PASSWORD), [], 0.5)
                await until(lambda: len(heard.statuses) == CHANNELS and all_are(heard, CameraState.ONLINE))
                district.switch(device.device.id, Fault.WRONG_PASSWORD, True)
                await until(lambda: all_are(heard, CameraState.REFUSED))
                assert len(wrong) == 1
