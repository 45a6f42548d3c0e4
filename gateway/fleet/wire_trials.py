"""Trying a stream, and asking a device what it offers, as they travel: a gateway asks, a worker looks and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gateway.fleet import wire
from gateway.ports import Credential, DeviceAddress, Json, Refused, Unavailable


@dataclass(frozen=True, slots=True)
class Tried:
    """What a stream turned out to be: its codec (h264, h265) and the size of its pictures in pixels."""

    codec: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class OfferedChannel:
    """One channel of a device: its place in the device's order, its paths, and the main one's picture."""

    number: int
    name: str
    main: str
    sub: str | None
    port: int
    named_host: str | None
    width: int
    height: int
    codec: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What a device says of itself."""

    manufacturer: str
    model: str
    channels: tuple[OfferedChannel, ...]


MAX_CHANNELS = 512


def trial_to_json(request: int, address: DeviceAddress, credential: Credential | None) -> Json:
    """The wish that a stream be opened once, looked at and let go."""
    return {
        "type": "try",
        "request": request,
        "host": address.host,
        "port": address.port,
        "path": address.path,
        "transport": address.transport,
        "username": None if credential is None else credential.username,
        "password": None if credential is None else credential.password,
    }


def trial_from_json(message: Mapping[str, Any]) -> tuple[DeviceAddress, Credential | None]:
    """What is to be tried. Raises ``WireError``."""
    host, path = wire.text(message, "host", 255), wire.text(message, "path", 512)
    address = DeviceAddress("rtsp", host, wire.whole(message, "port", 1, 65535), path, wire.text(message, "transport"))
    username = wire.maybe_text(message, "username")
    return address, None if username is None else Credential(username, wire.maybe_text(message, "password") or "")


def tried_to_json(request: int, outcome: Tried | Refused | Unavailable) -> Json:
    """How the trial went."""
    if isinstance(outcome, Tried):
        found = {"codec": outcome.codec, "width": outcome.width, "height": outcome.height}
        return {"type": "tried", "request": request, **found}
    return _failed(request, outcome)


def tried_from_json(message: Mapping[str, Any]) -> Tried | Refused | Unavailable:
    """How the trial went, from "tried" or "try_failed". Raises ``WireError``."""
    if message["type"] == "tried":
        size = wire.whole(message, "width", 0, 65535), wire.whole(message, "height", 0, 65535)
        return Tried(wire.text(message, "codec", 16), *size)
    kind = Refused if message.get("refused") is True else Unavailable
    return kind(wire.text(message, "reason"))


def question_to_json(request: int, host: str, port: int, credential: Credential | None) -> Json:
    """The wish that an ONVIF device be asked what it offers."""
    return {
        "type": "ask",
        "request": request,
        "host": host,
        "port": port,
        "username": None if credential is None else credential.username,
        "password": None if credential is None else credential.password,
    }


def question_from_json(message: Mapping[str, Any]) -> tuple[str, int, Credential | None]:
    """Which device is to be asked, and as whom. Raises ``WireError``."""
    username = wire.maybe_text(message, "username")
    credential = None if username is None else Credential(username, wire.maybe_text(message, "password") or "")
    return wire.text(message, "host", 255), wire.whole(message, "port", 1, 65535), credential


def offered_to_json(request: int, outcome: Offered | Refused | Unavailable) -> Json:
    """What the device answered."""
    if not isinstance(outcome, Offered):
        return _failed(request, outcome)
    channels = [asdict(channel) for channel in outcome.channels]
    about = {"manufacturer": outcome.manufacturer, "model": outcome.model}
    return {"type": "offered", "request": request, **about, "channels": channels}


def offered_from_json(message: Mapping[str, Any]) -> Offered:
    """What the device answered. Raises ``WireError``."""
    channels = tuple(_channel(wire.mapping(raw, "channel")) for raw in wire.items(message, "channels", MAX_CHANNELS))
    return Offered(wire.text(message, "manufacturer"), wire.text(message, "model"), channels)


def _channel(message: Mapping[str, Any]) -> OfferedChannel:
    return OfferedChannel(
        number=wire.whole(message, "number", 1, 65535),
        name=wire.text(message, "name"),
        main=wire.text(message, "main"),
        sub=wire.maybe_text(message, "sub"),
        port=wire.whole(message, "port", 1, 65535),
        named_host=wire.maybe_text(message, "named_host"),
        width=wire.whole(message, "width", 0, 65535),
        height=wire.whole(message, "height", 0, 65535),
        codec=wire.text(message, "codec", 16),
    )


def _failed(request: int, outcome: Refused | Unavailable) -> Json:
    refused = isinstance(outcome, Refused)
    return {"type": "try_failed", "request": request, "reason": str(outcome), "refused": refused}
