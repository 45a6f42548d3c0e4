"""Offers of WebRTC peers (SDP, RFC 8866), put so that aiortc finds the H.264 that they can take."""

from __future__ import annotations

import re

_H264 = re.compile(r"a=rtpmap:(\d+) h264/", re.IGNORECASE)
_FORMAT = re.compile(r"a=fmtp:(\d+) (.*)")
_MODE = "packetization-mode="


def with_mode(offer: str) -> str:
    """The offer with packetization mode 1 for H.264 that names no mode, in parts where none is named.

    By RFC 6184 that is mode 0, which no camera's pictures fit into, and GStreamer means whatever comes. Firefox means
    mode 0, and names mode 1 beside it.
    """
    parts = re.split(r"(?m)^(?=m=)", "".join(f"{line}\r\n" for line in offer.splitlines()))
    return "".join(_part_with_mode(part.splitlines()) for part in parts)


def _part_with_mode(lines: list[str]) -> str:
    payloads = {found[1] for line in lines if (found := _H264.match(line))}
    formats = {found[1]: _parameters(found[2]) for line in lines if (found := _FORMAT.match(line))}
    named = {payload: formats.get(payload, []) for payload in payloads}
    missing = not any(one.startswith(_MODE) for parameters in named.values() for one in parameters)
    made: list[str] = []
    for line in lines:
        found = _H264.match(line) or _FORMAT.match(line)
        payload = found[1] if found else ""
        if payload not in named:
            made.append(line)
        elif line.startswith("a=rtpmap:"):
            parameters = [*named[payload], *([f"{_MODE}1"] if missing else [])]
            made += [line, *([f"a=fmtp:{payload} {';'.join(parameters)}"] if parameters else [])]
    return "".join(f"{line}\r\n" for line in made)


def _parameters(format_: str) -> list[str]:
    """The parameters of a format, without the blanks that some write between them."""
    return [one.strip() for one in format_.split(";") if one.strip()]
