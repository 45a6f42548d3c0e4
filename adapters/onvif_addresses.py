"""The addresses an ONVIF device names for its streams and pictures, moved to the host that was dialled."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from gateway.ports import DeviceAddress, Unavailable

RTSP_PORT = 554


def stream_address(uri: str, host: str) -> DeviceAddress:
    """The RTSP address in a URI a device gave, at the dialled host and without credentials. Raises ``Unavailable``."""
    parts = _split(uri)
    if parts is None or parts[0] != "rtsp":
        raise Unavailable("the device names a stream that is not RTSP")
    _, port, path = parts
    return DeviceAddress("rtsp", host, port or RTSP_PORT, path)


def other_host(uri: str, host: str) -> str | None:
    """The host in a URI a device gave, None if it is the dialled one or none at all."""
    with suppress(ValueError):
        named = urlsplit(uri.strip()).hostname
        return None if named is None or named == host.lower() else named
    return None


def at_host(uri: str, host: str, port: int) -> str | None:
    """An HTTP address a device gave, at the dialled host; with the dialled port if it named another host."""
    parts = _split(uri)
    if parts is None or parts[0] not in ("http", "https"):
        return None
    scheme, named_port, path = parts
    with suppress(ValueError):
        if urlsplit(uri.strip()).hostname != host:
            named_port = port
    return urlunsplit((scheme, f"{bracketed(host)}:{named_port or port}", path, "", ""))


def _split(uri: str) -> tuple[str, int | None, str] | None:
    """Scheme, port, and path with query; None for what is no address."""
    try:
        parts = urlsplit(uri.strip())
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return parts.scheme.lower(), parts.port, path or "/"
    except ValueError:
        return None


def bracketed(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host
