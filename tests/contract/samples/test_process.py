"""The sample cameras as the process that people run."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.samples.faults import switch
from gateway.samples.running import SampleOptions, open_sample_cameras

PATIENCE = 60.0


async def begin(config_dir: Path, tmp_path: Path, ports: list[int]) -> asyncio.subprocess.Process:
    (tmp_path / "password").write_text("only-for-this-test\n", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.samples", "--config-dir", str(config_dir / "sample")),
        *("--password-file", str(tmp_path / "password"), "--port", str(ports[0]), "--onvif-port", str(ports[1])),
        *("--control", f"unix:{tmp_path}/control"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    assert line.decode().startswith("119 sample cameras on 41 devices")
    return process


@pytest.mark.peer("ffmpeg")
async def test_ffprobe_plays_it_and_a_signal_ends_it(
    config_dir: Path, tmp_path: Path, free_ports: Callable[[int], list[int]]
) -> None:
    ports = free_ports(2)
    process = await begin(config_dir, tmp_path, ports)
    try:
        await asyncio.to_thread(switch, f"{tmp_path}/control", "TZ-001-001", "black", True)
        url = f"rtsp://viewer:only-for-this-test@127.20.1.1:{ports[0]}/Streaming/Channels/101"
        asked = (
            "-v",
            "error",
            "-rtsp_transport",
            "tcp",
            "-show_entries",
            "stream=codec_name,width,height",
            "-of",
            "csv",
        )
        ffprobe = await asyncio.create_subprocess_exec("ffprobe", *asked, url, stdout=asyncio.subprocess.PIPE)
        output, _ = await asyncio.wait_for(ffprobe.communicate(), PATIENCE)
        assert output.decode().strip() == "stream,h264,1280,720"
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert errors.decode().splitlines() == ["sample cameras stopped"]


async def test_an_address_in_use_is_said_in_one_line(
    config_dir: Path, tmp_path: Path, free_ports: Callable[[int], list[int]]
) -> None:
    ports = free_ports(2)
    options = SampleOptions(config_dir / "sample", "x", cameras=1, port=ports[0], onvif_port=ports[1])
    (tmp_path / "password").write_text("x", encoding="utf-8")
    async with open_sample_cameras(options):
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "gateway.samples",
                "--config-dir",
                str(config_dir / "sample"),
                "--port",
                str(ports[0]),
            ),
            *("--onvif-port", str(ports[1]), "--password-file", str(tmp_path / "password")),
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 1
    assert errors.decode().startswith("the sample cameras cannot listen: ")
