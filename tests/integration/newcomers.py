"""Accounts as they come about: the system manager makes one, the security manager releases it, its owner sets it up."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient

from tests.integration.conftest import Browsers
from tests.integration.world import client_of

CHOSEN = "quiet rivers at noon"


async def made(manager: AsyncClient, **wish: Any) -> dict[str, Any]:
    """What the system manager gets for making that account."""
    answer = await manager.post("/operators", json=wish)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def released(security: AsyncClient, operator_id: str) -> str:
    """The code that the security manager is shown."""
    answer = await security.post(
        f"/operators/{operator_id}/release", json={"link": await waiting(security, operator_id)}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


async def waiting(manager: AsyncClient, operator_id: str) -> str:
    """The id of the link that waits for the account."""
    rows = (await manager.get("/operators")).json()["items"]
    return str(next(one for one in rows if one["id"] == operator_id)["footing"]["link"])


async def settled(app: FastAPI, browser_of: Browsers, **wish: Any) -> dict[str, Any]:
    """An account that is made, released and set up with the password ``CHOSEN``."""
    new = await made(await browser_of("system"), **wish)
    code = await released(await browser_of("security"), new["operator"]["id"])
    body = {"token": new["setup"]["token"], "password": CHOSEN, "code": code}
    async with client_of(app) as owner:
        answer = await owner.post("/set-up", json=body)
        assert answer.status_code == 204, answer.text
    return dict(new["operator"])
