"""Requests as the tests make them: bodies, and the round of sweeps that a gateway runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from gateway.app.sweeps import SWEEPS
from tests.integration.world import PASSWORD, START, Operator, World, _person

TOMORROW = (START + timedelta(hours=30)).isoformat()


def ask_for(*cameras: str, **more: Any) -> dict[str, Any]:
    """A request for named cameras, for a flood, until tomorrow."""
    return {
        "scope": {"kind": "cameras", "ids": list(cameras)},
        "actions": ["view_live"],
        "purposes": ["PS-FLOOD"],
        "not_after": TOMORROW,
        "reason": "水位 example",
    } | more


def ask_at(longitude: float, latitude: float, radius_m: float = 3_000, **more: Any) -> dict[str, Any]:
    """A request for whatever stands round a point."""
    return ask_for(**more) | {"scope": {"kind": "place", "centre": [longitude, latitude], "radius_m": radius_m}} | more


async def asked(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    """Asks, and expects to be heard."""
    answer = await client.post("/requests", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sweep(world: World) -> None:
    """What a gateway does every twenty seconds."""
    for run in SWEEPS.values():
        await run(world.office, world.clock.now())


async def notices(client: httpx.AsyncClient) -> list[str]:
    """The kinds of notices that somebody has, oldest first."""
    items = (await client.get("/notices?limit=100")).json()["items"]
    return [item["kind"] for item in reversed(items)]


async def hire(world: World, login: str, home: str, role: Any) -> Operator:
    """One more person."""
    async with world.office.store.begin() as conn:
        await _person(conn, world, login, home, role)
    return world.people[login]


__all__ = ["PASSWORD", "ask_at", "ask_for", "asked", "hire", "notices", "sweep"]
