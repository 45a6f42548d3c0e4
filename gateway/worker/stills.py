"""Pictures as JPEG: snapshots, and the still of an event with its box and its reason drawn in."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import numpy as np
from av.video.frame import VideoFrame

from gateway.domain.events import Event
from gateway.domain.observations import WHOLE_PICTURE
from gateway.worker.marking import QUALITY, Picture, stamp

AMBER = (0, 176, 255)
BLACK = (0, 0, 0)
WHITE = (240, 240, 240)


def jpeg(frame: VideoFrame, width: int | None = None, words: str = "") -> bytes:
    """The picture as JPEG, at most ``width`` pixels wide, with the words across it."""
    if width is not None and 16 <= width < frame.width:
        height = max(2, round(frame.height * width / frame.width / 2) * 2)
        frame = frame.reformat(width=width // 2 * 2, height=height)
    return _encoded(stamp(_bgr(frame), words) if words else _bgr(frame))


def still(frame: VideoFrame, event: Event) -> bytes:
    """The event's picture as JPEG: its box, and below it the measure, the threshold and the time (UTC)."""
    picture = _bgr(frame)
    height, width = picture.shape[:2]
    box = event.box
    if box != WHOLE_PICTURE:
        corner = int(box.x * width), int(box.y * height)
        opposite = int((box.x + box.width) * width), int((box.y + box.height) * height)
        cv2.rectangle(picture, corner, opposite, BLACK, 4)
        cv2.rectangle(picture, corner, opposite, AMBER, 2)
    return _encoded(np.vstack((picture, _caption(event, width))))


def _caption(event: Event, width: int) -> Picture:
    """A dark strip to stand below the picture, so that the words never lie on what they speak of."""
    moment = datetime.fromtimestamp(event.picture_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    words = f"{event.kind}  {event.measure:.4g} > {event.threshold:.4g}   {moment}"
    scale = max(0.5, width / 1280 * 0.8)
    height = round(40 * scale) // 2 * 2 + 8
    strip: Picture = np.full((height, width, 3), 24, np.uint8)
    cv2.putText(
        strip, words, (10, height - round(height * 0.3)), cv2.FONT_HERSHEY_SIMPLEX, scale, WHITE, 1, cv2.LINE_AA
    )
    return strip


def _bgr(frame: VideoFrame) -> Picture:
    return np.ascontiguousarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)


def _encoded(picture: Picture) -> bytes:
    done, buffer = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError("the picture could not be written as JPEG")
    return buffer.tobytes()
