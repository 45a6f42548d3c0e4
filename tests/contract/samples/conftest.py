from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.samples.running import SampleDistrict, SampleOptions, open_sample_cameras

PASSWORD = "only-for-this-test"
Opening = Callable[..., AbstractAsyncContextManager[SampleDistrict]]


@pytest.fixture
def opened(config_dir: Path, free_ports: Callable[[int], list[int]]) -> Opening:
    """Opens a few sample cameras on free ports: the first four and the incidents' by default."""

    @asynccontextmanager
    async def opening(**changes: Any) -> AsyncIterator[SampleDistrict]:
        rtsp, onvif = free_ports(2)
        options: dict[str, Any] = {
            "config_dir": config_dir / "sample",
            "password": PASSWORD,
            "port": rtsp,
            "onvif_port": onvif,
            "cameras": 4,
            "discovery": False,
        }
        async with open_sample_cameras(SampleOptions(**(options | changes))) as district:
            yield district

    return opening
