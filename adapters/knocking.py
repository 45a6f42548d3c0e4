"""Knocking at an address to hear whether a camera is there: what speaks RTSP or ONVIF at a port, without signing in."""

from __future__ import annotations

import asyncio
from contextlib import suppress

PATIENCE_SECONDS = 1.5
MAX_ANSWER_BYTES = 16_384

_OPTIONS = b"OPTIONS rtsp://%s:%d/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: gateway\r\n\r\n"
_ENVELOPE = (
    b'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    b'<s:Body><GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)
_ASK = (
    b"POST /onvif/device_service HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n"
    b"Content-Type: application/soap+xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
)


async def knock(host: str, port: int) -> str | None:
    """What speaks there: "onvif", "rtsp", or None for nothing, and for what is neither. Never raises."""
    heard = await _said(host, port, _OPTIONS % (host.encode(), port))
    if heard is None:
        return None
    if heard.startswith(b"RTSP/1.0"):
        return "rtsp"
    answer = await _said(host, port, _ASK % (host.encode(), port, len(_ENVELOPE)) + _ENVELOPE)
    if answer is not None and b"www.onvif.org" in answer:
        return "onvif"
    return None


async def _said(host: str, port: int, words: bytes) -> bytes | None:
    """What is answered to these bytes, at most a few thousand; b"" for silence, None if nobody is there."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return None
    heard = b""
    try:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                writer.write(words)
                await writer.drain()
                while len(heard) < MAX_ANSWER_BYTES and (more := await reader.read(MAX_ANSWER_BYTES)):
                    heard += more
                    if heard.startswith(b"RTSP/1.0"):
                        break
    finally:
        writer.close()
    return heard
