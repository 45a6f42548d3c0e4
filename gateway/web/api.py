"""The application: every router in one place, the error table, limits, and the promise that no route lacks a rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version
from ipaddress import IPv4Network

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from gateway.domain.rules import Rule
from gateway.services.auditing import Verifier
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.editing import Prober
from gateway.services.figures import Gauge
from gateway.services.office import Office
from gateway.services.scanning import Scanner
from gateway.services.single_sign_on import SingleSignOn
from gateway.web import (
    accounts,
    audit,
    bulk,
    camera_life,
    cameras,
    candidates,
    delegations,
    emergencies,
    errors,
    exports,
    file_history,
    filings,
    grants,
    groups,
    inquiries,
    legal_holds,
    notices,
    oversight,
    passkeys,
    rates,
    recorders,
    reference,
    requests,
    scanning,
    second_factor,
    service_accounts,
    sessions,
    sharing,
    signs,
    single_sign_on,
    tickets,
    transfer,
    view_records,
)
from gateway.web.freshness import Uncached
from gateway.web.rules import SAID_BY_SERVICES, Open, declared, rule
from gateway.web.tracing import RequestIds

PREFIX = "/api/v1"
BODY_LIMIT = 256 * 1024
"""The largest request body in bytes; uploads say otherwise on their own routes."""

OWN_ROUTERS: tuple[APIRouter, ...] = (
    sessions.router,
    single_sign_on.router,
    second_factor.router,
    passkeys.router,
    reference.router,
    transfer.router,  # before cameras: /cameras/export is not a camera called export
    cameras.router,
    bulk.router,
    camera_life.router,
    rates.router,
    scanning.router,
    file_history.router,
    filings.router,
    signs.router,
    recorders.router,
    candidates.router,
    tickets.router,
    grants.router,
    groups.router,
    sharing.router,
    notices.router,
    requests.router,
    delegations.router,
    accounts.router,
    emergencies.router,
    exports.router,
    service_accounts.router,
    audit.router,
    view_records.router,
    oversight.router,
    legal_holds.router,
    inquiries.router,
)

_OWN = APIRouter(max_body_size=BODY_LIMIT)
"""The own routers under their prefix, joined once: FastAPI works out the 200 routes of a router anew for every
application that includes it, and they find all that differs in the state of the application that is asked."""
for _router in OWN_ROUTERS:
    _OWN.include_router(_router, prefix=PREFIX)


class RouteWithoutRule(Exception):
    """A route was registered without saying who may use it, or with a rule that nobody would enforce there."""


def create_api(
    office: Office,
    *,
    routers: Sequence[APIRouter] = (),
    root_routers: Sequence[APIRouter] = (),
    public_url: str = "",
    metrics_token: str | None = None,
    session_lasts: timedelta = timedelta(hours=12),
    sign_on: SingleSignOn | None = None,
    prober: Prober | None = None,
    scanner: Scanner | None = None,
    networks: Sequence[IPv4Network] = (),
    gauge: Gauge = lambda: (0.0, 0.0),
    rules: Sequence[Rule] = (),
    error_table: errors.ErrorTable | None = None,
    audit_keys: frozenset[bytes] = frozenset(),
    door: Doorkeeper | None = None,
) -> FastAPI:
    """The API as an ASGI application; ``routers`` go under /api/v1, ``root_routers`` to the root;
    ``rules`` name what candidates were raised by.

    Raises ``RouteWithoutRule`` if any route, HTTP or WebSocket, declares no rule, or a WebSocket one it cannot keep.
    """
    app = FastAPI(
        title="Sharp Eyes Gateway",
        version=version("sharp-eyes-gateway"),
        description="Cameras, permission, candidates and tickets of a district command centre.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        max_body_size=BODY_LIMIT,
    )
    app.state.office = office
    app.state.verifier = Verifier(office, audit_keys)
    app.state.door = door or Doorkeeper()
    app.state.public_url = public_url
    app.state.metrics_token = metrics_token
    app.state.session_lasts = session_lasts
    app.state.single_sign_on = sign_on
    app.state.prober = prober
    app.state.scanner = scanner
    app.state.networks = tuple(networks)
    app.state.gauge = gauge
    app.state.rules = {one.id: one for one in rules}
    app.add_middleware(Uncached)
    app.add_middleware(RequestIds)
    errors.install(app, error_table or {})
    app.router.routes.extend(_OWN.routes)
    for router in routers:
        app.include_router(router, prefix=PREFIX)
    app.include_router(_description, prefix=PREFIX)
    for router in root_routers:  # last: one of them may answer every path that nothing else does
        app.include_router(router)
    _refuse_undeclared(app)
    return app


_description = APIRouter(tags=["reference"])


@_description.get("/openapi.json", dependencies=[rule(Open())], summary="This description", include_in_schema=False)
async def openapi(request: Request) -> JSONResponse:
    """The OpenAPI document for integrators; open, because it says nothing that the source does not."""
    return JSONResponse(request.app.openapi())


def _refuse_undeclared(app: FastAPI) -> None:
    routes = list(declared(app.routes))
    missing = [f"{'/'.join(route.methods)} {route.path}" for route in routes if route.rule is None]
    if missing:
        raise RouteWithoutRule(f"no rule says who may use {', '.join(missing)}")
    for route in routes:
        if "WEBSOCKET" in route.methods and not isinstance(route.rule, SAID_BY_SERVICES):
            name = type(route.rule).__name__
            raise RouteWithoutRule(f"WEBSOCKET {route.path} declares {name}, which is not asked of a WebSocket")
