"""Mutual TLS for worker links between machines: each end shows a certificate of the installation's own authority."""

from __future__ import annotations

import ssl
from pathlib import Path


def server_tls(cert: Path, key: Path, ca: Path) -> ssl.SSLContext:
    """Mutual TLS for the worker's end: only gateways with a certificate of that authority may speak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(cert, key)
    context.load_verify_locations(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_tls(cert: Path, key: Path, ca: Path) -> ssl.SSLContext:
    """Mutual TLS for the gateway's end."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(cert, key)
    return context
