"""The segments are played back by a demuxer we did not write."""

from __future__ import annotations

import contextlib
import io
import itertools
import struct
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from gateway.domain.packets import Packet
from gateway.media import nal, rtp
from gateway.media.sps import Unplayable, shape
from gateway.media.units import Chronicle, Unit


def encoded(
    codec: str = "libx264", frames: int = 30, size: tuple[int, int] = (322, 182), **options: str
) -> list[Packet]:
    """Annex B access units of a moving pattern, as a worker would send them."""
    name = "h265" if "265" in codec else "h264"
    context = av.CodecContext.create(codec, "w")
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, 10)
    quiet = {"x265-params": "log-level=none:keyint=10"}
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10", **quiet, **options}
    packets = []
    for index in range(frames):
        picture = np.full((size[1] * 3 // 2, size[0]), (index * 7) % 255, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = index
        packets += context.encode(frame)
    packets += context.encode(None)
    return [Packet(9000 * i + 5, bool(p.is_keyframe), bytes(p), 0.0, 3, name) for i, p in enumerate(packets)]


def units_of(packets: list[Packet]) -> list[Unit]:
    chronicle = Chronicle()
    return [unit for packet in packets if (unit := chronicle.unit(packet)) is not None]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_demuxer_reads_every_picture_back(codec: str) -> None:
    units = units_of(encoded(codec))
    chapter = units[0].chapter
    assert (chapter.shape.width, chapter.shape.height) == (322, 182)
    file = io.BytesIO(chapter.initialisation + b"".join(unit.fragment for unit in units))
    with av.open(file) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (322, 182)
        pictures = list(container.decode(stream))
    assert len(pictures) == 30
    times = [picture.pts for picture in pictures]
    assert times == [times[0] + 9000 * index for index in range(30)]


def test_codec_strings_name_profile_and_level() -> None:
    assert units_of(encoded())[0].chapter.mime.startswith('video/mp4; codecs="avc1.42C0')
    mime = units_of(encoded("libx265"))[0].chapter.mime
    assert mime.startswith('video/mp4; codecs="hvc1.1.6.L')


def boxes(data: bytes) -> list[tuple[str, bytes]]:
    found = []
    while data:
        size, name = struct.unpack(">I4s", data[:8])
        found.append((name.decode(), data[8:size]))
        data = data[size:]
    return found


def test_a_fragment_is_one_moof_and_one_mdat_with_lengths_in_place_of_start_codes() -> None:
    unit = units_of(encoded())[3]
    (moof, inside), (mdat, samples) = boxes(unit.fragment)
    assert (moof, mdat) == ("moof", "mdat")
    (_, header), (_, traf) = boxes(inside)
    assert struct.unpack(">II", header) == (0, unit.number)
    tfhd, tfdt, trun = (body for _, body in boxes(traf))
    assert struct.unpack(">II", tfhd) == (0x020000, 1)
    assert struct.unpack(">IQ", tfdt) == (0x01000000, unit.time)
    head, count, offset, duration, size, flags, later = struct.unpack(">6Ii", trun)
    assert (head, later) == (0x01000F01, 0)
    assert (count, offset, flags) == (1, len(inside) + 16, 0x01010000)
    assert duration == unit.duration
    assert size == len(samples)
    while samples:
        (length,) = struct.unpack(">I", samples[:4])
        assert samples[4] & 0x1F == nal.H264_SLICE
        samples = samples[4 + length :]


def test_durations_are_long_enough_for_the_gap_that_follows() -> None:
    """Chromium drops everything until the next keyframe after a jump of more than twice the last duration."""
    packets = encoded(frames=20)
    jittery = [Packet(p.pts + (index % 3) * 2000, p.keyframe, p.data, 0.0, 3) for index, p in enumerate(packets)]
    without_one = units_of([*jittery[:11], *jittery[12:]])
    for unit, following in itertools.pairwise(without_one):
        assert following.time - unit.time <= 2 * unit.duration


def test_time_goes_on_over_a_change_of_generation() -> None:
    first = encoded(frames=5)
    second = [Packet(p.pts + 77, p.keyframe, p.data, 0.0, 4) for p in encoded(frames=5, size=(160, 90))]
    units = units_of(first + second)
    assert [unit.time for unit in units] == [9000 * index for index in range(10)]
    assert [unit.chapter.number for unit in units] == [0] * 5 + [1] * 5
    assert units[5].chapter.shape.width == 160


def test_nothing_comes_before_the_first_keyframe() -> None:
    assert units_of(encoded()[1:10]) == []


def test_missing_parameter_sets_are_said() -> None:
    with pytest.raises(Unplayable, match="no parameter sets"):
        shape("h264", {})
    with pytest.raises(Unplayable, match="too short"):
        shape("h264", {nal.H264_SPS: [b"\x67"], nal.H264_PPS: [b"\x68"]})


@pytest.mark.parametrize("cut", range(4, 24))
def test_a_broken_parameter_set_never_raises_anything_else(cut: int) -> None:
    sets = nal.parameter_sets("h264", encoded(frames=1)[0].data)
    sets[nal.H264_SPS] = [sets[nal.H264_SPS][0][:cut]]
    with contextlib.suppress(Unplayable):
        shape("h264", sets)


def test_rtp_payloads_put_together_are_the_access_unit() -> None:
    big = Packet(0, True, b"\0\0\0\1\x67ab\0\0\1\x68cd\0\0\0\1\x65" + bytes(range(1, 256)) * 40, 0.0)
    made = rtp.payloads(big.data)
    assert all(len(payload) <= rtp.PAYLOAD_MAX for payload in made)
    assert made[0] == b"\x78\0\3\x67ab\0\3\x68cd"
    assert made[1][1] == 0x85
    assert made[-1][1] == 0x45
    whole = bytes([made[1][0] & 0x60 | made[1][1] & 0x1F]) + b"".join(payload[2:] for payload in made[1:])
    assert whole == b"\x65" + bytes(range(1, 256)) * 40


def test_b_pictures_are_refused_for_webrtc() -> None:
    packets = encoded(bf="2", tune="film", **{"x264-params": "b-adapt=0:scenecut=0"})
    with pytest.raises(rtp.Bidirectional):
        [rtp.payloads(packet.data) for packet in packets]
    assert all(rtp.payloads(packet.data) for packet in encoded())


def out_of_order(frames: int = 40) -> list[Packet]:
    """Access units with B pictures, stamped as the adapter does once it knows their order."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 320, 180, "yuv420p"
    context.time_base = Fraction(1, 10)
    context.options = {"preset": "ultrafast", "bf": "3", "g": "20", "x264-params": "b-adapt=0:scenecut=0"}
    made = []
    for index in range(frames):
        picture = np.full((270, 320), (index * 6) % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = index
        made += context.encode(frame)
    made += context.encode(None)
    return [
        Packet(
            9000 * index, bool(packet.is_keyframe), bytes(packet), 0.0, 0, "h264", 9000 * (int(packet.pts) + 2 - index)
        )
        for index, packet in enumerate(made)
    ]


def test_pictures_sent_out_of_order_are_shown_in_order() -> None:
    packets = out_of_order()
    assert {packet.offset > 9000 for packet in packets} == {True, False}
    units = units_of(packets)
    file = io.BytesIO(units[0].chapter.initialisation + b"".join(unit.fragment for unit in units))
    with av.open(file) as container:
        pictures = list(container.decode(container.streams.video[0]))
    shown = [picture.pts for picture in pictures]
    assert [later - earlier for earlier, later in itertools.pairwise(shown)] == [9000] * 39
    brightness = [int(picture.to_ndarray(format="gray")[90, 160]) for picture in pictures]
    assert brightness == sorted(brightness)


def test_a_picture_shown_before_it_is_decoded_may_be_said() -> None:
    first, second = out_of_order()[:2]
    early = replace(second, offset=-4500)
    (_, unit) = units_of([first, early])
    ((_, inside), _) = boxes(unit.fragment)
    traf = boxes(inside)[1][1]
    assert struct.unpack(">6Ii", boxes(traf)[2][1])[6] == -4500


def test_every_parameter_set_is_kept_by_its_order() -> None:
    """A stream that changes between picture parameter sets needs all of them in its initialisation segment."""
    second = b"\x68\x5b\xe3\xcb\x22\xc0"
    first = encoded(frames=1)[0]
    sps, pps = (first.data[begin:end] for begin, end in nal.spans(first.data)[:2])
    data = b"".join(b"\0\0\0\1" + unit for unit in (sps, pps, second)) + first.data
    (unit,) = units_of([replace(first, data=data)])
    assert unit.chapter.sets == {nal.H264_SPS: [sps], nal.H264_PPS: [pps, second]}
    record = unit.chapter.initialisation.partition(b"avcC")[2]
    assert record[5:].startswith(
        b"\xe1" + len(sps).to_bytes(2, "big") + sps + b"\x02" + len(pps).to_bytes(2, "big") + pps
    )
    assert second in record


def test_r08_a_live_stream_has_no_track_of_sound() -> None:
    units = units_of(encoded())
    data = units[0].chapter.initialisation + b"".join(unit.fragment for unit in units)
    with av.open(io.BytesIO(data)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
