"""How the gateway is served to browsers: plain on loopback, over TLS everywhere else."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from gateway.app.certificates import certificate_files
from gateway.app.footing import CannotRun
from gateway.settings import Settings

GOODBYE_SECONDS = 1
"""How long connections may take to end."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The certificate that browsers are shown, and its key."""

    cert: Path
    key: Path


def certificate_of(settings: Settings) -> Shown | None:
    """The configured certificate, or the one ``gateway init`` put into the data folder; None for plain HTTP.

    Raises ``CannotRun`` if there is none and the address can be reached from other machines.
    """
    server = settings.server
    if server.tls_cert is not None and server.tls_key is not None:
        return _usable(Shown(server.tls_cert, server.tls_key))
    files = certificate_files(settings.data)
    if files.cert.is_file() and files.key.is_file() and not server.plain_http:
        return _usable(Shown(files.cert, files.key))
    if not server.plain_http and not _is_loopback(server.host):
        raise CannotRun(
            f"{server.host} can be reached from other machines, and there is no certificate: run "
            "'gateway init --name HOST' once, or set server.plain_http if a proxy before the gateway ends TLS"
        )
    return None


def http_server(app: ASGIApp, settings: Settings, shown: Shown | None) -> uvicorn.Server:
    """The HTTP server; it leaves the signals to us.

    Only listed proxies may say on whose behalf they ask: a view record must not name an address that the viewer chose.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=64 * 1024,
        server_header=False,
        proxy_headers=bool(settings.server.proxies),
        forwarded_allow_ips=list(settings.server.proxies),
        timeout_graceful_shutdown=GOODBYE_SECONDS,
        ssl_context_factory=None if shown is None else lambda _config, _default: _context(shown),
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would end the process before anything is cleaned up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals alone."""
        yield


def _context(shown: Shown) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(shown.cert, shown.key)
    return context


def _usable(shown: Shown) -> Shown:
    try:
        _context(shown)
    except OSError as problem:  # ssl.SSLError is one too
        raise CannotRun(f"{shown.cert} and {shown.key} are not a certificate and its key: {problem}") from None
    return shown


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
