"""Decodes one camera's packets into pictures, in the decoding thread only."""

from __future__ import annotations

from collections.abc import Sequence

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
        self._made_exact = False
        self._context: VideoCodecContext | None = None
        self._generation = -1
        self._waits = True
        self.errors = 0

    def decode(self, packet: Packet) -> Sequence[VideoFrame]:
        """The pictures that came out, usually one; none while waiting for a keyframe."""
        if packet.keyframe:
            self._waits = False
            present = (self._generation, self._made_exact)
            if present != (packet.generation, self.exact) or self._context is None:
                self._context = _context(packet.codec, self.exact)
                self._generation, self._made_exact = packet.generation, self.exact
        if self._waits or self._context is None:
            return ()
        try:
            return self._context.decode(av.Packet(packet.data))
        except av.error.FFmpegError:
            self.errors += 1
            self._waits = True
            return ()


def _context(codec: str, exact: bool) -> VideoCodecContext:
    context = av.CodecContext.create(FFMPEG_NAMES[codec], "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
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
