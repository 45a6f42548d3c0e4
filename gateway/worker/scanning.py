"""Scanning: asks the network, and an address range, which cameras are there."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import structlog

from adapters import discovery
from adapters.knocking import knock
from gateway.domain.scans import FoundDevice, Scan
from gateway.fleet.wire_scans import MAX_FOUND, Scanned

log = structlog.get_logger(__name__)

PARALLEL = 64
SCAN_SECONDS = 40.0
"""After so long what was found so far is the answer."""
LISTEN_SECONDS = 2.5


async def scan(wish: Scan) -> Scanned:
    """What answers a WS-Discovery probe, and what speaks ONVIF or RTSP in the range; nothing in a silent network."""
    found: dict[tuple[str, int], FoundDevice] = {}
    turn = asyncio.Semaphore(PARALLEL)

    async def knocked(host: str, port: int) -> None:
        async with turn:
            scheme = await knock(host, port)
        if scheme is not None and len(found) < MAX_FOUND:
            found.setdefault((host, port), FoundDevice(host, port, scheme, ""))

    async def heard(interface: str) -> None:
        try:
            devices = await discovery.discover(LISTEN_SECONDS, interface=interface)
        except OSError as problem:
            log.info("the network could not be asked", interface=interface, problem=str(problem))
            return
        for device in devices:
            if (named := _named(device)) is not None and len(found) < MAX_FOUND:
                found[named.host, named.port] = named

    try:
        async with asyncio.timeout(SCAN_SECONDS), asyncio.TaskGroup() as group:
            for interface in ("0.0.0.0", "127.0.0.1") if wish.loopback else ("0.0.0.0",):
                group.create_task(heard(interface))
            for host in wish.addresses:
                for port in wish.ports:
                    group.create_task(knocked(host, port))
    except TimeoutError:
        log.info("a scan was cut short", found=len(found))
    return Scanned(tuple(found[key] for key in sorted(found)))


def _named(device: discovery.Found) -> FoundDevice | None:
    """The device at the first of its addresses that has a host."""
    for address in device.addresses:
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError:
            continue
        if host and len(host) <= 64:
            return FoundDevice(host, port or (443 if parts.scheme == "https" else 80), "onvif", device.name[:128])
    return None
