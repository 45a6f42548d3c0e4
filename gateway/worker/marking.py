"""Marks: words burned across stills and clips, and regions made unreadable for good. Blocks; runs in a thread."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gateway.domain.exports import Cover, Region
from gateway.fleet.wire_marks import MarkWish
from gateway.ports import Refused

Picture = npt.NDArray[np.uint8]
QUALITY = 85
FONT = cv2.FONT_HERSHEY_SIMPLEX
FAINT = 0.28
"""How strongly the words that cover the picture are mixed in."""
STEP_SECONDS = 2.0
"""How often the words of a clip move on."""
OPTIONS = {"preset": "veryfast", "crf": "24", "maxrate": "5M", "bufsize": "5M"}
"""How a clip is written: never so large that it does not fit through the link, however busy its pictures are."""
MOST_PIXELS = 64_000_000
COARSE = 12
"""Squares across the longer side of a region that is made coarse."""


def marked(data: bytes, wish: MarkWish) -> bytes:
    """The file with its regions covered and the words across it. Raises ``Refused`` if it cannot be read."""
    if wish.media_type == "video/mp4":
        return _clip(data, wish.words)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None or picture.size > MOST_PIXELS * 3:
        raise Refused("the picture cannot be read")
    found = _covered(picture.astype(np.uint8, copy=False), wish.regions)
    return _jpeg(stamp(found, wish.words))


def stamp(picture: Picture, words: str, turn: int = 0) -> Picture:
    """The picture with the words faintly all over it and once strongly in a line; ``turn`` moves them on."""
    height, width = picture.shape[:2]
    scale = max(0.4, width / 1600)
    (wide, tall), _ = cv2.getTextSize(words, FONT, scale, 1)
    layer = picture.copy()
    rise, run = max(60, round(tall * 6)), wide + round(60 * scale)
    for row, y in enumerate(range(tall + (turn * rise // 5) % rise, height + rise, rise)):
        for x in range(-((row * run // 2 + turn * run // 7) % run), width, run):
            _write(layer, words, (x, y), scale)
    found: Picture = cv2.addWeighted(layer, FAINT, picture, 1 - FAINT, 0).astype(np.uint8, copy=False)
    line = tall + 6 if turn % 2 else height - max(8, tall // 2)
    # A still begins at the right: its caption, which says why it was kept, stands at the left of the same edge.
    place = (max(4, width - wide - 8) if turn % 4 in (0, 3) else 8, line)
    _write(found, words, place, min(scale, scale * (width - 16) / max(wide, 1)))
    return found


def _write(picture: Picture, words: str, place: tuple[int, int], scale: float) -> None:
    """White on a dark rim, so that the words are read on light and dark alike."""
    cv2.putText(picture, words, place, FONT, scale, (0, 0, 0), max(2, round(scale * 4)), cv2.LINE_AA)
    cv2.putText(picture, words, place, FONT, scale, (255, 255, 255), max(1, round(scale * 1.5)), cv2.LINE_AA)


def _covered(picture: Picture, regions: Sequence[Region]) -> Picture:
    """The picture with the regions filled, or made so coarse that nothing of what was there is left."""
    height, width = picture.shape[:2]
    for region in regions:
        left, top = int(region.x * width), int(region.y * height)
        right, bottom = -int(-(region.x + region.width) * width // 1), -int(-(region.y + region.height) * height // 1)
        part = picture[top : min(bottom, height), left : min(right, width)]
        if not part.size:
            continue
        if region.cover is Cover.FILL:
            part[:] = 0
            continue
        tall, wide = part.shape[:2]
        square = max(16, -(-max(tall, wide) // COARSE))
        few = (max(1, wide // square), max(1, tall // square))
        small = cv2.resize(part, few, interpolation=cv2.INTER_AREA)
        part[:] = cv2.resize(small, (wide, tall), interpolation=cv2.INTER_NEAREST)
    return picture


def _clip(data: bytes, words: str) -> bytes:
    try:
        with tempfile.TemporaryDirectory(prefix="mark-") as folder:
            # A real file: FFmpeg opens it a second time to move the index to its front, where a player begins to read.
            target = Path(folder) / "clip.mp4"
            with (
                av.open(io.BytesIO(data), "r") as source,
                av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as sink,
            ):
                _burn(source, source.streams.video[0], sink, words)
            return target.read_bytes()
    except (av.error.FFmpegError, IndexError, OSError, ValueError) as problem:
        raise Refused(f"the clip cannot be read ({type(problem).__name__})") from None


def _burn(
    source: av.container.InputContainer, pictures: VideoStream, sink: av.container.OutputContainer, words: str
) -> None:
    """Writes every picture anew, at its own time, with the words on it."""
    base = pictures.time_base or Fraction(1, 90_000)
    stream = sink.add_stream("libx264", options=dict(OPTIONS))
    stream.width, stream.height = pictures.width // 2 * 2, pictures.height // 2 * 2
    stream.pix_fmt, stream.time_base = "yuv420p", base
    stream.codec_context.time_base = base
    stream.codec_context.thread_count = 1
    for frame in source.decode(pictures):
        turn = int(float((frame.pts or 0) * base) // STEP_SECONDS)
        picture = np.ascontiguousarray(frame.to_ndarray(format="bgr24")[: stream.height, : stream.width], np.uint8)
        burned = VideoFrame.from_ndarray(stamp(picture, words, turn), format="bgr24")
        burned.pts, burned.time_base = frame.pts, base
        sink.mux(stream.encode(burned))
    sink.mux(stream.encode(None))


def _jpeg(picture: Picture) -> bytes:
    done, buffer = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise Refused("the picture could not be written")
    return buffer.tobytes()
