"""Marking as it travels: a gateway hands a still or clip over, a worker writes words across it and covers regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.exports import Cover, Region
from gateway.domain.packets import StreamKey
from gateway.fleet import wire
from gateway.fleet.framing import WireError
from gateway.ports import Json, Refused, Unavailable

MAX_WORDS = 200
MAX_REGIONS = 500
MAX_CLIPS = 8
"""Clips that a gateway waits for and a worker holds: it marks one at a time, a large one in a quarter of a minute, and
all have to come in time."""
ENOUGH_CLIPS = "the worker has enough clips to mark: ask again in a minute"
MEDIA_TYPES = ("image/jpeg", "video/mp4")


@dataclass(frozen=True, slots=True)
class MarkWish:
    """What is to be done with a file."""

    media_type: str
    words: str
    regions: tuple[Region, ...] = ()


def marked_to_json(number: int, key: StreamKey, words: str) -> Json:
    """A subscription to a stream with the words burned in: a message of its own, so that a worker that does not know
    it sends nothing rather than a stream without them.
    """
    return {
        "type": "subscribe_marked",
        "number": number,
        "camera": key.camera_id,
        "stream": key.kind.value,
        "words": words,
    }


def mark_to_json(request: int, wish: MarkWish) -> Json:
    """The header of the blob that carries the file."""
    regions = [[one.x, one.y, one.width, one.height, one.cover.value] for one in wish.regions]
    about = {"media_type": wish.media_type, "words": wish.words, "regions": regions}
    return {"type": "mark", "request": request, **about}


def mark_from_json(message: Mapping[str, Any]) -> MarkWish:
    """What is to be done. Raises ``WireError``."""
    media_type = wire.text(message, "media_type", 32)
    if media_type not in MEDIA_TYPES:
        raise WireError(f"{media_type} cannot be marked")
    regions = tuple(_region(raw) for raw in wire.items(message, "regions", MAX_REGIONS))
    return MarkWish(media_type, wire.text(message, "words", MAX_WORDS), regions)


def failed_to_json(request: int, problem: Refused | Unavailable) -> Json:
    """Why it was not done: refused for good, or only now."""
    refused = isinstance(problem, Refused)
    return {"type": "mark_failed", "request": request, "reason": str(problem), "refused": refused}


def failed_from_json(message: Mapping[str, Any]) -> Refused | Unavailable:
    """Why it was not done. Raises ``WireError``."""
    kind = Refused if message.get("refused") is True else Unavailable
    return kind(wire.text(message, "reason"))


def _region(raw: Any) -> Region:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) != 5:
        raise WireError("a region is [x, y, width, height, cover]")
    try:
        x, y, width, height = (float(number) for number in raw[:4])
        return Region(x, y, width, height, Cover(raw[4]))
    except (TypeError, ValueError) as problem:
        raise WireError("a region lies within the picture") from problem
