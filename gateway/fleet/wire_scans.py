"""Scanning a network for devices, as it travels: a gateway asks, any worker looks and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gateway.domain.scans import MAX_ADDRESSES, MAX_PORTS, FoundDevice, Scan
from gateway.fleet import wire
from gateway.ports import Json

MAX_FOUND = 2048


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found."""

    devices: tuple[FoundDevice, ...]


def scan_to_json(request: int, scan: Scan) -> Json:
    """The wish that a network be scanned."""
    return {
        "type": "scan",
        "request": request,
        "addresses": list(scan.addresses),
        "ports": list(scan.ports),
        "loopback": scan.loopback,
    }


def scan_from_json(message: Mapping[str, Any]) -> Scan:
    """What is to be scanned. Raises ``WireError``."""
    addresses = [wire.text({"a": one}, "a", 64) for one in wire.items(message, "addresses", MAX_ADDRESSES)]
    ports = [wire.whole({"p": one}, "p", 1, 65535) for one in wire.items(message, "ports", MAX_PORTS)]
    return Scan(tuple(addresses), tuple(ports), message.get("loopback") is True)


def scanned_to_json(request: int, scanned: Scanned) -> Json:
    """What was found."""
    return {"type": "scanned", "request": request, "devices": [asdict(one) for one in scanned.devices[:MAX_FOUND]]}


def scanned_from_json(message: Mapping[str, Any]) -> Scanned:
    """What was found. Raises ``WireError``."""
    found = [wire.mapping(raw, "device") for raw in wire.items(message, "devices", MAX_FOUND)]
    return Scanned(tuple(_device(one) for one in found))


def _device(message: Mapping[str, Any]) -> FoundDevice:
    return FoundDevice(
        host=wire.text(message, "host", 255),
        port=wire.whole(message, "port", 1, 65535),
        scheme="rtsp" if message.get("scheme") == "rtsp" else "onvif",
        name=wire.text(message, "name", 128),
    )
