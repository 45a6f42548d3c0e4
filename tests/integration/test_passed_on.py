"""Requests that a proxy on the gateway's machine passed on: nobody behind it is taken for this machine."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from gateway.storage.tables import operators
from gateway.web.signed import FORWARDED
from tests.integration.test_second_factor import demanding
from tests.integration.world import HEADERS, PASSWORD, World

HERE = "127.0.0.1"
SAYINGS = [{name: "203.0.113.9"} for name in sorted(FORWARDED | {"x-forwarded-for"})] + [
    {"x-forwarded-for": "127.0.0.1"},
    {"X-Forwarded-Proto": "https"},
    {"Forwarded": "for=127.0.0.1"},
]


def _from(app: FastAPI, address: str, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 40000))
    base = "http://gateway.test/api/v1"
    return httpx.AsyncClient(transport=transport, base_url=base, headers=HEADERS | (headers or {}))


async def _sign_in(client: httpx.AsyncClient) -> int:
    return (await client.post("/session", json={"login": "jinsha", "password": PASSWORD})).status_code


@pytest.mark.parametrize("saying", SAYINGS, ids=str)
async def test_a_sample_account_does_not_open_through_a_proxy(
    app: FastAPI, world: World, saying: dict[str, str]
) -> None:
    async with world.office.store.begin() as conn:
        await conn.execute(update(operators).where(operators.c.login == "jinsha").values(sample=True))
    async with _from(app, HERE) as here, _from(app, HERE, saying) as behind, _from(app, "::ffff:7f00:1", saying) as six:
        assert await _sign_in(here) == 200
        assert await _sign_in(behind) == 401
        assert await _sign_in(six) == 401


@pytest.mark.parametrize("saying", SAYINGS, ids=str)
async def test_r09_a_second_factor_is_demanded_through_a_proxy(
    app: FastAPI, world: World, saying: dict[str, str]
) -> None:
    demanding(app, world)
    async with _from(app, HERE) as client:
        assert await _sign_in(client) == 200
        assert (await client.get("/cameras")).status_code == 200
        through = await client.get("/cameras", headers=saying)
        assert (through.status_code, through.json()["error"]["code"]) == (403, "second_factor_needed")
    async with _from(app, HERE, saying) as client:
        assert await _sign_in(client) == 200
        assert (await client.get("/session")).json()["hold"] == "second_factor"


async def test_from_where_says_that_a_proxy_stood_between(app: FastAPI, world: World) -> None:
    """The last address is the one the proxy itself added; those before it were said by whoever asked."""
    named = "via 127.0.0.1, unverified 203.0.113.9"
    for address, headers, said in (
        (HERE, {}, HERE),
        (HERE, {"x-forwarded-for": "198.51.100.1, 203.0.113.9"}, named),
        (HERE, {"x-real-ip": "203.0.113.9"}, named),
        (HERE, {"via": "1.1 front"}, "via 127.0.0.1"),
        (HERE, {"x-forwarded-for": "<script>"}, "via 127.0.0.1"),
        ("192.0.2.7", {"x-forwarded-for": "127.0.0.1"}, "192.0.2.7"),
    ):
        async with _from(app, address, headers) as client:
            assert await _sign_in(client) == 200
            assert (await client.get("/sessions")).json()["items"][0]["remote"] == said
        world.clock.at += timedelta(seconds=1)
