"""``python -m gateway.samples --config-dir DIR --password-file F``: the sample cameras as a process."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from gateway.samples.running import SampleOptions, run_sample_cameras


async def until_signalled(options: SampleOptions) -> None:
    """Runs the sample cameras until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()
    assert running is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        await run_sample_cameras(options)
    except asyncio.CancelledError:
        print("sample cameras stopped", file=sys.stderr)


def serve(options: SampleOptions) -> int:
    """The whole process on uvloop; its exit code."""
    try:
        uvloop.run(until_signalled(options))
    except OSError as error:
        print(f"the sample cameras cannot listen: {error}", file=sys.stderr)
        return 1
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit code."""
    parser = argparse.ArgumentParser(description="Replay the sample cameras over RTSP and ONVIF on loopback addresses.")
    parser.add_argument("--config-dir", type=Path, required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--cameras", type=int)
    parser.add_argument("--port", type=int)
    parser.add_argument("--onvif-port", type=int)
    parser.add_argument("--control", help="unix:/path of the fault switches")
    given = parser.parse_args(arguments)
    return serve(
        SampleOptions(
            config_dir=given.config_dir,
            password=given.password_file.read_text(encoding="utf-8").strip(),
            cameras=given.cameras,
            port=given.port,
            onvif_port=given.onvif_port,
            control=given.control,
            ready=lambda line: print(line, flush=True),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
