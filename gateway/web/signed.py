"""Who is asking: from a connection's cookie or token to the operator behind it, for requests and WebSockets alike."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from gateway.services import signing_in
from gateway.services.errors import NotSignedIn
from gateway.services.office import Caller, Office
from gateway.storage.sessions import SIGN_IN, TOKEN

COOKIE = "seg_session"

SignedIn = Caller
"""What ``signed_in`` gives: operator, session_id, purpose, remote."""


def office_of(connection: HTTPConnection) -> Office:
    """The office this application was composed with."""
    office: Office = connection.app.state.office
    return office


def remote_of(connection: HTTPConnection) -> str:
    """The address of the peer, "" if the server does not know it."""
    return "" if connection.client is None else connection.client.host


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
