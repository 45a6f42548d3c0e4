"""H.264 and H.265 byte streams: NAL units, parameter sets and picture sizes, without decoding anything.

Clauses: ITU-T H.264 (7.3.1, 7.3.2.1.1, Annex B) and H.265 (7.3.1.2, 7.3.2.2, Annex B).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

START_CODE = b"\x00\x00\x00\x01"
_SHORT_CODE = b"\x00\x00\x01"

H264_PARAMETERS = frozenset({7, 8, 13})
"""SPS, PPS and the SPS extension."""
H265_PARAMETERS = frozenset({32, 33, 34})
"""VPS, SPS, PPS."""


@dataclass(frozen=True, slots=True)
class Syntax:
    """Which NAL unit types mean what in one codec."""

    parameters: frozenset[int]
    sps: int
    delimiter: int
    slices: frozenset[int]
    shift: int
    mask: int

    def type_of(self, nal: bytes) -> int:
        """The type of a NAL unit, -1 for an empty one."""
        return (nal[0] >> self.shift) & self.mask if nal else -1


SYNTAX = {
    "h264": Syntax(H264_PARAMETERS, 7, 9, frozenset(range(1, 6)), 0, 0x1F),
    "h265": Syntax(H265_PARAMETERS, 33, 35, frozenset(range(0, 32)), 1, 0x3F),
}


def units(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each NAL unit of an Annex B byte stream begins and ends, start codes and trailing zeros left out."""
    position = data.find(_SHORT_CODE)
    while position >= 0:
        begin = position + 3
        position = data.find(_SHORT_CODE, begin)
        end = len(data) if position < 0 else position
        while end > begin and data[end - 1] == 0:
            end -= 1
        if end > begin:
            yield begin, end


def is_annex_b(data: bytes) -> bool:
    """Whether the bytes begin with a start code."""
    return data.startswith((START_CODE, _SHORT_CODE))


def annex_b(data: bytes, length_size: int = 4) -> bytes:
    """An access unit of length-prefixed NAL units (AVCC, ISO/IEC 14496-15) as Annex B; a torn tail is left out."""
    parts: list[bytes] = []
    position = 0
    while position + length_size <= len(data):
        length = int.from_bytes(data[position : position + length_size])
        position += length_size
        if length == 0 or position + length > len(data):
            break
        parts.append(data[position : position + length])
        position += length
    return joined(parts)


def from_configuration(record: bytes, codec: str) -> tuple[int, bytes]:
    """The length size and the parameter sets in Annex B of an avcC or hvcC record (ISO/IEC 14496-15, 5.3.3 and 8.3.3).

    A record that is cut short yields what could be read.
    """
    nals: list[bytes] = []
    try:
        if codec == "h264":
            position = _read_nals(record, 6, record[5] & 0x1F, nals)
            _read_nals(record, position + 1, record[position], nals)
            return (record[4] & 3) + 1, joined(nals)
        position = 23
        for _ in range(record[22]):
            count = int.from_bytes(record[position + 1 : position + 3])
            position = _read_nals(record, position + 3, count, nals)
        return (record[21] & 3) + 1, joined(nals)
    except IndexError:
        return 4, joined(nals)


def _read_nals(record: bytes, position: int, count: int, into: list[bytes]) -> int:
    """Reads that many NAL units with 16-bit lengths; where the next field is. Raises ``IndexError``."""
    for _ in range(count):
        length = int.from_bytes(record[position : position + 2])
        position += 2 + length
        if length == 0 or position > len(record):
            raise IndexError
        into.append(record[position - length : position])
    return position


def joined(nals: list[bytes]) -> bytes:
    """NAL units as an Annex B byte stream."""
    return b"".join(START_CODE + nal for nal in nals)


def parameter_sets(data: bytes, codec: str) -> list[bytes]:
    """The distinct parameter sets of an access unit or of extradata, in order, as NAL units."""
    syntax = SYNTAX[codec]
    found: dict[bytes, None] = {}
    for begin, end in units(data):
        kind = syntax.type_of(data[begin : begin + 1])
        if kind in syntax.slices:
            break
        if kind in syntax.parameters:
            found[data[begin:end]] = None
    return list(found)


def without_parameters(data: bytes, codec: str) -> bytes:
    """The access unit without parameter sets and delimiter, in Annex B; everything from the first slice on as is."""
    syntax = SYNTAX[codec]
    kept: list[bytes] = []
    for begin, end in units(data):
        kind = syntax.type_of(data[begin : begin + 1])
        if kind in syntax.slices:
            return joined(kept) + START_CODE + data[begin:]
        if kind not in syntax.parameters and kind != syntax.delimiter:
            kept.append(data[begin:end])
    return joined(kept)


def merged(known: list[bytes], seen: list[bytes], codec: str) -> list[bytes]:
    """The parameter sets in force after ``seen`` arrived: each replaces the one of its type and id, and no other."""
    kept = {parameter_id(nal, codec): nal for nal in [*known, *seen]}
    return [kept[key] for key in sorted(kept)]


_LARGEST_ID = 255


def parameter_id(nal: bytes, codec: str) -> tuple[int, int]:
    """Type and id of a parameter set; -1 stands for an id that cannot be read."""
    kind = SYNTAX[codec].type_of(nal)
    try:
        number = _read_id(nal, kind, codec)
    except ValueError:
        return kind, -1
    return kind, number if number <= _LARGEST_ID else -1


def _read_id(nal: bytes, kind: int, codec: str) -> int:
    head = nal[:64]
    if codec == "h264":
        return _Bits(head, 4 if kind in (7,) else 1).ue()
    bits = _Bits(nal[:128], 2)
    if kind == 32:
        return bits.u(4)
    if kind == 33:
        bits.u(4)
        sub_layers = bits.u(3)
        bits.u(1)
        _h265_skip_levels(bits, sub_layers)
    return bits.ue()


def _slice_pps(data: bytes, codec: str) -> int | None:
    """The id of the PPS that the access unit's first slice refers to; None if there is no slice that says."""
    syntax = SYNTAX[codec]
    for begin, end in units(data):
        kind = syntax.type_of(data[begin : begin + 1])
        if kind not in syntax.slices:
            continue
        bits = _Bits(data[begin : min(end, begin + 24)], syntax.shift + 1)
        try:
            if codec == "h264":
                if kind not in (1, 2, 5):
                    return None
                bits.ue()
                bits.ue()
            else:
                if not bits.u(1):
                    return None
                if 16 <= kind <= 23:
                    bits.u(1)
            return bits.ue()
        except ValueError:
            return None
    return None


def usable(data: bytes, sets: list[bytes], codec: str) -> bool:
    """Whether a decoder can begin with this access unit: all sets are there, and the one that its slices name."""
    if not complete(sets, codec):
        return False
    wanted = _slice_pps(data, codec)
    pps = 8 if codec == "h264" else 34
    ids = {number for kind, number in (parameter_id(nal, codec) for nal in sets) if kind == pps}
    return wanted is None or wanted in ids or -1 in ids


def complete(sets: list[bytes], codec: str) -> bool:
    """Whether a decoder can begin with these."""
    needed = {7, 8} if codec == "h264" else {32, 33, 34}
    return needed <= {SYNTAX[codec].type_of(nal) for nal in sets}


class _Bits:
    """Reads the bits of a raw byte sequence payload, emulation prevention removed."""

    def __init__(self, nal: bytes, skip: int) -> None:
        payload = nal[skip:].replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(payload)
        self._left = len(payload) * 8

    def u(self, count: int) -> int:
        """The next bits as an unsigned number."""
        self._left -= count
        if self._left < 0:
            raise ValueError("a parameter set ends early")
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self) -> int:
        """The next Exp-Golomb code (H.264, 9.1)."""
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
            if zeros > 32:
                raise ValueError("a parameter set holds no such number")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """The next signed Exp-Golomb code (H.264, 9.1.1)."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def picture_size(sets: list[bytes], codec: str) -> tuple[int, int]:
    """Width and height in pixels after cropping, by the first SPS; (0, 0) if there is none that can be read."""
    syntax = SYNTAX[codec]
    for nal in sets:
        if syntax.type_of(nal) == syntax.sps:
            try:
                return _h264_size(nal) if codec == "h264" else _h265_size(nal)
            except ValueError:
                return 0, 0
    return 0, 0


def _h264_size(nal: bytes) -> tuple[int, int]:
    bits = _Bits(nal, 1)
    profile = bits.u(8)
    bits.u(16)
    bits.ue()
    chroma = 1
    if profile in (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135):
        chroma = _h264_chroma(bits)
    bits.ue()
    _h264_order_count(bits)
    bits.ue()
    bits.u(1)
    width = (bits.ue() + 1) * 16
    map_units = bits.ue() + 1
    frames_only = bits.u(1)
    height = (2 - frames_only) * map_units * 16
    if not frames_only:
        bits.u(1)
    bits.u(1)
    if bits.u(1):
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= (bits.ue() + bits.ue()) * unit_x
        height -= (bits.ue() + bits.ue()) * unit_y
    return _sane(width, height)


def _h264_chroma(bits: _Bits) -> int:
    """Reads the part of a High profile SPS that others lack; the chroma format."""
    chroma = bits.ue()
    if chroma == 3:
        bits.u(1)
    bits.ue()
    bits.ue()
    bits.u(1)
    if bits.u(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.u(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _h264_order_count(bits: _Bits) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.u(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def _h265_size(nal: bytes) -> tuple[int, int]:
    bits = _Bits(nal, 2)
    bits.u(4)
    sub_layers = bits.u(3)
    bits.u(1)
    _h265_skip_levels(bits, sub_layers)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.u(1)
    width, height = bits.ue(), bits.ue()
    if bits.u(1):
        unit_x, unit_y = (2 if chroma in (1, 2) else 1), (2 if chroma == 1 else 1)
        width -= (bits.ue() + bits.ue()) * unit_x
        height -= (bits.ue() + bits.ue()) * unit_y
    return _sane(width, height)


def _h265_skip_levels(bits: _Bits, sub_layers: int) -> None:
    """Reads past profile_tier_level (7.3.3)."""
    bits.u(96)
    present = [(bits.u(1), bits.u(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.u(2 * (8 - sub_layers))
    for profile, level in present:
        bits.u(88 * profile + 8 * level)


def _sane(width: int, height: int) -> tuple[int, int]:
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise ValueError("a parameter set names no size a camera has")
    return width, height
