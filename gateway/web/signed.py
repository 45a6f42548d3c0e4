"""Who is asking: from a connection's cookie or token to the operator behind it, for requests and WebSockets alike."""

from __future__ import annotations

from ipaddress import ip_address

from starlette.requests import HTTPConnection

from gateway.domain.accounts import is_loopback
from gateway.services import signing_in
from gateway.services.errors import NotSignedIn
from gateway.services.office import Caller, Office
from gateway.storage.sessions import SIGN_IN, TOKEN

COOKIE = "seg_session"

FORWARDED = frozenset({"client-ip", "forwarded", "forwarded-for", "true-client-ip", "via", "x-client-ip", "x-real-ip"})
"""Headers that proxies add, beside those that begin with X-Forwarded."""
LONGEST = 64
"""Characters of an address that records keep."""

SignedIn = Caller
"""What ``signed_in`` gives: operator, session_id, purpose, remote."""


def office_of(connection: HTTPConnection) -> Office:
    """The office this application was composed with."""
    office: Office = connection.app.state.office
    return office


def forwarded(connection: HTTPConnection) -> bool:
    """True if a proxy says that it passed the request on: whoever asked need not be where the proxy is."""
    return any(name in FORWARDED or name.startswith("x-forwarded") for name in connection.headers)


def remote_of(connection: HTTPConnection) -> str:
    """The address of the peer, "" if the server does not know it.

    What a proxy on this machine passed on that may not say for whom is no address, and so never this machine's: the
    last one it names, marked as not verified.
    """
    peer = "" if connection.client is None else connection.client.host
    return _passed_on(connection, peer) if is_loopback(peer) and forwarded(connection) else peer


def _passed_on(connection: HTTPConnection, proxy: str) -> str:
    named = [text for name in ("x-real-ip", "x-forwarded-for") for text in connection.headers.getlist(name)]
    try:
        whom = ip_address(named[-1].rpartition(",")[2].strip() if named else "")
    except ValueError:
        return f"via {proxy}"
    return f"via {proxy}" if whom.is_loopback else f"via {proxy}, unverified {whom}"[:LONGEST]


def comes_with_token(connection: HTTPConnection) -> bool:
    """True if the caller sent a service's token itself, which no browser does on its own."""
    return _token_of(connection)[0] == TOKEN


def _token_of(connection: HTTPConnection) -> tuple[str, str]:
    """The kind of session and its token: from the Authorization header (RFC 6750 2.1) if there is one, else the cookie.

    Each is good for its own kind only, so that neither can be passed off as the other.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return TOKEN, token.strip()
    return SIGN_IN, connection.cookies.get(COOKIE, "")


async def signed_in(connection: HTTPConnection) -> Caller:
    """The operator behind the connection's session cookie or token. Raises ``NotSignedIn``.

    Asked once per connection; the answer is kept in the connection's state.
    """
    known: Caller | None = getattr(connection.state, "caller", None)
    if known is not None:
        return known
    kind, token = _token_of(connection)
    if not token:
        raise NotSignedIn
    by_hand = connection.scope["type"] == "http" and connection.scope["method"] not in ("GET", "HEAD", "OPTIONS")
    caller = await signing_in.resume(office_of(connection), token, remote_of(connection), kind, by_hand=by_hand)
    connection.state.caller = caller
    return caller
