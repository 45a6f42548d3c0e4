"""RTSP through FFmpeg: one pull of one stream, its packets put in order.

What devices do that the standard does not foresee is met by the named policies below; each has its test.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import quote

import av
import av.error
from av.packet import Packet as AvPacket
from av.video.stream import VideoStream

from adapters import bitstream
from adapters.rtsp_answers import Busy, Withheld, listening, translated
from adapters.rtsp_challenges import NEWER_DIGEST, wants_newer_digest
from adapters.timeline import TimeLine
from gateway.domain.packets import CLOCK_RATE, Packet
from gateway.domain.stream_paths import filled
from gateway.ports import Credential, DeviceAddress, Unavailable

__all__ = ["Busy", "RtspAdapter", "RtspConnection", "Withheld"]

CODECS = {"h264": "h264", "hevc": "h265"}
OPEN_SECONDS = 8.0
"""From dialling to the first packet; FFmpeg's own limit for one answer is ``SOCKET_SECONDS``."""
SOCKET_SECONDS = 5.0
KEYFRAME_SECONDS = 15.0
"""Policy: groups of pictures of 10 s are about; a device that sends longer without one sends what nobody can show."""
CALENDAR_BEGINS = 946_684_800
"""2000-01-01, where the clocks of devices with an empty battery begin; what is earlier is no date."""
NOTHING_TO_SHOW = "the device sends video, but no keyframe with its parameter sets: no picture can be made of it"

FAST_OPEN = {"analyzeduration": "0", "probesize": "32", "fpsprobesize": "0"}
"""Policy: left alone, FFmpeg watches a stream for 1-4 s before it yields anything at 10 pictures a second.
Its ``nobuffer`` flag is left off, since that throws the first keyframe away."""
VIDEO_ONLY = {"allowed_media_types": "video"}
"""Policy: sound is not pulled; it is nobody's purpose here, and with two streams FFmpeg moves the stamps by RTCP."""
TRANSPORTS = {
    "tcp": {"rtsp_transport": "tcp+udp", "rtsp_flags": "prefer_tcp"},
    "udp": {"rtsp_transport": "udp", "reorder_queue_size": "128"},
}
"""Policy: a device that answers TCP with 461 (VLC does) is asked again for UDP."""


@dataclass(frozen=True, slots=True)
class RtspAdapter:
    """Opens RTSP streams. ``open_seconds`` bounds dialling, ``socket_seconds`` each silence on the wire.

    ``keyframe_seconds`` is how long packets may come without one that a decoder can begin with.
    """

    open_seconds: float = OPEN_SECONDS
    socket_seconds: float = SOCKET_SECONDS
    keyframe_seconds: float = KEYFRAME_SECONDS

    @contextmanager
    def open(self, address: DeviceAddress, credential: Credential | None) -> Iterator[RtspConnection]:
        """A pull of that stream. Blocks while dialling. Raises ``Unavailable`` (``Busy``) or ``Refused``."""
        options = {
            "timeout": str(int(self.socket_seconds * 1e6)),
            **FAST_OPEN,
            **VIDEO_ONLY,
            **TRANSPORTS.get(address.transport, TRANSPORTS["tcp"]),
        }
        try:
            # A read time-out given to PyAV would take the GIL inside FFmpeg for every few bytes of every stream.
            with listening() as log:
                container = av.open(_url(address, credential), options=options, timeout=(self.open_seconds, None))
        except av.error.FFmpegError as error:
            asked = isinstance(error, av.error.HTTPUnauthorizedError) and credential is not None
            if asked and wants_newer_digest(address.host, address.port, _url(address, None)):
                # No password was sent to such a device, so none is to be called wrong.
                raise Unavailable(NEWER_DIGEST) from None
            raise translated(error, address, log.status) from None
        connection: RtspConnection | None = None
        try:
            connection = RtspConnection(container, _video(container), address, self.keyframe_seconds)
            yield connection
        finally:
            # Closing is what sends TEARDOWN and frees the device's session; it belongs to the thread that read.
            with suppress(av.error.FFmpegError):
                container.close()


class RtspConnection:
    """One open pull. ``packets`` and leaving the ``with`` block belong to one thread; ``close`` to any."""

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: VideoStream,
        address: DeviceAddress,
        keyframe_seconds: float = KEYFRAME_SECONDS,
    ) -> None:
        self._container, self._stream, self._address = container, stream, address
        self._keyframe_seconds = keyframe_seconds
        self.codec = CODECS[stream.codec_context.name]
        self._closed = False
        self._generation = 0
        self._line = TimeLine()
        self._joins = 0
        self._extradata = bytes(stream.codec_context.extradata or b"")
        self._length_size = 4
        if self._extradata and not bitstream.is_annex_b(self._extradata):
            self._length_size, self._extradata = bitstream.from_configuration(self._extradata, self.codec)
        self._sets = bitstream.parameter_sets(self._extradata, self.codec)
        self._emitted: list[bytes] = []
        time_base = stream.time_base
        self._ticks = CLOCK_RATE * time_base if time_base is not None else None
        self.clock_offset: float | None = None
        """By how many seconds the device's clock is ahead of ours, once its first sender report told its time."""

    def close(self) -> None:
        """Ends ``packets`` at the next packet or time-out; nothing is freed here, the reading thread does that."""
        self._closed = True

    def packets(self) -> Iterator[Packet]:
        """Packets from the first keyframe on, until the device ends the stream. Raises ``Unavailable``/``Refused``."""
        shown_at = time.monotonic()
        started = False
        try:
            for raw in self._container.demux(self._stream):
                if self._closed:
                    return
                if raw.size == 0:
                    continue
                packet = self._repaired(raw, time.time())
                if packet.keyframe:
                    started, shown_at = True, time.monotonic()
                elif not started and time.monotonic() - shown_at > self._keyframe_seconds:
                    raise Unavailable(NOTHING_TO_SHOW)
                if started:
                    yield packet
        except av.error.FFmpegError as error:
            if not self._closed:
                raise translated(error, self._address) from None

    def _repaired(self, raw: AvPacket[VideoStream], arrived_at: float) -> Packet:
        pts = raw.pts
        if pts is not None and self._ticks is not None and self._ticks != 1:
            pts = int(pts * self._ticks)
        if self.clock_offset is None and pts is not None:
            self.clock_offset = _clock_offset(self._container.start_time_realtime, pts, arrived_at)
        stamp = self._line.repaired(pts, arrived_at)
        data = bytes(raw)
        if not bitstream.is_annex_b(data):
            data = bitstream.annex_b(data, self._length_size)
        keyframe = raw.is_keyframe
        if keyframe:
            data, keyframe = self._with_parameters(data)
        return Packet(stamp.dts, keyframe, data, arrived_at, self._generation, self.codec, stamp.offset)

    def _with_parameters(self, data: bytes) -> tuple[bytes, bool]:
        """The keyframe with its parameter sets in front; not a keyframe while there are none to begin with."""
        seen = bitstream.parameter_sets(data, self.codec)
        if seen:
            self._sets = bitstream.merged(self._sets, seen, self.codec)
        if not bitstream.usable(data, self._sets, self.codec):
            return data, False
        changed = self._emitted != self._sets
        joined = self._joins != self._line.joins
        if (changed or joined) and self._emitted:
            self._generation += 1
        self._emitted, self._joins = list(self._sets), self._line.joins
        return bitstream.joined(self._sets) + bitstream.without_parameters(data, self.codec), True


def _url(address: DeviceAddress, credential: Credential | None) -> str:
    """The URL FFmpeg wants; it holds the password, so it never goes into a message."""
    who, path = "", address.path
    if credential is not None:
        who = f"{quote(credential.username, safe='')}:{quote(credential.password, safe='')}@"
        path = filled(path, credential.username, credential.password)
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"rtsp://{who}{host}:{address.port}{path if path.startswith('/') else '/' + path}"


def _video(container: av.container.InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if stream.codec_context.name in CODECS:
            return stream
    found = ", ".join(sorted({stream.codec_context.name for stream in container.streams.video})) or "no video"
    raise Unavailable(f"the device sends {found}; only H.264 and H.265 can be taken")


def _clock_offset(began: int | None, pts: int, arrived_at: float) -> float | None:
    """By how much the device's clock is ahead of ours, in seconds; None if it has not told its time.

    ``began`` is when the device says that its stream began, in microseconds since 1970, from its first RTCP sender
    report (RFC 3550, section 6.4.1). A device without a calendar may count from its own start there: that is no time.
    """
    if began is None or began < CALENDAR_BEGINS * 1_000_000:
        return None
    return began / 1_000_000 + pts / CLOCK_RATE - arrived_at
