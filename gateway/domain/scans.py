"""Scans: which addresses of a network may be asked whether a camera is there, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network, summarize_address_range

MAX_ADDRESSES = 1024
MAX_PORTS = 6
PORTS = (80, 554, 8000)
"""Where ONVIF and RTSP usually listen."""

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""Networks that may be scanned unless the operator says otherwise; never this machine itself."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What is to be asked: everybody who hears a WS-Discovery probe, and each of these addresses at these ports.

    ``loopback``: the probe also goes out on this machine's own loopback.
    """

    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """Something that looks like a camera: where it answers, by which scheme ("onvif" or "rtsp"), what it says it is."""

    host: str
    port: int
    scheme: str
    name: str


def networks(texts: Sequence[str]) -> tuple[IPv4Network, ...]:
    """The networks of these texts. Raises ValueError."""
    return tuple(IPv4Network(text) for text in texts)


def within(host: str, allowed: Sequence[IPv4Network]) -> bool:
    """True if the host is an address (not a name) in one of the networks."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return isinstance(address, IPv4Address) and any(address in network for network in allowed)


def addresses_of(text: str, allowed: Sequence[IPv4Network]) -> tuple[str, ...]:
    """The addresses that a text names: "192.0.2.0/28", "192.0.2.1-192.0.2.20" or one address.

    Raises ValueError with one sentence if it is none of these, is too large, or leaves the allowed networks.
    """
    try:
        parts = _parts(text.strip())
    except ValueError:
        raise ValueError("a range is written as 192.168.1.0/24 or as 192.168.1.1-192.168.1.60") from None
    if sum(part.num_addresses for part in parts) > MAX_ADDRESSES:
        raise ValueError(f"a range has at most {MAX_ADDRESSES} addresses: split it")
    outside = [part for part in parts if not any(part.subnet_of(network) for network in allowed)]
    if outside:
        names = ", ".join(str(network) for network in allowed) or "none"
        raise ValueError(f"{outside[0]} is outside the networks that may be scanned: {names}")
    return tuple(str(address) for part in parts for address in _askable(part))


def _parts(text: str) -> list[IPv4Network]:
    first, dash, last = text.partition("-")
    if dash:
        begin, end = IPv4Address(first.strip()), IPv4Address(last.strip())
        return [part for part in summarize_address_range(begin, end) if isinstance(part, IPv4Network)]
    network = ip_network(text, strict=False)
    if not isinstance(network, IPv4Network):
        raise ValueError("not IPv4")
    return [network]


def _askable(part: IPv4Network) -> list[IPv4Address]:
    return list(part.hosts()) if part.prefixlen < 31 else list(part)
