"""RTSP 1.0 messages (RFC 2326): requests read from a byte stream, answers and session descriptions written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.samples.tape import FPS, PAYLOAD_TYPE, Tape

MAX_HEAD = 16_384
"""Bytes a request's head may have."""

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Stream Not Found",
    405: "Method Not Allowed",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    503: "Service Unavailable",
}


class Malformed(Exception):
    """The peer does not speak RTSP."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]

    @property
    def cseq(self) -> str:
        """The number the answer must repeat."""
        return self.headers.get("cseq", "0")

    @property
    def path(self) -> str:
        """Path and query of the address, without the track's suffix."""
        rest = self.url
        if "://" in rest:
            _, _, rest = rest.partition("://")
            slash = rest.find("/")
            rest = rest[slash:] if slash >= 0 else "/"
        return rest.split("/trackID=", 1)[0].rstrip("/") or "/"


def take_request(buffer: bytearray) -> Request | None:
    """The next request, removed from the buffer; None if it is not complete.

    Interleaved frames from the client (its RTCP reports) in front of it are thrown away. Raises ``Malformed``.
    """
    while buffer[:1] == b"$":
        if len(buffer) < 4:
            return None
        length = int.from_bytes(buffer[2:4], "big")
        if len(buffer) < 4 + length:
            return None
        del buffer[: 4 + length]
    while buffer[:2] == b"\r\n":
        del buffer[:2]
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > MAX_HEAD:
            raise Malformed("the head of a request is too long")
        return None
    try:
        lines = buffer[:end].decode("utf-8").split("\r\n")
        method, url, version = lines[0].split(" ")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        body = int(headers.get("content-length", "0"))
    except ValueError as error:
        raise Malformed("not a request") from error
    if not version.startswith("RTSP/1.") or not 0 <= body <= MAX_HEAD:
        raise Malformed("not RTSP 1.0")
    if len(buffer) < end + 4 + body:
        return None
    del buffer[: end + 4 + body]
    return Request(method, url, headers)


def response(status: int, cseq: str, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """An answer's bytes."""
    lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {cseq}", "Server: Sample Camera"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def description(tape: Tape, host: str, kbps: int) -> str:
    """The SDP of one stream (RFC 4566, RFC 6184 section 8.2.1)."""
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {host}",
        "s=Media Presentation",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"b=AS:{kbps}",
        "a=control:trackID=0",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/90000",
        f"a=fmtp:{PAYLOAD_TYPE} profile-level-id={tape.profile_level_id};packetization-mode=1;"
        f"sprop-parameter-sets={tape.sprop}",
        f"a=framerate:{FPS}.0",
        "a=recvonly",
    ]
    return "\r\n".join(lines) + "\r\n"


@dataclass(frozen=True, slots=True)
class TransportChoice:
    """What a SETUP asked for: interleaved channels, or the client's two UDP ports."""

    interleaved: tuple[int, int] | None = None
    client_ports: tuple[int, int] | None = None


def choose_transport(header: str) -> TransportChoice | None:
    """The first transport of the header that we speak, or None (RFC 2326, 12.39)."""
    for offer in header.split(","):
        words = [word.strip() for word in offer.split(";")]
        options = dict(word.split("=", 1) for word in words if "=" in word)
        if "multicast" in words:
            continue
        try:
            if words[0].upper() == "RTP/AVP/TCP":
                first, last = _pair(options.get("interleaved", "0-1"))
                if 0 <= first <= 255 and 0 <= last <= 255:
                    return TransportChoice(interleaved=(first, last))
            elif words[0].upper() in ("RTP/AVP", "RTP/AVP/UDP") and "client_port" in options:
                first, last = _pair(options["client_port"])
                if 0 < first < 65536 and 0 < last < 65536:
                    return TransportChoice(client_ports=(first, last))
        except ValueError:
            continue
    return None


def _pair(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last) if last else int(first) + 1
