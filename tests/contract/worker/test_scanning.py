"""A worker scans: it finds the sample's devices by probe and by knocking, and nothing that is no camera."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.domain.scans import FoundDevice, Scan
from gateway.fleet.wire_scans import (
    MAX_FOUND,
    Scanned,
    scan_from_json,
    scan_to_json,
    scanned_from_json,
    scanned_to_json,
)
from gateway.worker.scanning import scan


async def _serve(port: int, answers: Callable[[bytes], bytes]) -> asyncio.Server:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers(await reader.read(4096)))
        await writer.drain()
        writer.close()

    return await asyncio.start_server(talk, "127.0.0.1", port)


def _rtsp(asked: bytes) -> bytes:
    return b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"


def _onvif(asked: bytes) -> bytes:
    if b"GetSystemDateAndTime" not in asked:
        return b"HTTP/1.1 400 Bad Request\r\n\r\n"
    return b'HTTP/1.1 200 OK\r\n\r\n<Envelope xmlns:tds="http://www.onvif.org/ver10/device/wsdl"/>'


def _web(asked: bytes) -> bytes:
    return b"HTTP/1.1 404 Not Found\r\n\r\nnothing here"


def _endless(asked: bytes) -> bytes:
    return b"A" * 1_000_000


async def test_a_range_is_knocked_at_and_only_cameras_are_found(free_ports: Callable[[int], list[int]]) -> None:
    rtsp, onvif, web, endless, closed = free_ports(5)
    servers = [
        await _serve(port, answers)
        for port, answers in ((rtsp, _rtsp), (onvif, _onvif), (web, _web), (endless, _endless))
    ]
    try:
        found = await scan(Scan(("127.0.0.1",), (rtsp, onvif, web, endless, closed)))
    finally:
        for server in servers:
            server.close()
    own = {(one.port, one.scheme) for one in found.devices if one.host == "127.0.0.1"}
    assert own == {(rtsp, "rtsp"), (onvif, "onvif")}


def test_scans_travel_whole() -> None:
    wish = Scan(("192.168.1.1", "192.168.1.2"), (80, 554), loopback=True)
    assert scan_from_json(scan_to_json(7, wish)) == wish
    device = FoundDevice("192.168.1.1", 554, "rtsp", "门口")
    assert scanned_from_json(scanned_to_json(7, Scanned((device,) * (MAX_FOUND + 5)))) == Scanned((device,) * MAX_FOUND)
