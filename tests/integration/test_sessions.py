"""Signing in, guessing passwords, and requests from other sites."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI

from gateway.domain.messages import Topic
from gateway.storage import operators, sessions
from tests.integration.conftest import Browsers
from tests.integration.newcomers import CHOSEN, settled
from tests.integration.sockets import connected
from tests.integration.world import PASSWORD, World, client_of

WRONG = "not the password"


async def _try(app: FastAPI, login: str, password: str) -> tuple[int, str]:
    async with client_of(app) as client:
        answer = await client.post("/session", json={"login": login, "password": password})
        return answer.status_code, answer.json().get("error", {}).get("code", "")


async def test_a_session_knows_who_and_for_what(browser_of: Browsers) -> None:
    client = await browser_of("jinsha")
    session = (await client.get("/session")).json()
    assert session["operator"]["login"] == "jinsha"
    assert session["purpose"] == "PS-ORDER"
    assert "view_live" in session["actions"]
    other = {"purpose": "PS-FLOOD", "language": "en", "reason": "汛期水位巡查（示例）"}
    assert (await client.patch("/session", json=other)).json()["purpose"] == "PS-FLOOD"
    assert (await client.get("/session")).json()["operator"]["language"] == "en"
    assert (await client.patch("/session", json={"purpose": "FUN"})).status_code == 422


async def test_the_cookie_is_strict_and_its_token_is_stored_hashed(app: FastAPI, world: World) -> None:
    async with client_of(app) as client:
        answer = await client.post("/session", json={"login": "jinsha", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        token = client.cookies["seg_session"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert len(token) >= 43
    async with world.office.store.read() as conn:
        kept = await sessions.of_operator(conn, world.people["jinsha"].id, world.clock.now())
    assert token not in repr(kept)


@pytest.mark.parametrize("login", ["jinsha", "nobody-at-all"])
async def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(app: FastAPI, world: World, login: str) -> None:
    """A login that does not exist behaves like one that does."""
    for _ in range(5):
        assert await _try(app, login, WRONG) == (401, "wrong_password")
    assert await _try(app, login, PASSWORD) == (429, "locked_out")
    world.clock.at += timedelta(minutes=14)
    assert await _try(app, login, PASSWORD) == (429, "locked_out")
    world.clock.at += timedelta(minutes=2)
    if login == "jinsha":
        assert (await _try(app, login, PASSWORD))[0] == 200
        assert await _try(app, login, WRONG) == (401, "wrong_password"), "the count starts anew"
    else:
        assert await _try(app, login, PASSWORD) == (401, "wrong_password")


async def test_a_right_password_forgets_wrong_ones(app: FastAPI) -> None:
    for _ in range(3):
        for _ in range(4):
            await _try(app, "jinxin", WRONG)
        assert (await _try(app, "jinxin", PASSWORD))[0] == 200


async def test_guesses_at_once_lock_too(app: FastAPI, world: World) -> None:
    import asyncio

    answers = await asyncio.gather(*(_try(app, "transport", f"{WRONG} {n}") for n in range(12)))
    assert sum(answer == (401, "wrong_password") for answer in answers) == 5
    assert await _try(app, "transport", PASSWORD) == (429, "locked_out")


async def test_a_disabled_account_ends_at_once(app: FastAPI, world: World, browser_of: Browsers) -> None:
    client, manager = await browser_of("jinsha"), await browser_of("system")
    address = f"/operators/{world.people['jinsha'].id}"
    assert (await manager.patch(address, json={"disabled": True})).json()["disabled"] is True
    assert (await client.get("/cameras")).status_code == 401
    assert await _try(app, "jinsha", PASSWORD) == (401, "wrong_password")
    assert Topic.PERMISSIONS in {message.topic for message in world.bus.rung}
    waiting = (await manager.patch(address, json={"disabled": False})).json()["footing"]["change"]
    assert await _try(app, "jinsha", PASSWORD) == (401, "wrong_password"), "not by one manager alone"
    security = await browser_of("security")
    assert (await security.post(f"{address}/changes/{waiting['id']}/release")).status_code == 200
    assert (await _try(app, "jinsha", PASSWORD))[0] == 200
    me = f"/operators/{world.people['system'].id}"
    assert (await manager.patch(me, json={"disabled": True})).status_code == 403


async def test_sessions_end_by_time_and_by_sign_out(world: World, browser_of: Browsers) -> None:
    client, other = await browser_of("jinsha"), await browser_of("jinsha")
    running = (await client.get("/sessions")).json()["items"]
    assert len(running) == 2
    mine = next(item["id"] for item in running if not item["current"])
    stranger = await browser_of("jinxin")
    assert (await stranger.delete(f"/sessions/{mine}")).status_code == 404
    assert (await client.delete(f"/sessions/{mine}")).status_code == 204
    assert (await other.get("/session")).status_code == 401
    assert (await client.delete("/session")).status_code == 204
    assert (await client.get("/session")).status_code == 401
    world.clock.at += timedelta(hours=13)
    assert (await stranger.get("/session")).status_code == 401


async def test_changing_the_password(app: FastAPI, browser_of: Browsers) -> None:
    client, other = await browser_of("jinsha"), await browser_of("jinsha")
    fresh = "a much longer phrase 7"
    for old, new, status in ((WRONG, fresh, 401), (PASSWORD, "short", 422), (PASSWORD, "jinsha-jinsha-1", 422)):
        assert (await client.post("/session/password", json={"old": old, "new": new})).status_code == status
    assert (await client.post("/session/password", json={"old": PASSWORD, "new": fresh})).status_code == 204
    assert (await client.get("/session")).status_code == 200
    assert (await other.get("/session")).status_code == 401
    assert (await _try(app, "jinsha", PASSWORD))[0] == 401
    assert (await _try(app, "jinsha", fresh))[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Requested-By": "console"}, 204),
        ({"X-Requested-By": "console", "Origin": "http://gateway.test"}, 204),
        ({"X-Requested-By": "console", "Origin": "http://evil.test"}, 403),
        ({"X-Requested-By": "console", "Origin": "null"}, 403),
        ({"X-Requested-By": "somebody"}, 403),
        ({"X-Requested-By": "", "Origin": "http://gateway.test"}, 403),
    ],
)
async def test_changes_from_other_sites_are_refused(browser_of: Browsers, headers: dict[str, str], status: int) -> None:
    client = await browser_of("jinsha")
    del client.headers["X-Requested-By"]
    answer = await client.delete("/session", headers=headers)
    assert answer.status_code == status
    assert (await client.get("/session")).status_code == (401 if status == 204 else 200)


async def test_a_socket_from_another_site_is_refused(app: FastAPI, browser_of: Browsers) -> None:
    client = await browser_of("jinsha")
    cookies = f"seg_session={client.cookies['seg_session']}"
    async with connected(app, "/api/v1/messages", cookies, origin="http://evil.test") as socket:
        assert (await socket.receive())["type"] == "websocket.close"
    async with connected(app, "/api/v1/messages", cookies, origin="http://gateway.test") as socket:
        assert (await socket.receive())["type"] == "websocket.accept"


async def test_bodies_have_a_limit_and_errors_repeat_no_input(browser_of: Browsers) -> None:
    client = await browser_of("district")
    large = await client.post("/session", content=b"x" * 300_000, headers={"Content-Type": "application/json"})
    assert large.status_code == 413
    answer = await client.post("/session", json={"login": "jinsha", "password": ["my secret word"]})
    assert answer.status_code == 422
    assert "my secret word" not in answer.text
    assert answer.json()["error"]["code"] == "invalid"
    assert (await client.get("/nothing-here")).json()["error"]["code"] == "not_found"
    headers = (await client.get("/cameras")).headers
    assert len(headers["x-request-id"]) >= 8
    assert headers["cache-control"] == "no-store"


async def test_accounts_are_made_by_the_system_manager(app: FastAPI, world: World, browser_of: Browsers) -> None:
    manager = await browser_of("system")
    body = {
        "login": "newcomer",
        "name": "新人",
        "organisation_id": "district",
        "roles": ["district_operator"],
    }
    await settled(app, browser_of, **body)
    assert (await manager.post("/operators", json=body)).status_code == 409
    told = await manager.post("/operators", json=body | {"login": "b", "password": "a fine long phrase 1"})
    assert told.status_code == 422
    assert "password is not given here" in told.json()["error"]["message"]
    mixed = body | {"login": "mixed", "roles": ["audit_manager", "district_operator"]}
    assert (await manager.post("/operators", json=mixed)).status_code == 422
    assert (await (await browser_of("district")).post("/operators", json=body)).status_code == 403
    assert (await _try(app, "newcomer", CHOSEN))[0] == 200
    async with world.office.store.read() as conn:
        account = await operators.by_login(conn, "newcomer")
    assert account is not None
    assert account.password_hash.startswith("$argon2id$")
