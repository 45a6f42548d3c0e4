"""The plan: which device at which address replays which tape from which second on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Channel:
    """One camera: the number of its channel, its paths and its tape with the offset in pictures."""

    number: int
    camera_id: str
    tape: str
    offset: int
    main: str
    sub: str


@dataclass(frozen=True, slots=True)
class Device:
    """A recorder or a stand-alone camera at one loopback address."""

    id: str
    host: str
    max_opens: int
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All devices and what they share."""

    username: str
    rtsp_port: int
    onvif_port: int
    devices: tuple[Device, ...]
    incident_cameras: tuple[str, ...]


def read_plan(path: Path, cameras: int | None = None) -> Plan:
    """The plan in that file; with ``cameras``, only the first so many by id and the incidents' ones."""
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    incidents = tuple(str(i["camera"]) for i in raw["incidents"])
    ids = sorted(channel["camera"] for device in raw["devices"] for channel in device["channels"])
    wanted = frozenset(ids if cameras is None else [*ids[:cameras], *incidents])
    devices = []
    for device in raw["devices"]:
        channels = tuple(_channel(c) for c in device["channels"] if c["camera"] in wanted)
        if channels:
            devices.append(Device(device["id"], device["host"], int(device["max_opens"]), channels))
    return Plan(raw["username"], int(raw["rtsp_port"]), int(raw["onvif_port"]), tuple(devices), incidents)


def _channel(raw: dict[str, Any]) -> Channel:
    return Channel(
        number=int(raw["channel"]),
        camera_id=raw["camera"],
        tape=raw["tape"],
        offset=round(float(raw["offset"]) * 10),
        main=raw["main"],
        sub=raw["sub"],
    )
