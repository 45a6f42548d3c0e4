"""Decodes one camera's packets into pictures, in the decoding thread only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from gateway.domain.packets import Packet

FFMPEG_NAMES = {"h264": "h264", "h265": "hevc"}


class Decoder:
    """A decoder of one stream. Errors of the stream are counted, never raised; it goes on at the next keyframe.

    ``exact`` (from the next keyframe on) decodes with all filters; without them a picture costs a fifth less, and errs
    a little more with every picture since the keyframe.
    """

    def __init__(self) -> None:
        self.exact = False
        self._context: VideoCodecContext | None = None
        self._made = (-1, False, False)
        """For which generation, how exact, and whether with pictures held back, the present decoder was made."""
        self._waits = True
        self._reorders = False
        self._newest = -1
        self.errors = 0

    def decode(self, packet: Packet) -> Sequence[VideoFrame]:
        """The pictures that came out in the order they are shown, usually one; none while waiting for a keyframe."""
        self._reorders = self._reorders or packet.offset != 0
        if packet.keyframe:
            self._waits = False
            wanted = (packet.generation, self.exact, self._reorders)
            if self._made != wanted or self._context is None:
                self._context, self._made = _context(packet.codec, self.exact, self._reorders), wanted
                self._newest = -1
        if self._waits or self._context is None:
            return ()
        try:
            return self._in_order(self._context.decode(_piece(packet)))
        except av.error.FFmpegError:
            self.errors += 1
            self._waits = True
            return ()

    def _in_order(self, frames: Sequence[VideoFrame]) -> Sequence[VideoFrame]:
        """The pictures without those that come later than one that is shown after them."""
        kept: list[VideoFrame] = []
        for frame in frames:
            if frame.pts is None or frame.pts > self._newest:
                self._newest = frame.pts if frame.pts is not None else self._newest
                kept.append(frame)
        return kept


def _piece(packet: Packet) -> av.Packet[Any]:
    piece: av.Packet[Any] = av.Packet(packet.data)
    piece.pts, piece.dts = packet.pts, packet.dts
    return piece


def _context(codec: str, exact: bool, reorders: bool) -> VideoCodecContext:
    context = av.CodecContext.create(FFMPEG_NAMES[codec], "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    if not reorders:
        context.flags |= Flags.low_delay
    if not exact:
        context.options = {"skip_loop_filter": "all"}
    return context


def keyframe_picture(packet: Packet) -> VideoFrame | None:
    """The picture in a keyframe, decoded on its own with all filters; None if it cannot be."""
    return last_picture([packet])


def last_picture(group: Sequence[Packet]) -> VideoFrame | None:
    """The last picture of a group, decoded from its keyframe on with all filters; None if it cannot be."""
    if not group:
        return None
    context = av.CodecContext.create(FFMPEG_NAMES[group[0].codec], "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    frames: list[VideoFrame] = []
    try:
        for packet in (*(av.Packet(one.data) for one in group), None):
            frames = context.decode(packet) or frames
    except av.error.FFmpegError:
        return None
    return frames[-1] if frames else None


def luma(frame: VideoFrame) -> npt.NDArray[np.uint8]:
    """The brightness of a picture, height x width: a view into the decoder's own memory wherever there is one."""
    if frame.format.components[0].bits != 8 or not frame.format.name.startswith(("yuv", "nv", "gray")):
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    rows: npt.NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]
