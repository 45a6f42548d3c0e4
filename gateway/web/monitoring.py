"""Who may read the gateway's own figures: they count everybody's cameras, so they are for whoever runs the machine."""

from __future__ import annotations

import hmac
from pathlib import Path

from starlette.requests import HTTPConnection

from gateway.domain.accounts import is_loopback
from gateway.web.signed import remote_of

SHORTEST = 16
_BEARER = "bearer "


class BadToken(Exception):
    """The file with the metrics token cannot be used; the message says why."""


def read_token(path: Path) -> str:
    """The token in that file. Raises ``BadToken``."""
    try:
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise BadToken(f"{path} cannot be read: {problem}") from None
    if len(token) < SHORTEST:
        raise BadToken(f"the token in {path} has {len(token)} characters: make it at least {SHORTEST}")
    return token


def may_monitor(connection: HTTPConnection) -> bool:
    """True with the token; without one being set, true for a program on this machine that asks without a proxy."""
    token: str | None = getattr(connection.app.state, "metrics_token", None)
    if token is not None:
        said = connection.headers.get("authorization", "")
        given = said[len(_BEARER) :] if said.lower().startswith(_BEARER) else ""
        return hmac.compare_digest(given.encode(), token.encode())
    return is_loopback(remote_of(connection))
