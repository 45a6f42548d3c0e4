"""Sequence parameter sets: what a browser must be told before it plays a stream."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.media import nal


class Unplayable(Exception):
    """The parameter sets are missing, broken or of a kind no browser takes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the parameter sets say: the codec string of RFC 6381 and the picture's size in pixels."""

    codec: str
    width: int
    height: int
    chroma: int = 1
    luma_bits: int = 8
    chroma_bits: int = 8
    sub_layers: int = 1
    nested: bool = True


class _Bits:
    """Reads an RBSP bit by bit, emulation prevention bytes removed (H.264, 7.4.1)."""

    def __init__(self, nal_unit: bytes, header: int) -> None:
        rbsp = nal_unit[header:].replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(rbsp, "big")
        self._left = len(rbsp) * 8

    def read(self, count: int) -> int:
        """An unsigned number of that many bits."""
        if count > self._left:
            raise Unplayable("the sequence parameter set ends too soon")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned Exp-Golomb number (H.264, 9.1)."""
        zeros = 0
        while self.read(1) == 0:
            zeros += 1
            if zeros > 32:
                raise Unplayable("the sequence parameter set holds an impossible number")
        return (1 << zeros) - 1 + (self.read(zeros) if zeros else 0)

    def signed(self) -> int:
        """A signed Exp-Golomb number (H.264, 9.1.1)."""
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)


_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def h264(sps: bytes) -> Shape:
    """Reads an H.264 sequence parameter set (7.3.2.1.1). Raises ``Unplayable``."""
    if len(sps) < 5:
        raise Unplayable("the sequence parameter set is too short")
    profile, constraints, level = sps[1], sps[2], sps[3]
    bits = _Bits(sps, 4)
    bits.golomb()
    chroma, luma_bits, chroma_bits, separate = 1, 8, 8, False
    if profile in _WITH_CHROMA:
        chroma = bits.golomb()
        separate = chroma == 3 and bool(bits.read(1))
        luma_bits, chroma_bits = 8 + bits.golomb(), 8 + bits.golomb()
        bits.read(1)
        if bits.read(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.read(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.golomb()
    _skip_picture_order(bits)
    bits.golomb()
    bits.read(1)
    width, map_units = (bits.golomb() + 1) * 16, bits.golomb() + 1
    frames_only = bits.read(1)
    if not frames_only:
        bits.read(1)
    bits.read(1)
    height = map_units * 16 * (2 - frames_only)
    if bits.read(1):
        left, right, top, bottom = (bits.golomb() for _ in range(4))
        across = 2 if chroma in (1, 2) and not separate else 1
        down = (2 if chroma == 1 and not separate else 1) * (2 - frames_only)
        width -= (left + right) * across
        height -= (top + bottom) * down
    codec = f"avc1.{profile:02X}{constraints:02X}{level:02X}"
    return Shape(codec, _sane(width), _sane(height), chroma, luma_bits, chroma_bits)


def _skip_picture_order(bits: _Bits) -> None:
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.read(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed()


def _sane(size: int) -> int:
    if not 0 < size <= 16384:
        raise Unplayable("the sequence parameter set names an impossible picture size")
    return size


def h265(sps: bytes) -> Shape:
    """Reads an H.265 sequence parameter set (7.3.2.2); codec string by ISO/IEC 14496-15, E.3. Raises ``Unplayable``."""
    bits = _Bits(sps, 2)
    bits.read(4)
    sub_layers = bits.read(3) + 1
    nested = bool(bits.read(1))
    codec = _h265_codec(bits)
    present = [(bits.read(1), bits.read(1)) for _ in range(sub_layers - 1)]
    if present:
        bits.read(2 * (9 - sub_layers))
    for profile_there, level_there in present:
        bits.read(88 * profile_there + 8 * level_there)
    bits.golomb()
    chroma = bits.golomb()
    if chroma == 3:
        bits.read(1)
    width, height = bits.golomb(), bits.golomb()
    if bits.read(1):
        left, right, top, bottom = (bits.golomb() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1)
    luma_bits, chroma_bits = 8 + bits.golomb(), 8 + bits.golomb()
    return Shape(codec, _sane(width), _sane(height), chroma, luma_bits, chroma_bits, sub_layers, nested)


def _h265_codec(bits: _Bits) -> str:
    space, tier, profile = bits.read(2), bits.read(1), bits.read(5)
    compatible = int(f"{bits.read(32):032b}"[::-1], 2)
    constraints = bits.read(48).to_bytes(6, "big").rstrip(b"\x00")
    level = bits.read(8)
    tail = "".join(f".{byte:X}" for byte in constraints)
    return f"hvc1.{('', 'A', 'B', 'C')[space]}{profile}.{compatible:X}.{'LH'[tier]}{level}{tail}"


def shape(codec: str, sets: nal.Sets) -> Shape:
    """What the parameter sets of one keyframe say. Raises ``Unplayable`` with a sentence for the viewer."""
    if codec == "h264" and nal.H264_SPS in sets and nal.H264_PPS in sets:
        return h264(sets[nal.H264_SPS][0])
    if codec == "h265" and all(type_ in sets for type_ in nal.PARAMETER_SETS["h265"]):
        return h265(sets[nal.H265_SPS][0])
    raise Unplayable("the camera sends no parameter sets with its pictures")
