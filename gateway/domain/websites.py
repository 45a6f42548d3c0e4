"""Web sites: the name and the origin to which a browser binds passkeys, and where it refuses to (WebAuthn 5.1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit


class Obstacle(StrEnum):
    """Why no browser makes or uses a passkey at an address."""

    ADDRESS = "address"
    """It is a number: passkeys are bound to a name."""
    PLAIN = "plain"
    """It is neither HTTPS nor this machine itself."""


@dataclass(frozen=True, slots=True)
class WebSite:
    """The name that passkeys are bound to, the origin that browsers sign, and what stands in their way there."""

    name: str
    origin: str
    obstacle: Obstacle | None = None


def website_of(address: str) -> WebSite:
    """The site at the address that people type."""
    try:
        parts = urlsplit(address)
        name, port = (parts.hostname or "").rstrip("."), parts.port
        name = name if _is_number(name) else name.encode("idna").decode()
    except ValueError:
        return WebSite("", "", Obstacle.ADDRESS)
    usual = port is None or port == {"https": 443, "http": 80}.get(parts.scheme)
    origin = f"{parts.scheme}://{name}" if usual else f"{parts.scheme}://{name}:{port}"
    if not name or _is_number(name):
        return WebSite(name, origin, Obstacle.ADDRESS)
    here = name == "localhost" or name.endswith(".localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        return WebSite(name, origin, Obstacle.PLAIN)
    return WebSite(name, origin)


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
