"""RTP payloads of H.264 (RFC 6184, packetization mode 1), made once for a stream and shared by all its viewers."""

from __future__ import annotations

from gateway.media import nal

PAYLOAD_MAX = 1200
"""Bytes of payload: fits WebRTC's usual MTU with every header and the authentication tag."""

_STAP_A = 24
_FU_A = 28


class Bidirectional(Exception):
    """The picture has B slices: WebRTC has no decode times and cannot carry it."""


def payloads(data: bytes) -> list[bytes]:
    """The payloads of one Annex B access unit, in order. Raises ``Bidirectional``."""
    made: list[bytes] = []
    small: list[bytes] = []
    for begin, end in nal.spans(data):
        type_ = data[begin] & 0x1F
        if type_ == nal.H264_DELIMITER:
            continue
        if nal.bidirectional(data, begin):
            raise Bidirectional
        if type_ in nal.PARAMETER_SETS["h264"]:
            small.append(data[begin:end])
            continue
        if small:
            made.extend(_aggregated(small))
            small = []
        made.extend(_single(data, begin, end))
    made.extend(_aggregated(small))
    return made


def _aggregated(units: list[bytes]) -> list[bytes]:
    """Parameter sets in one STAP-A (5.7.1), or one payload each if they do not fit."""
    if len(units) < 2 or sum(map(len, units)) + 2 * len(units) + 1 > PAYLOAD_MAX:
        return [payload for unit in units for payload in _single(unit, 0, len(unit))]
    head = bytes([max(unit[0] & 0x60 for unit in units) | _STAP_A])
    return [head + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)]


def _single(data: bytes, begin: int, end: int) -> list[bytes]:
    """One NAL unit as it is (5.6), or in FU-A fragments of even size (5.8)."""
    if end - begin <= PAYLOAD_MAX:
        return [data[begin:end]]
    indicator, type_ = data[begin] & 0x60 | _FU_A, data[begin] & 0x1F
    begin += 1
    count = -(-(end - begin) // (PAYLOAD_MAX - 2))
    step = -(-(end - begin) // count)
    first, middle, last = (bytes([indicator, type_ | flag]) for flag in (0x80, 0, 0x40))
    made = []
    for at in range(begin, end, step):
        head = first if at == begin else last if at + step >= end else middle
        made.append(head + data[at : min(at + step, end)])
    return made
