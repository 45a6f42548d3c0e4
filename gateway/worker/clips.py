"""Cuts packets into an MP4 file: remuxed, never decoded."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.error

from gateway.domain.packets import CLOCK_RATE, Packet
from gateway.ports import Unavailable
from gateway.worker.decoder import FFMPEG_NAMES

_TIME_BASE = Fraction(1, CLOCK_RATE)
_LAST_TICKS = CLOCK_RATE // 10


def playable(packets: Sequence[Packet]) -> list[Packet]:
    """The longest run of one generation that begins with a keyframe and holds the most packets."""
    runs: list[list[Packet]] = []
    for packet in packets:
        if runs and runs[-1][0].generation == packet.generation:
            runs[-1].append(packet)
        elif packet.keyframe:
            runs.append([packet])
    return max(runs, key=len, default=[])


def mp4(packets: Sequence[Packet]) -> bytes:
    """An MP4 file of these packets, its index in front. Blocks; raises ``Unavailable`` if there is nothing to cut."""
    run = playable(packets)
    if not run:
        raise Unavailable("there was no picture to cut a clip from")
    try:
        return _muxed(run)
    except (av.error.FFmpegError, OSError) as error:
        raise Unavailable(f"the clip could not be written ({type(error).__name__})") from None


def _muxed(run: list[Packet]) -> bytes:
    name = FFMPEG_NAMES[run[0].codec]
    with tempfile.TemporaryDirectory(prefix="clip-") as folder:
        # A real file: FFmpeg opens it a second time to move the index to its front.
        target = Path(folder) / "clip.mp4"
        _mux(run, name, target)
        return target.read_bytes()


def _mux(run: list[Packet], name: str, target: Path) -> None:
    # No picture may be shown before it is decoded, which stamps say until the order of a stream is known.
    early = max(0, -min(packet.offset for packet in run))
    with (
        av.open(io.BytesIO(run[0].data), format=name) as probe,
        av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        stream = container.add_stream_from_template(probe.streams.video[0])
        stream.time_base = _TIME_BASE
        for packet, following in zip(run, [*run[1:], None], strict=True):
            piece = av.Packet(packet.data)
            piece.stream = stream
            piece.time_base = _TIME_BASE
            piece.pts = packet.pts - run[0].dts
            piece.dts = packet.dts - run[0].dts - early
            piece.duration = following.dts - packet.dts if following is not None else _LAST_TICKS
            piece.is_keyframe = packet.keyframe
            container.mux(piece)
