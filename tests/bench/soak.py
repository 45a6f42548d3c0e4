"""``python -m tests.bench.soak --minutes 10``: the sample district at work, watched for growth.

After a warm-up the gateway and its workers must keep memory, descriptors and threads within bounds while viewers
come and go. Exit code 1 says what grew.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass

import psutil
import websockets

from tests.bench.district import fresh_district, wait_online
from tests.bench.processes import of_the_product, pss_megabytes
from tests.running import District, items

WARM_SECONDS = 90
EVERY_SECONDS = 15
MEMORY_GROWTH = 1.15
HANDLE_GROWTH = 25


@dataclass(frozen=True, slots=True)
class Level:
    """What the product holds at one moment: PSS in megabytes, descriptors, threads, processes."""

    memory: float
    descriptors: int
    threads: int
    processes: int


def level(product: list[psutil.Process]) -> Level:
    """The level now."""
    return Level(
        pss_megabytes(product),
        sum(process.num_fds() for process in product),
        sum(process.num_threads() for process in product),
        len(product),
    )


async def visit(district: District, camera: str, cookie: str) -> None:
    """A viewer who looks for two seconds and leaves."""
    url = district.base_url.replace("http", "ws", 1) + f"/api/v1/cameras/{camera}/live?stream=sub&purpose=PS-ORDER"
    async with websockets.connect(url, additional_headers={"Cookie": cookie}, max_size=None) as socket:
        until = time.monotonic() + 2
        while time.monotonic() < until:
            await socket.recv()


async def busy(district: District, seconds: float, cookie: str, cameras: list[str]) -> int:
    """Viewers, eight at a time, over all cameras in turn; how many came."""
    until, came = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        async with asyncio.TaskGroup() as group:
            for turn in range(8):
                group.create_task(visit(district, cameras[(came + turn) % len(cameras)], cookie))
        came += 8
    return came


def grown(first: Level, last: Level) -> list[str]:
    """What is larger than it may be."""
    found = []
    if last.memory > first.memory * MEMORY_GROWTH:
        found.append(f"memory: {first.memory:.0f} to {last.memory:.0f} MB")
    if last.descriptors > first.descriptors + HANDLE_GROWTH:
        found.append(f"descriptors: {first.descriptors} to {last.descriptors}")
    if last.threads > first.threads + HANDLE_GROWTH:
        found.append(f"threads: {first.threads} to {last.threads}")
    if last.processes != first.processes:
        found.append(f"processes: {first.processes} to {last.processes}")
    return found


def main() -> int:
    """0 if nothing grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    with fresh_district() as district:
        with district.client("district") as client:
            wait_online(client)
            cameras = [camera["id"] for camera in items(client, "/api/v1/cameras", state="online")]
        cookie = f"seg_session={district.cookie('district')}"
        asyncio.run(busy(district, WARM_SECONDS, cookie, cameras))
        product = of_the_product(district.process.pid)
        first = last = level(product)
        until, came = time.monotonic() + 60 * minutes, 0
        while time.monotonic() < until:
            came += asyncio.run(busy(district, EVERY_SECONDS, cookie, cameras))
            last = level(of_the_product(district.process.pid))
            sys.stdout.write(f"{came} viewers came and went; {last}\n")
            sys.stdout.flush()
    found = grown(first, last)
    sys.stdout.write("nothing grew\n" if not found else "grew: " + "; ".join(found) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
