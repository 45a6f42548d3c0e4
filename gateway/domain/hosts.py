"""Hosts: where a device is, by name or by address; an address has one spelling, so that one device has one host."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def address_of(host: str) -> str | None:
    """The address in its shortest form and without brackets, None for a name. Raises ValueError with what to change."""
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        found = ip_address(bare)
    except ValueError:
        found = None
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        raise ValueError("has a zone (%), which one machine alone understands: write a name, or an address without it")
    if bare != host and not isinstance(found, IPv6Address):
        raise ValueError("has brackets around what is no IPv6 address: write a name or an address without them")
    return None if found is None else str(found)
