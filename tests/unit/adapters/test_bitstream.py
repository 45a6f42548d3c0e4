from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import bitstream

SPS = bytes.fromhex("6764001facd9405005bb011000000300100000030320f1831960")
PPS = bytes.fromhex("68ebe3cb22c0")
IDR = b"\x65" + bytes(range(1, 60))
CODE = bitstream.START_CODE


def encoded(codec: str, width: int, height: int) -> bytes:
    """A keyframe made by a real encoder."""
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.framerate, context.time_base = 10, Fraction(1, 10)
    context.options = {"x265-params": "log-level=none"} if codec == "libx265" else {"tune": "zerolatency"}
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


@pytest.mark.parametrize("size", [(640, 360), (1920, 1080), (320, 240), (642, 362)])
@pytest.mark.parametrize(("encoder", "codec"), [("libx264", "h264"), ("libx265", "h265")])
def test_size_of_what_real_encoders_make(encoder, codec, size):
    data = encoded(encoder, *size)
    sets = bitstream.parameter_sets(data, codec)
    assert bitstream.complete(sets, codec)
    assert bitstream.picture_size(sets, codec) == size


def test_parameter_sets_are_distinct_and_end_at_the_first_slice():
    data = CODE + SPS + CODE + PPS + CODE + PPS + CODE + IDR + CODE + SPS
    assert bitstream.parameter_sets(data, "h264") == [SPS, PPS]


def test_without_parameters_keeps_the_rest_as_it_is():
    sei = b"\x06\x05\x01\x80"
    data = CODE + b"\x09\x10" + CODE + SPS + b"\x00\x00\x01" + PPS + CODE + sei + CODE + IDR
    assert bitstream.without_parameters(data, "h264") == CODE + sei + CODE + IDR


def test_a_set_that_was_sent_replaces_the_one_of_its_id_and_no_other():
    newer = PPS[:-1] + b"\xc1"
    assert bitstream.merged([SPS, PPS], [newer], "h264") == [SPS, newer]
    second = b"\x68\x5b\xe3\xcb\x22\xc0"
    assert bitstream.parameter_id(second, "h264") == (8, 1)
    assert bitstream.merged([SPS, PPS], [second], "h264") == [SPS, PPS, second]
    assert bitstream.merged([SPS, PPS, second], [newer], "h264") == [SPS, newer, second]


@pytest.mark.parametrize(("encoder", "codec"), [("libx264", "h264"), ("libx265", "h265")])
def test_a_decoder_can_begin_only_with_the_sets_that_the_slices_name(encoder, codec):
    data = encoded(encoder, 320, 240)
    sets = bitstream.parameter_sets(data, codec)
    assert bitstream.usable(data, sets, codec)
    assert not bitstream.usable(data, sets[:-1], codec)


def test_a_slice_that_names_a_set_that_never_came_is_nothing_to_begin_with():
    data = encoded("libx264", 320, 240)
    sps, _ = bitstream.parameter_sets(data, "h264")
    assert not bitstream.usable(data, [sps, b"\x68\x5b\xe3\xcb\x22\xc0"], "h264")


def test_avcc_becomes_annex_b_and_a_torn_tail_is_left_out():
    unit = len(IDR).to_bytes(4, "big") + IDR
    assert bitstream.annex_b(unit + unit[:-3]) == CODE + IDR


def test_an_avcc_record_gives_length_size_and_sets():
    record = b"\x01\x64\x00\x1f\xff\xe1" + len(SPS).to_bytes(2, "big") + SPS
    record += b"\x01" + len(PPS).to_bytes(2, "big") + PPS
    assert bitstream.from_configuration(record, "h264") == (4, CODE + SPS + CODE + PPS)
    assert bitstream.from_configuration(record[:12], "h264") == (4, b"")


@given(st.binary(max_size=300), st.sampled_from(["h264", "h265"]))
def test_hostile_bytes_raise_nothing(data, codec):
    for begin in (b"", CODE, CODE + SPS[:9], CODE + b"\x42\x01"):
        hostile = begin + data
        sets = bitstream.parameter_sets(hostile, codec)
        bitstream.picture_size(sets, codec)
        bitstream.usable(hostile, bitstream.merged(sets, sets, codec), codec)
        bitstream.without_parameters(hostile, codec)
        bitstream.annex_b(hostile)
        bitstream.from_configuration(hostile, codec)


@given(st.lists(st.binary(min_size=1, max_size=20).filter(lambda b: b"\x00\x00" not in b and b[-1] != 0), max_size=8))
def test_units_are_found_again(nals):
    data = bitstream.joined(nals)
    assert [data[begin:end] for begin, end in bitstream.units(data)] == nals


def test_no_decoder_is_needed():
    assert "import av" not in Path(bitstream.__file__).read_text()
