"""Fragmented MP4 (ISO/IEC 14496-12): one initialisation segment, then one fragment for every access unit."""

from __future__ import annotations

import struct

from gateway.domain.packets import CLOCK_RATE
from gateway.media import nal
from gateway.media.sps import Shape

_KEY_FLAGS = 0x02000000
"""sample_depends_on 2: a picture that can be decoded by itself (8.8.3.1)."""
_OTHER_FLAGS = 0x01010000
"""sample_depends_on 1 and sample_is_non_sync_sample."""

_FRAGMENT = struct.Struct(">I4sI4sIII4sI4sIII4sIQI4sIIIIIIiI4s")
_MOOF = 16 + 8 + 16 + 20 + 36 + 8
_LENGTH = struct.Struct(">I")


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _LENGTH.pack(len(body) + 8) + name + body


def _full(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(name, struct.pack(">I", version << 24 | flags), *parts)


MOST_SPS, MOST_PPS = 31, 255
"""How many a configuration record can count (ISO/IEC 14496-15, 5.3.3.1.2)."""


def _lengths(units: list[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def _listed(flags: int, units: list[bytes]) -> bytes:
    return bytes([flags | len(units)]) + _lengths(units)


def _avcc(sets: nal.Sets, shape: Shape) -> bytes:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1)."""
    sps = sets[nal.H264_SPS][0]
    record = bytes([1, sps[1], sps[2], sps[3], 0xFF])
    record += _listed(0xE0, sets[nal.H264_SPS][:MOST_SPS]) + _listed(0, sets[nal.H264_PPS][:MOST_PPS])
    if sps[1] in (100, 110, 122, 144):
        record += bytes([0xFC | shape.chroma, 0xF8 | (shape.luma_bits - 8), 0xF8 | (shape.chroma_bits - 8), 0])
    return _box(b"avcC", record)


def _hvcc(sets: nal.Sets, shape: Shape) -> bytes:
    """HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1)."""
    profile = sets[nal.H265_SPS][0][2:].replace(b"\x00\x00\x03", b"\x00\x00")[1:13]
    record = b"\x01" + profile + struct.pack(">HB", 0xF000, 0xFC)
    record += bytes([0xFC | shape.chroma, 0xF8 | (shape.luma_bits - 8), 0xF8 | (shape.chroma_bits - 8), 0, 0])
    record += bytes([shape.sub_layers << 3 | shape.nested << 2 | 3, 3])
    for type_ in (nal.H265_VPS, nal.H265_SPS, nal.H265_PPS):
        record += struct.pack(">BH", 0x80 | type_, len(sets[type_])) + _lengths(sets[type_])
    return _box(b"hvcC", record)


_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _sample_table(codec: str, sets: nal.Sets, shape: Shape) -> bytes:
    configuration = _avcc(sets, shape) if codec == "h264" else _hvcc(sets, shape)
    entry = _box(
        shape.codec[:4].encode(),
        bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HH", shape.width, shape.height),
        struct.pack(">IIIH", 0x480000, 0x480000, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1),
        configuration,
    )
    empty = [_full(name, 0, 0, bytes(4)) for name in (b"stts", b"stsc", b"stco")]
    return _box(b"stbl", _full(b"stsd", 0, 0, struct.pack(">I", 1), entry), *empty, _full(b"stsz", 0, 0, bytes(8)))


def initialisation(codec: str, sets: nal.Sets, shape: Shape) -> bytes:
    """The initialisation segment (ftyp and moov) of a stream with one video track of 90 kHz."""
    ftyp = _box(b"ftyp", b"iso5", struct.pack(">I", 512), b"iso5iso6mp41")
    times = struct.pack(">IIIIIH", 0, 0, 1000, 0, 0x10000, 0x100)
    mvhd = _full(b"mvhd", 0, 0, times, bytes(10), _MATRIX, bytes(24), struct.pack(">I", 2))
    size = struct.pack(">II", shape.width << 16, shape.height << 16)
    tkhd = _full(b"tkhd", 0, 3, struct.pack(">IIIII", 0, 0, 1, 0, 0), bytes(16), _MATRIX, size)
    mdhd = _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, CLOCK_RATE, 0, 0x55C4, 0))
    hdlr = _full(b"hdlr", 0, 0, bytes(4) + b"vide" + bytes(12) + b"video\x00")
    dref = _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1))
    vmhd = _full(b"vmhd", 0, 1, bytes(8))
    minf = _box(b"minf", vmhd, _box(b"dinf", dref), _sample_table(codec, sets, shape))
    trak = _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf))
    trex = _full(b"trex", 0, 0, struct.pack(">IIIII", 1, 1, 0, 0, 0))
    return ftyp + _box(b"moov", mvhd, trak, _box(b"mvex", trex))


def fragment(codec: str, data: bytes, number: int, time: int, duration: int, keyframe: bool, offset: int = 0) -> bytes:
    """One access unit as moof and mdat. ``data`` is Annex B; times are in ticks of 90 kHz; ``number`` counts from 1.

    It is decoded at ``time`` and shown ``offset`` later (earlier if negative, which version 1 of ``trun`` may say).
    """
    pieces: list[bytes] = []
    size = 0
    for begin, end in nal.pictures(codec, data):
        pieces.append(_LENGTH.pack(end - begin))
        pieces.append(data[begin:end])
        size += end - begin + 4
    head = _FRAGMENT.pack(
        *(_MOOF, b"moof"),
        *(16, b"mfhd", 0, number & 0xFFFFFFFF),
        *(_MOOF - 24, b"traf"),
        *(16, b"tfhd", 0x020000, 1),
        *(20, b"tfdt", 0x01000000, time),
        *(36, b"trun", 0x01000F01, 1, _MOOF + 8, duration, size, _KEY_FLAGS if keyframe else _OTHER_FLAGS, offset),
        *(size + 8, b"mdat"),
    )
    return b"".join((head, *pieces))
