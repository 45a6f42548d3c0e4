"""Trying a stream that is in no catalogue yet, as it travels: a gateway asks, any worker looks and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.fleet import wire
from gateway.ports import Credential, DeviceAddress, Json, Refused, Unavailable


@dataclass(frozen=True, slots=True)
class Tried:
    """What a stream turned out to be: its codec (h264, h265) and the size of its pictures in pixels."""

    codec: str
    width: int
    height: int


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
    refused = isinstance(outcome, Refused)
    return {"type": "try_failed", "request": request, "reason": str(outcome), "refused": refused}


def tried_from_json(message: Mapping[str, Any]) -> Tried | Refused | Unavailable:
    """How the trial went, from "tried" or "try_failed". Raises ``WireError``."""
    if message["type"] == "tried":
        size = wire.whole(message, "width", 0, 65535), wire.whole(message, "height", 0, 65535)
        return Tried(wire.text(message, "codec", 16), *size)
    kind = Refused if message.get("refused") is True else Unavailable
    return kind(wire.text(message, "reason"))
