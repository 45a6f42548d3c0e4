"""What the worker link's control messages mean: typed values to JSON and back, every field checked on the way in.

The contract test pins these shapes; a change of shape is a new ``framing.PROTOCOL``.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.cameras import CameraState, StreamAddress
from gateway.domain.packets import StreamKind
from gateway.fleet.framing import WireError
from gateway.ports import Json

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
EVIDENCE_KINDS = frozenset({"still", "clip"})
SHED_LEVELS = ("full", "reduced", "keyframes")
"""How much of a camera is being decoded, best first."""


@dataclass(frozen=True, slots=True)
class AssignedCamera:
    """All a worker is told of a camera. ``detectors`` None means: pull it, but do not look.

    ``host_limit`` is how many streams may be open at once at ``host``; None means no limit is known. ``rules`` are the
    ids of those sent with the assignment that apply to this camera. ``channel`` counts from 1 on the recorder.
    """

    camera_id: str
    name: str
    scheme: str
    host: str
    rtsp_port: int
    onvif_port: int | None
    streams: tuple[StreamAddress, ...]
    username: str | None
    password: str | None = field(repr=False)
    host_limit: int | None = None
    recorder_id: str | None = None
    kind: str = ""
    detectors: Json | None = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a worker knows of one camera now; figures are 0 while they are not known. ``reason`` is a sentence."""

    camera_id: str
    state: CameraState
    reason: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    kbps: float = 0.0
    shed: str = "full"
    clock_offset: float | None = None
    """By how many seconds the device's clock is ahead of the worker's, None while the device has not told its time."""


@dataclass(frozen=True, slots=True)
class StreamDescription:
    """What a decoder needs to know of the packets that follow; ``extradata`` is the parameter sets in Annex B."""

    codec: str
    width: int
    height: int
    generation: int
    extradata: bytes


@dataclass(frozen=True, slots=True)
class Assignment:
    """The full set of cameras a worker is to own, with the rules and how much it may spend on decoding."""

    epoch: int
    cameras: tuple[AssignedCamera, ...]
    rules: tuple[Json, ...]
    budget_cores: float


def text(message: Mapping[str, Any], key: str, limit: int = 4096) -> str:
    """The text under that key, fit for a database: no NUL, no half of a character. Raises ``WireError``."""
    value = message.get(key)
    if not isinstance(value, str) or len(value) > limit:
        raise WireError(f"{key} is not a text of at most {limit} characters")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise WireError(f"{key} holds characters that are none")
    return value


def maybe_text(message: Mapping[str, Any], key: str) -> str | None:
    """The text under that key, None if null or absent. Raises ``WireError``."""
    return None if message.get(key) is None else text(message, key)


def whole(message: Mapping[str, Any], key: str, low: int = 0, high: int = 2**63 - 1) -> int:
    """The whole number under that key. Raises ``WireError``."""
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise WireError(f"{key} is not a whole number within {low}..{high}")
    return value


def number(message: Mapping[str, Any], key: str) -> float:
    """The finite number under that key. Raises ``WireError``."""
    return _finite(message.get(key), key)


def _finite(value: Any, key: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WireError(f"{key} is not a number")
    try:
        result = float(value)
    except OverflowError as error:
        raise WireError(f"{key} is too large") from error
    if not math.isfinite(result):
        raise WireError(f"{key} is not finite")
    return result


def items(message: Mapping[str, Any], key: str, limit: int = 100_000) -> list[Any]:
    """The list under that key. Raises ``WireError``."""
    value = message.get(key)
    if not isinstance(value, list) or len(value) > limit:
        raise WireError(f"{key} is not a list of at most {limit}")
    return value


def mapping(value: Any, key: str) -> Json:
    """The value if it is an object. Raises ``WireError``."""
    if not isinstance(value, dict):
        raise WireError(f"{key} is not an object")
    return value


def uuid_text(message: Mapping[str, Any], key: str) -> str:
    """The lower-case UUID under that key; safe in a file name. Raises ``WireError``."""
    value = text(message, key, 36)
    if not _UUID.fullmatch(value):
        raise WireError(f"{key} is not a UUID")
    return value


def sha256_text(message: Mapping[str, Any], key: str) -> str:
    """The lower-case hex SHA-256 under that key. Raises ``WireError``."""
    value = text(message, key, 64)
    if not _SHA256.fullmatch(value):
        raise WireError(f"{key} is not a SHA-256")
    return value


def evidence_kind(message: Mapping[str, Any]) -> str:
    """Which piece of evidence a message is about. Raises ``WireError``."""
    kind = text(message, "kind", 16)
    if kind not in EVIDENCE_KINDS:
        raise WireError("kind is neither still nor clip")
    return kind


def camera_to_json(camera: AssignedCamera) -> Json:
    """An assigned camera as it travels."""
    return {
        "camera_id": camera.camera_id,
        "name": camera.name,
        "scheme": camera.scheme,
        "host": camera.host,
        "rtsp_port": camera.rtsp_port,
        "onvif_port": camera.onvif_port,
        "streams": [[stream.kind.value, stream.path, stream.transport] for stream in camera.streams],
        "username": camera.username,
        "password": camera.password,
        "host_limit": camera.host_limit,
        "recorder_id": camera.recorder_id,
        "kind": camera.kind,
        "detectors": camera.detectors,
        "rules": list(camera.rules),
        "channel": camera.channel,
    }


def _stream_address(value: Any) -> StreamAddress:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(part, str) for part in value):
        raise WireError("a stream is not [kind, path, transport]")
    try:
        return StreamAddress(StreamKind(value[0]), value[1], value[2])
    except ValueError as error:
        raise WireError("a stream is neither main nor sub") from error


def camera_from_json(value: Any) -> AssignedCamera:
    """An assigned camera as received. Raises ``WireError``."""
    message = mapping(value, "camera")
    detectors = message.get("detectors")
    return AssignedCamera(
        camera_id=text(message, "camera_id"),
        name=text(message, "name"),
        scheme=text(message, "scheme"),
        host=text(message, "host"),
        rtsp_port=whole(message, "rtsp_port", 1, 65535),
        onvif_port=None if message.get("onvif_port") is None else whole(message, "onvif_port", 1, 65535),
        streams=tuple(_stream_address(stream) for stream in items(message, "streams", 16)),
        username=maybe_text(message, "username"),
        password=maybe_text(message, "password"),
        host_limit=None if message.get("host_limit") is None else whole(message, "host_limit", 1),
        recorder_id=maybe_text(message, "recorder_id"),
        kind=text(message, "kind"),
        detectors=None if detectors is None else mapping(detectors, "detectors"),
        rules=tuple(text({"rule": rule}, "rule") for rule in items(message, "rules", 10_000)),
        channel=None if message.get("channel") is None else whole(message, "channel", 1, 65535),
    )


def status_to_json(report: StatusReport) -> Json:
    """A camera's status as it travels."""
    return {
        "camera": report.camera_id,
        "state": report.state.value,
        "reason": report.reason,
        "codec": report.codec,
        "width": report.width,
        "height": report.height,
        "fps": round(report.fps, 2),
        "kbps": round(report.kbps, 1),
        "shed": report.shed,
        "clock_offset": None if report.clock_offset is None else round(report.clock_offset, 2),
    }


def status_from_json(value: Any) -> StatusReport:
    """A camera's status as received. Raises ``WireError``."""
    message = mapping(value, "status")
    shed = text(message, "shed", 16)
    try:
        state = CameraState(text(message, "state", 16))
    except ValueError as error:
        raise WireError("state is not one of a camera's states") from error
    if shed not in SHED_LEVELS:
        raise WireError("shed is not a shed level")
    return StatusReport(
        camera_id=text(message, "camera"),
        state=state,
        reason=text(message, "reason"),
        codec=text(message, "codec", 16),
        width=whole(message, "width", 0, 65535),
        height=whole(message, "height", 0, 65535),
        fps=number(message, "fps"),
        kbps=number(message, "kbps"),
        shed=shed,
        clock_offset=None if message.get("clock_offset") is None else number(message, "clock_offset"),
    )


def description_to_json(stream: int, description: StreamDescription) -> Json:
    """The message that precedes the first packet of each generation of a subscribed stream."""
    return {
        "type": "stream",
        "number": stream,
        "codec": description.codec,
        "width": description.width,
        "height": description.height,
        "generation": description.generation & 0xFFFF,
        "extradata": base64.b64encode(description.extradata).decode(),
    }


def description_from_json(message: Json) -> tuple[int, StreamDescription]:
    """The stream number and description in a "stream" message. Raises ``WireError``."""
    try:
        extradata = base64.b64decode(text(message, "extradata", 65536), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("extradata is not base64") from error
    codec = text(message, "codec", 16)
    if codec not in ("h264", "h265"):
        raise WireError("codec is neither h264 nor h265")
    size = whole(message, "width", 0, 65535), whole(message, "height", 0, 65535)
    generation = whole(message, "generation", 0, 0xFFFF)
    return whole(message, "number", 0, 2**32 - 1), StreamDescription(codec, *size, generation, extradata)


def assignment_to_json(assignment: Assignment) -> Json:
    """An assignment as it travels: always the full set."""
    return {
        "type": "assign",
        "epoch": assignment.epoch,
        "cameras": [camera_to_json(camera) for camera in assignment.cameras],
        "rules": list(assignment.rules),
        "budget_cores": assignment.budget_cores,
    }


def assignment_from_json(message: Json) -> Assignment:
    """An assignment as received. Raises ``WireError``."""
    return Assignment(
        epoch=whole(message, "epoch"),
        cameras=tuple(camera_from_json(camera) for camera in items(message, "cameras", 10_000)),
        rules=tuple(mapping(rule, "rule") for rule in items(message, "rules", 10_000)),
        budget_cores=number(message, "budget_cores"),
    )
