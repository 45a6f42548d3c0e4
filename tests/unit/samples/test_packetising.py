from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from gateway.samples.tape import access_units, nal_units, packetise


def unpack(data: bytes, starts: tuple[int, ...]) -> list[bytes]:
    """The NAL units in a picture's packets, put together as a receiver does (RFC 6184, 5.7 and 5.8)."""
    nals: list[bytes] = []
    ends = [*(start - 6 for start in starts[1:]), len(data)]
    for start, end in zip(starts, ends, strict=True):
        payload = data[start + 10 : end]
        kind = payload[0] & 0x1F
        if kind == 24:
            rest = payload[1:]
            while rest:
                (length,) = struct.unpack_from(">H", rest)
                nals.append(rest[2 : 2 + length])
                rest = rest[2 + length :]
        elif kind == 28:
            if payload[1] & 0x80:
                nals.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]))
            nals[-1] += payload[2:]
        else:
            nals.append(payload)
    return nals


def nal(kind: int, size: int) -> bytes:
    return bytes([0x60 | kind, 0x88]) + bytes((i * 7 + kind) % 255 + 1 for i in range(size))


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=4), st.booleans())
def test_a_receiver_gets_the_very_same_units(sizes: list[int], key: bool) -> None:
    nals = [nal(5 if key else 1, size) for size in sizes]
    if key:
        nals = [nal(7, 20), nal(8, 5), *nals]
    unit = packetise(nals)
    assert unpack(unit.data, unit.starts) == nals
    assert unit.keyframe is key


def test_packets_have_headers_that_fit_them_and_one_marker_at_the_end() -> None:
    unit = packetise([nal(7, 20), nal(8, 5), nal(5, 5000)])
    at, markers = 0, []
    for start in unit.starts:
        assert unit.data[at : at + 2] == b"$\0"
        length = int.from_bytes(unit.data[at + 2 : at + 4], "big")
        assert start == at + 6
        assert length <= 1412
        assert unit.data[at + 4] == 0x80
        markers.append(unit.data[at + 5] >> 7)
        at += 4 + length
    assert at == len(unit.data)
    assert markers == [0] * (len(markers) - 1) + [1]


def test_access_units_begin_at_parameter_sets_and_at_first_slices() -> None:
    second_slice = bytes([0x61, 0x40, 9, 9])
    units = [[nal(7, 9), nal(8, 4), nal(5, 30)], [nal(1, 12), second_slice], [nal(1, 3)]]
    stream = b"".join(b"\0\0\0\1" + part for unit in units for part in unit)
    assert list(nal_units(stream)) == [part for unit in units for part in unit]
    assert list(access_units(stream)) == units
