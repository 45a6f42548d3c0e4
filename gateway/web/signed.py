"""Who is asking: from a connection's cookie to the operator behind it, for requests and WebSockets alike."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from gateway.services import signing_in
from gateway.services.errors import NotSignedIn
from gateway.services.office import Caller, Office

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


async def signed_in(connection: HTTPConnection) -> Caller:
    """The operator behind the connection's session cookie. Raises ``NotSignedIn``.

    Asked once per connection; the answer is kept in the connection's state.
    """
    known: Caller | None = getattr(connection.state, "caller", None)
    if known is not None:
        return known
    token = connection.cookies.get(COOKIE)
    if not token:
        raise NotSignedIn
    caller = await signing_in.resume(office_of(connection), token, remote_of(connection))
    connection.state.caller = caller
    return caller
