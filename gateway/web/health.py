"""Health for whoever runs the gateway: alive and ready for anybody, its figures for monitoring alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from gateway.web.metering import Meter
from gateway.web.rules import Monitors, Open, rule

Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
"""What must be true before traffic is sent here, by name."""


def router(readiness: Readiness, meter: Meter) -> APIRouter:
    """The routes of health, at the root."""
    routes = APIRouter()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(meter)

    @routes.get("/health/live", dependencies=[rule(Open())])
    async def live() -> dict[str, str]:
        """Answers as long as the process can."""
        return {"status": "live"}

    @routes.get("/health/ready", dependencies=[rule(Open())])
    async def ready() -> JSONResponse:
        """200 if the database answers and a worker is linked, else 503 and what is missing."""
        checks = dict(await readiness())
        good = all(checks.values())
        return JSONResponse({"status": "ready" if good else "not ready", "checks": checks}, 200 if good else 503)

    @routes.get("/metrics", dependencies=[rule(Monitors())])
    async def metrics() -> Response:
        """Figures in the text format of Prometheus. They count everybody's cameras: operators do not get them."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes
