"""Renditions: one viewer's own copy of a stream, with their account, their unit and the time burned into every picture.

It stands between the stream and whoever reads it: decode, draw, encode, in one thread for all renditions of a worker,
so that neither the loop nor the detectors wait for it. It lives as long as its viewer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction

import av
import av.error
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from adapters import bitstream
from gateway.domain.deadlines import SHANGHAI
from gateway.domain.packets import CLOCK_RATE, Packet
from gateway.fleet.wire import StreamDescription
from gateway.ports import Clock, Unavailable
from gateway.worker.decoder import Decoder
from gateway.worker.marking import STEP_SECONDS, stamp
from gateway.worker.stream import Stream, Subscriber

MOST = 24
"""Renditions of one worker at once: what one core draws and encodes of sub streams, and a little to spare."""
WIDEST = 960
"""Pixels of a rendition's width: a camera without a sub stream is made smaller."""
WAITING = 600
"""Packets that may wait to be drawn; beyond it the rendition goes on at the next keyframe."""
AT_ONCE = 8
"""Packets drawn before the next rendition has its turn."""
OPTIONS = {"preset": "ultrafast", "tune": "zerolatency", "crf": "26", "x264-params": "keyint=250:repeat-headers=1"}


class Renditions:
    """All renditions of a worker; made by ``open_renditions``."""

    def __init__(self, clock: Clock, thread: ThreadPoolExecutor, most: int = MOST) -> None:
        self._clock, self._thread, self._most = clock, thread, most
        self._running: set[Rendition] = set()
        self._skipped_before = 0
        self.refused = 0

    @property
    def running(self) -> int:
        """How many there are now."""
        return len(self._running)

    @property
    def skipped(self) -> int:
        """Packets left out because drawing did not keep up, since this worker began."""
        return self._skipped_before + sum(one.skipped for one in self._running)

    async def run(self, words: str, attach: Callable[[Subscriber], Stream], reader: Subscriber) -> None:
        """Reads the stream that ``attach`` lets it read and hands the marked one to the reader, until cancelled.

        Raises ``Unavailable`` if there are too many, if the stream ends, or if its pictures cannot be marked.
        """
        if len(self._running) >= self._most:
            self.refused += 1
            raise Unavailable(f"this worker marks {self._most} live pictures already: close one of them, or try later")
        rendition = Rendition(lambda: f"{words} {self._clock.now().astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}")
        self._running.add(rendition)
        stream: Stream | None = None
        try:
            stream = attach(rendition)
            await rendition.run(self._thread, reader)
        finally:
            if stream is not None:
                stream.detach(rendition)
            self._running.discard(rendition)
            self._skipped_before += rendition.skipped


@contextmanager
def open_renditions(clock: Clock, most: int = MOST) -> Iterator[Renditions]:
    """Renditions with their thread, while inside."""
    with ThreadPoolExecutor(1, "mark") as thread:
        yield Renditions(clock, thread, most)


class Rendition:
    """One rendition: takes the stream's packets on the loop, makes others of them in the thread."""

    def __init__(self, words: Callable[[], str]) -> None:
        self.skipped = 0
        self._press = Press(words)
        self._waiting: deque[Packet] = deque()
        self._some = asyncio.Event()
        self._until_key = False
        self._over: str | None = None

    def described(self, description: StreamDescription) -> None:
        """The keyframe that follows says it all."""

    def packet(self, packet: Packet) -> None:
        """Takes the next packet of the stream in, or leaves out up to the next keyframe."""
        if len(self._waiting) >= WAITING:
            self.skipped += len(self._waiting)
            self._waiting.clear()
            self._until_key = True
        if packet.keyframe:
            self._until_key = False
        if self._until_key:
            self.skipped += 1
            return
        self._waiting.append(packet)
        self._some.set()

    def ended(self, reason: str) -> None:
        """The stream is over."""
        self._over = reason
        self._some.set()

    async def run(self, thread: ThreadPoolExecutor, reader: Subscriber) -> None:
        """Hands marked packets to the reader until cancelled. Raises ``Unavailable``."""
        loop = asyncio.get_running_loop()
        described: StreamDescription | None = None
        while True:
            await self._some.wait()
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            if not batch:
                self._some.clear()
                if self._over is not None:
                    raise Unavailable(self._over)
                continue
            for description, packet in await loop.run_in_executor(thread, self._press.printed, batch):
                if description is not described:
                    described = description
                    reader.described(description)
                reader.packet(packet)


class Press:
    """Decodes, draws and encodes; only ever used by one thread at a time."""

    def __init__(self, words: Callable[[], str]) -> None:
        self._words = words
        self._decoder = Decoder()
        self._decoder.exact = True
        self._context: VideoCodecContext | None = None
        self._made = (-1, 0, 0)
        self._generation = -1
        self._description: StreamDescription | None = None

    def printed(self, packets: Sequence[Packet]) -> list[tuple[StreamDescription, Packet]]:
        """Marked packets, each with the description it comes under. Raises ``Unavailable``."""
        found: list[tuple[StreamDescription, Packet]] = []
        try:
            for packet in packets:
                for frame in self._decoder.decode(packet):
                    found += self._encoded(frame, packet)
        except (av.error.FFmpegError, cv2.error, ValueError) as problem:
            raise Unavailable(f"the picture cannot be marked ({type(problem).__name__})") from None
        return found

    def _encoded(self, frame: VideoFrame, packet: Packet) -> list[tuple[StreamDescription, Packet]]:
        width = min(frame.width, WIDEST) // 2 * 2
        height = max(2, round(frame.height * width / frame.width / 2) * 2)
        context = self._encoder((packet.generation, width, height))
        plain = np.ascontiguousarray(frame.reformat(width, height, "yuv420p").to_ndarray(), np.uint8)
        words = self._words()
        plain[:height] = stamp(plain[:height], words, int(packet.arrived_at // STEP_SECONDS))
        burned = VideoFrame.from_ndarray(plain, format="yuv420p")
        burned.pts, burned.time_base = frame.pts, Fraction(1, CLOCK_RATE)
        if frame.key_frame:
            burned.pict_type = PictureType.I
        return [self._packed(bytes(one), one.pts or 0, one.is_keyframe, packet) for one in context.encode(burned)]

    def _packed(self, data: bytes, dts: int, keyframe: bool, source: Packet) -> tuple[StreamDescription, Packet]:
        if self._description is None:
            _, width, height = self._made
            sets = bitstream.joined(bitstream.parameter_sets(data, "h264"))
            self._description = StreamDescription("h264", width, height, self._generation & 0xFFFF, sets)
        return self._description, Packet(dts, keyframe, data, source.arrived_at, self._generation)

    def _encoder(self, wanted: tuple[int, int, int]) -> VideoCodecContext:
        """The encoder of this stretch of the stream; another one, under another generation, when it changes."""
        if self._context is None or self._made != wanted:
            context = av.CodecContext.create("libx264", "w")
            assert isinstance(context, VideoCodecContext)
            _, context.width, context.height = wanted
            context.pix_fmt, context.time_base = "yuv420p", Fraction(1, CLOCK_RATE)
            context.thread_count, context.options = 1, dict(OPTIONS)
            self._context, self._made, self._description = context, wanted, None
            self._generation += 1
        return self._context
