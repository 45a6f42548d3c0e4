"""Rules: what a route demands of its caller. Every route declares one; ``create_api`` refuses a route without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, WebSocketException
from fastapi.params import Depends as DependsMarker
from fastapi.routing import iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from gateway.domain.accounts import Hold
from gateway.domain.actions import Action
from gateway.domain.operators import Role
from gateway.services.errors import Forbidden, Locked, NotSignedIn, SecondFactorNeeded
from gateway.services.office import Caller
from gateway.web.monitoring import may_monitor
from gateway.web.signed import comes_with_token, signed_in

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-requested-by"
CSRF_VALUE = "console"


@dataclass(frozen=True, slots=True)
class Open:
    """Anybody may ask; nothing of the catalogue is said."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Anybody who is signed in; says nothing that depends on cameras, or only what concerns the caller.

    ``held`` routes are also for sessions that a hold keeps from everything else: a locked console, or somebody who must
    set up a second factor first.
    """

    held: frozenset[Hold] = frozenset()


@dataclass(frozen=True, slots=True)
class Needs:
    """Signed in, and every camera spoken of must permit the action: lists are cut to it, single things are 404.

    ``also`` names actions that are needed as well, ``instead`` actions or roles that do as well as the first.
    ``everywhere`` says that it takes the action on every camera there is.
    """

    action: Action
    also: frozenset[Action] = frozenset()
    instead: frozenset[Action | Role] = frozenset()
    everywhere: bool = False

    def met(self, actions: Set[Action], roles: Set[Role]) -> bool:
        """True if somebody in these roles who may do these actions with a camera is answered about it."""
        held = set(actions) | set(roles)
        return bool({self.action, *self.instead} & held) and self.also <= held


@dataclass(frozen=True, slots=True)
class OfUnit:
    """Signed in, in a role that could do the action with some camera, and speaking of what the caller's own unit keeps.

    What others keep is 404, also for who may do the action with their cameras; who may do it with all keeps all.
    """

    action: Action


@dataclass(frozen=True, slots=True)
class RoleIs:
    """Signed in, in one of these roles; everyone else is told 403."""

    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Monitors:
    """Programs that watch the gateway itself, not operators: with the metrics token, or from this machine."""


Rule = Open | SignedIn | Needs | OfUnit | RoleIs | Monitors

SAID_BY_SERVICES = (SignedIn, Needs)
"""Rules a WebSocket can have: it is accepted before anybody is asked who they are, and the service says no in words."""


class Check:
    """A rule as a FastAPI dependency: sign-in, role, cross-site protection. Camera permission is asked by the service,
    in the same read as the data.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    async def __call__(self, connection: HTTPConnection) -> None:
        """Returns if the caller may go on; raises ``NotSignedIn``, ``Forbidden`` or what holds the session."""
        if connection.scope["type"] == "websocket":
            # who is asking is found out after the accept, so that a refusal can be said in words
            if not _same_origin(connection):
                raise WebSocketException(1008, "opened from another site")
            return
        if connection.scope["method"] not in SAFE_METHODS and not comes_with_token(connection):
            _refuse_cross_site(connection)
        if isinstance(self.rule, Open):
            return
        if isinstance(self.rule, Monitors):
            if not may_monitor(connection):
                raise NotSignedIn("figures of the gateway itself are for monitoring: send the metrics token")
            return
        caller = await signed_in(connection)
        if not (isinstance(self.rule, SignedIn) and caller.hold in self.rule.held):
            refuse_held(caller)
        if isinstance(self.rule, RoleIs) and not caller.operator.roles & self.rule.roles:
            raise Forbidden("this is not for your role")


def refuse_held(caller: Caller) -> None:
    """Returns if nothing holds the caller's session. Raises ``Locked`` or ``SecondFactorNeeded``."""
    if caller.hold is Hold.LOCKED:
        raise Locked
    if caller.hold is Hold.SECOND_FACTOR:
        raise SecondFactorNeeded(enrolled=False)


def rule(demand: Rule) -> Any:
    """The declaration of a route's rule: ``@router.get("/x", dependencies=[rule(SignedIn())])``."""
    return Depends(Check(demand))


@dataclass(frozen=True, slots=True)
class DeclaredRoute:
    """One route of the application: its full path, its methods ("WEBSOCKET" for one) and its rule, None if missing."""

    path: str
    methods: tuple[str, ...]
    rule: Rule | None


def declared(routes: Sequence[BaseRoute]) -> Iterator[DeclaredRoute]:
    """Every route, included routers unfolded, with its declared rule."""
    for context in iter_route_contexts(routes):
        original: Any = context.original_route
        path = str(getattr(context, "path", None) or getattr(original, "path", "") or "")
        methods = tuple(sorted(getattr(original, "methods", None) or ("WEBSOCKET",)))
        yield DeclaredRoute(path, methods, _declared_rule(getattr(original, "dependencies", ())))


def _declared_rule(dependencies: Sequence[DependsMarker]) -> Rule | None:
    for dependency in dependencies:
        if isinstance(dependency.dependency, Check):
            return dependency.dependency.rule
    return None


def _refuse_cross_site(connection: HTTPConnection) -> None:
    if connection.headers.get(CSRF_HEADER, "") != CSRF_VALUE:
        raise Forbidden(f"a change needs the header X-Requested-By: {CSRF_VALUE}")
    if not _same_origin(connection):
        raise Forbidden("the request comes from another site")


def _same_origin(connection: HTTPConnection) -> bool:
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    netloc = urlsplit(origin).netloc
    if not netloc:
        return False  # "null": sandboxed or file pages
    public = urlsplit(getattr(connection.app.state, "public_url", "") or "").netloc
    return netloc in {connection.headers.get("host", ""), public}
