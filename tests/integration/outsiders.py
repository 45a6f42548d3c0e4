"""Who else asks: a vendor's fitter in a unit, and a unit's own system with its token."""

from __future__ import annotations

from datetime import timedelta

import httpx
from fastapi import FastAPI

from gateway.domain.operators import ROLE_ACTIONS, Operator, Role
from gateway.services.office import new_id
from gateway.storage import operators
from gateway.storage.operators import Account
from tests.integration.conftest import Browsers
from tests.integration.test_service_accounts import whole
from tests.integration.world import HASH, HEADERS, PEOPLE, REMOTE, START, A, World

EVERYBODY = (*((login, role) for login, _, role in PEOPLE), ("fitter", Role.VENDOR), ("drainage", Role.SERVICE))
"""Somebody of every role there is; the last two belong to A."""


async def browser_as(app: FastAPI, world: World, browser_of: Browsers, login: str) -> httpx.AsyncClient:
    """A client of that person or system."""
    if login == "fitter":
        async with world.office.store.begin() as conn:
            end = START + timedelta(days=30)
            operator = Operator(new_id(START), login, login, A, frozenset({Role.VENDOR}), valid_until=end)
            await operators.insert(conn, Account(operator, HASH, 0, None, START, contract="C-1 (sample)"))
    if login == "drainage":
        return await _system(app, browser_of, login)
    return await browser_of(login)


async def _system(app: FastAPI, browser_of: Browsers, login: str) -> httpx.AsyncClient:
    keeper = await browser_of("system")
    body = {"login": login, "name": "Drainage (sample)", "organisation_id": A}
    made = (await keeper.post("/service-accounts", json=body)).json()
    scopes = sorted(ROLE_ACTIONS[Role.SERVICE])
    wish = {"label": "pumps", "scopes": scopes, "purpose": "PS-ORDER", "days": 30}
    token = await whole(keeper, await browser_of("security"), made["id"], **wish)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(REMOTE, 40000))
    headers = HEADERS | {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://gateway.test/api/v1", headers=headers)
