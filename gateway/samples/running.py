"""The sample cameras' process: every device of the plan with its RTSP port, its ONVIF port and its fault switches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.samples.clockwork import Clockwork
from gateway.samples.control import serve_control
from gateway.samples.device import SLOTS, SampleCamera, SampleDevice
from gateway.samples.digest import NONCE_SECONDS, Gate
from gateway.samples.discovery import answer_probes
from gateway.samples.faults import Fault
from gateway.samples.onvif_http import serve_onvif
from gateway.samples.plan import Plan, read_plan
from gateway.samples.players import Tally
from gateway.samples.rtsp import RtspConnection
from gateway.samples.tape import Shelf


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """What ``run_sample_cameras`` needs.

    ``cameras`` limits to the first so many by id, always with the incidents'. ``port`` and ``onvif_port`` None take the
    plan's. ``control`` is the path of the fault switches' Unix socket, with or without ``unix:``. ``pace`` above one
    replays faster, for tests. ``ready`` is called once everything listens.
    """

    config_dir: Path
    password: str
    cameras: int | None = None
    port: int | None = None
    onvif_port: int | None = None
    control: str | None = None
    discovery: bool = True
    pace: float = 1.0
    nonce_seconds: float = NONCE_SECONDS
    ready: Callable[[str], None] | None = None


class SampleDistrict:
    """All sample devices while they run."""

    def __init__(self, plan: Plan, options: SampleOptions) -> None:
        shelf = Shelf(options.config_dir / "footage")
        self.plan = plan
        self.tally = Tally()
        self.rtsp_port = options.port or plan.rtsp_port
        self.onvif_port = options.onvif_port or plan.onvif_port
        self.devices: list[SampleDevice] = []
        for ordinal, device in enumerate(plan.devices):
            gate = Gate(device.id, plan.username, options.password, nonce_seconds=options.nonce_seconds)
            self.devices.append(SampleDevice(device, shelf, gate, options.password, ordinal % SLOTS))
        self.clockwork = Clockwork(self.cameras, pace=options.pace)

    @property
    def cameras(self) -> list[SampleCamera]:
        """Every camera."""
        return [camera for device in self.devices for camera in device.cameras.values()]

    def switch(self, target: str, fault: Fault, on: bool) -> None:
        """Switches a fault of a camera or of a whole device. Raises ValueError if there is no such one."""
        touched = [(d, c) for d in self.devices for c in d.cameras.values() if target in (c.id, d.device.id)]
        if not touched:
            raise ValueError(f"there is no camera or device {target}")
        for device, camera in touched:
            (camera.faults.add if on else camera.faults.discard)(fault)
            device.gate.locked = any(Fault.WRONG_PASSWORD in c.faults for c in device.cameras.values())
            if on and fault in (Fault.DROP, Fault.WRONG_PASSWORD):
                for player in tuple(camera.players):
                    player.end()


@asynccontextmanager
async def open_sample_cameras(options: SampleOptions) -> AsyncIterator[SampleDistrict]:
    """The sample cameras, listening and ticking while the block runs. Raises OSError if an address is taken."""
    plan = read_plan(options.config_dir / "plan.yaml", options.cameras)
    district = SampleDistrict(plan, options)
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        for device in district.devices:
            server = await loop.create_server(
                lambda device=device: RtspConnection(device, district.clockwork.next_tick, district.tally),  # type: ignore[misc]
                device.host,
                district.rtsp_port,
                backlog=128,
            )
            stack.callback(_close, server, device)
            await stack.enter_async_context(serve_onvif(device, district.onvif_port, district.rtsp_port))
        if options.control:
            await stack.enter_async_context(serve_control(options.control.removeprefix("unix:"), district.switch))
        if options.discovery:
            await stack.enter_async_context(answer_probes(district.devices, district.onvif_port))
        async with asyncio.TaskGroup() as group:
            ticking = group.create_task(district.clockwork.run())
            try:
                yield district
            finally:
                ticking.cancel()


def _close(server: asyncio.Server, device: SampleDevice) -> None:
    server.close()
    for camera in device.cameras.values():
        for player in tuple(camera.players):
            player.end()


async def run_sample_cameras(options: SampleOptions) -> None:
    """Runs the sample cameras until it is cancelled."""
    async with open_sample_cameras(options) as district:
        if options.ready is not None:
            counts = f"{len(district.cameras)} sample cameras on {len(district.devices)} devices"
            options.ready(f"{counts}, RTSP port {district.rtsp_port}")
        await asyncio.Event().wait()
