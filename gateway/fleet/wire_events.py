"""Events on the worker link: to JSON and back, every field checked on the way in.

The same JSON is what a worker keeps on disk until the event is acknowledged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.domain.events import Event, Phase
from gateway.domain.observations import Box, ObservationKind
from gateway.fleet.framing import WireError
from gateway.fleet.wire import items, number, text, uuid_text
from gateway.ports import Json


def event_to_json(event: Event) -> Json:
    """An event as it travels and as it is spooled."""
    return {
        "id": event.id,
        "camera_id": event.camera_id,
        "rule_id": event.rule_id,
        "kind": event.kind.value,
        "phase": event.phase.value,
        "opened_at": event.opened_at,
        "last_at": event.last_at,
        "picture_at": event.picture_at,
        "box": [event.box.x, event.box.y, event.box.width, event.box.height],
        "measure": event.measure,
        "threshold": event.threshold,
        "fault": event.fault,
        "why": event.why,
    }


def _box(message: Mapping[str, Any]) -> Box:
    sides = items(message, "box", 4)
    if len(sides) != 4:
        raise WireError("box is not [x, y, width, height]")
    x, y, width, height = (number({"box": side}, "box") for side in sides)
    if not all(0.0 <= side <= 1.0 for side in (x, y, width, height)):
        raise WireError("box is outside the picture")
    return Box(x, y, width, height)


LATEST = 4_102_444_800.0
"""The year 2100: a time after it, or before 1970, is no time."""


def _time(message: Mapping[str, Any], key: str) -> float:
    value = number(message, key)
    if not 0.0 <= value < LATEST:
        raise WireError(f"{key} is not a time")
    return value


def _why(message: Mapping[str, Any]) -> dict[str, float | str]:
    value = message.get("why")
    if not isinstance(value, dict) or len(value) > 64:
        raise WireError("why is not an object of at most 64 figures")
    why: dict[str, float | str] = {}
    for key, figure in value.items():
        text({"key": key}, "key", 128)
        why[key] = text(value, key) if isinstance(figure, str) else number(value, key)
    return why


def event_from_json(value: Any) -> Event:
    """An event as received. Raises ``WireError``."""
    if not isinstance(value, dict):
        raise WireError("event is not an object")
    try:
        kind, phase = ObservationKind(text(value, "kind", 32)), Phase(text(value, "phase", 16))
    except ValueError as error:
        raise WireError("an event's kind or phase is not known") from error
    fault = value.get("fault")
    if not isinstance(fault, bool):
        raise WireError("fault is neither true nor false")
    return Event(
        id=uuid_text(value, "id"),
        camera_id=text(value, "camera_id", 64),
        rule_id=text(value, "rule_id", 64),
        kind=kind,
        phase=phase,
        opened_at=_time(value, "opened_at"),
        last_at=_time(value, "last_at"),
        picture_at=_time(value, "picture_at"),
        box=_box(value),
        measure=number(value, "measure"),
        threshold=number(value, "threshold"),
        fault=fault,
        why=_why(value),
    )
