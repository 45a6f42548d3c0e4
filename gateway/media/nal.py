"""NAL units: cutting an access unit at its start codes (ITU-T H.264 and H.265, Annex B)."""

from __future__ import annotations

_START = b"\x00\x00\x01"

H264_SLICE = 1
H264_IDR = 5
H264_SPS = 7
H264_PPS = 8
H264_DELIMITER = 9

H265_VPS = 32
H265_SPS = 33
H265_PPS = 34
H265_DELIMITER = 35

PARAMETER_SETS: dict[str, frozenset[int]] = {
    "h264": frozenset({H264_SPS, H264_PPS}),
    "h265": frozenset({H265_VPS, H265_SPS, H265_PPS}),
}
"""NAL types that live in the initialisation segment, by codec."""

Sets = dict[int, list[bytes]]
"""Parameter sets by NAL type; a stream may have several of each and choose among them picture by picture."""

_DELIMITERS = {"h264": H264_DELIMITER, "h265": H265_DELIMITER}


def spans(data: bytes) -> list[tuple[int, int]]:
    """Where each NAL unit begins and ends in an Annex B access unit, start codes and padding left out."""
    found: list[tuple[int, int]] = []
    at = data.find(_START)
    while at != -1:
        begin = at + 3
        at = data.find(_START, begin)
        end = len(data) if at == -1 else at
        while end > begin and data[end - 1] == 0:
            end -= 1
        if end > begin:
            found.append((begin, end))
    return found


def kind(codec: str, first: int) -> int:
    """The NAL type told by the first byte of its header."""
    return (first >> 1) & 0x3F if codec == "h265" else first & 0x1F


def parameter_sets(codec: str, data: bytes) -> Sets:
    """The distinct parameter sets of an access unit in their order, by NAL type."""
    wanted = PARAMETER_SETS.get(codec, frozenset())
    found: Sets = {}
    for begin, end in spans(data):
        type_ = kind(codec, data[begin])
        if type_ in wanted and data[begin:end] not in (known := found.setdefault(type_, [])):
            known.append(data[begin:end])
    return found


def pictures(codec: str, data: bytes) -> list[tuple[int, int]]:
    """Spans of everything that goes into a sample: no parameter sets and no delimiters."""
    left_out = PARAMETER_SETS[codec] | {_DELIMITERS[codec]}
    return [span for span in spans(data) if kind(codec, data[span[0]]) not in left_out]


def bidirectional(data: bytes, begin: int) -> bool:
    """True if the H.264 slice that begins there is a B slice (7.3.3: first_mb_in_slice, slice_type)."""
    if data[begin] & 0x1F != H264_SLICE:
        return False
    bits = int.from_bytes(data[begin + 1 : begin + 9].ljust(8, b"\x00"), "big")
    left = 64
    value = 0
    for _ in range(2):
        zeros = left - bits.bit_length()
        if zeros * 2 + 1 > left:
            return False
        left -= zeros * 2 + 1
        value = (bits >> left) - 1
        bits &= (1 << left) - 1
    return value in (1, 6)
