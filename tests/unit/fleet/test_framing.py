import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.packets import Packet
from gateway.fleet import framing
from gateway.fleet.framing import Splitter, WireError

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
messages = st.dictionaries(st.text(), json_values, max_size=5).map(lambda message: {**message, "type": "x"})
packets = st.builds(
    Packet,
    dts=st.integers(-(2**63), 2**63 - 1),
    offset=st.integers(-(2**31), 2**31 - 1),
    keyframe=st.booleans(),
    data=st.binary(max_size=500),
    arrived_at=st.floats(0, 4e9),
    generation=st.integers(0, 0xFFFF),
)


@given(messages)
def test_a_control_message_comes_back(message):
    (frame,) = Splitter().feed(framing.control_frame(message))
    assert framing.read_control(frame.payload) == message


@given(packets, st.integers(0, 2**32 - 1))
def test_a_packet_comes_back(packet, number):
    (frame,) = Splitter().feed(framing.packet_frame(number, packet))
    assert framing.stream_number(frame.payload) == number
    assert framing.read_packet(frame.payload) == (number, packet)


@given(messages, st.binary(max_size=2000))
def test_a_blob_comes_back(header, data):
    (frame,) = Splitter().feed(framing.blob_frame(header, data))
    assert framing.read_blob(frame.payload) == (header, data)


@given(st.lists(packets, max_size=6), st.lists(st.integers(1, 200), max_size=50))
def test_frames_survive_any_cutting(items, cuts):
    stream = b"".join(framing.packet_frame(7, packet) for packet in items)
    splitter, found, position = Splitter(), [], 0
    for cut in [*cuts, len(stream)]:
        found += splitter.feed(stream[position : position + cut])
        position += cut
    assert [framing.read_packet(frame.payload)[1] for frame in found] == items


@given(st.binary(max_size=400))
def test_hostile_bytes_raise_only_wire_errors(data):
    try:
        for frame in Splitter().feed(data):
            for read in (framing.read_control, framing.read_packet, framing.read_blob, framing.stream_number):
                try:
                    read(frame.payload)
                except WireError:
                    continue
    except WireError:
        return


@given(st.sampled_from([framing.CONTROL, framing.PACKET, framing.BLOB]), st.binary(max_size=200))
def test_hostile_payloads_raise_only_wire_errors(kind, payload):
    (frame,) = Splitter().feed(struct.pack("!IB", len(payload) + 1, kind) + payload)
    for read in (framing.read_control, framing.read_packet, framing.read_blob):
        try:
            read(frame.payload)
        except WireError:
            continue


@pytest.mark.parametrize(
    "payload",
    [b"[]", b'{"type": 1}', b'{"type": "x", "n": NaN}', b'{"type": "x", "n": Infinity}', b"[" * 100_000, b"\xff", b""],
)
def test_a_control_message_that_is_none_is_refused(payload):
    with pytest.raises(WireError):
        framing.read_control(payload)


def test_a_length_beyond_the_limit_is_refused_before_its_bytes_come():
    with pytest.raises(WireError):
        list(Splitter().feed(struct.pack("!IB", framing.MAX_FRAME + 1, framing.CONTROL)))
    with pytest.raises(WireError):
        list(Splitter().feed(struct.pack("!IB", 0, framing.CONTROL)))
    with pytest.raises(WireError):
        list(Splitter().feed(struct.pack("!IB", 5, 9)))


def test_too_large_a_packet_is_refused_on_the_way_out():
    with pytest.raises(WireError):
        framing.packet_frame(1, Packet(0, True, bytes(framing.MAX_FRAME), 0.0))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_packet_without_a_real_time_is_refused(value):
    with pytest.raises(WireError):
        framing.read_packet(struct.pack("!IBqdH", 1, 0, 0, value, 0))
