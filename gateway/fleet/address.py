"""Where a worker listens: ``unix:/path`` or ``tcp://host:port``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class LinkAddress:
    """A Unix socket's path, or a host and port; exactly one of the two."""

    path: str | None = None
    host: str | None = None
    port: int = 0

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path is not None else f"tcp://{self.host}:{self.port}"


def parse_address(text: str) -> LinkAddress:
    """The address in that text. Raises ``ValueError`` with one sentence that says what to write instead."""
    if text.startswith("unix:") and len(text) > len("unix:"):
        return LinkAddress(path=text.removeprefix("unix:"))
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme == "tcp" and parts.hostname and port and parts.path in ("", "/"):
        return LinkAddress(host=parts.hostname, port=port)
    raise ValueError(f"{text!r} is not a worker address: write unix:/path/to/socket or tcp://host:port")
