"""A locked console does nothing and keeps its pictures; ended sessions and lapsed accounts keep none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from gateway.bus.local import LocalBus
from gateway.domain.accounts import Hold
from gateway.domain.operators import Role
from gateway.storage import auditing, operators
from gateway.web.rules import Open, SignedIn, declared
from tests.integration.conftest import Browsers
from tests.integration.phone import enrol
from tests.integration.sockets import connected
from tests.integration.test_live import Scene, SilentBus, Worker, cookie_of, first_pictures, scene, text, watching
from tests.integration.world import PASSWORD, B, World, signed_in


@pytest.fixture
async def shown(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as one:
        yield one


async def test_r09_a_locked_session_asks_for_nothing_but_its_password(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """Every route that is not open and does not belong to unlocking answers 423."""
    client, other = await browser_of("jinsha"), await browser_of("jinsha")
    assert (await client.post("/session/lock")).status_code == 204
    assert (await client.get("/session")).json()["hold"] == "locked"
    for route in declared(app.routes):
        always = isinstance(route.rule, Open) or (isinstance(route.rule, SignedIn) and Hold.LOCKED in route.rule.held)
        if always or "WEBSOCKET" in route.methods or route.path == "/metrics":
            continue
        for method in route.methods:
            answer = await client.request(method, f"http://gateway.test{route.path}", json={})
            assert answer.status_code == 423, (method, route.path, answer.status_code)
    for path in ("/api/v1/messages", f"/api/v1/cameras/{world.camera(B).id}/live"):
        async with connected(app, path, await cookie_of(client)) as socket:
            said = await socket.until_closed()
        assert '"hello"' not in said
        assert '"start"' not in said
    assert (await other.get("/cameras")).status_code == 200, "only that session is locked"
    assert (await client.post("/session/unlock", json={"password": "wrong"})).status_code == 401
    assert (await client.get("/cameras")).status_code == 423
    assert (await client.post("/session/unlock", json={"password": PASSWORD})).status_code == 204
    assert (await client.get("/cameras")).status_code == 200
    async with world.office.store.read() as conn:
        entries = (await auditing.page(conn, object_kind="session")).items
    assert [one.action for one in entries][:2] == ["unlock_session", "lock_session"]


async def test_r09_an_untouched_session_is_locked_by_the_gateway_itself(world: World, browser_of: Browsers) -> None:
    """Reading goes on by itself and is no sign of a person; a change is, and so is what the console says of input."""
    client = await browser_of("jinsha")
    for _ in range(3):
        world.clock.at += timedelta(minutes=10)
        assert (await client.post("/session/input")).status_code == 204
    for _ in range(16):
        world.clock.at += timedelta(minutes=1)
        assert (await client.get("/cameras")).status_code == 200
    world.clock.at += timedelta(minutes=2)
    assert (await client.get("/cameras")).status_code == 423
    assert (await client.post("/session/input")).status_code == 423, "input does not unlock"
    assert (await client.get("/cameras")).status_code == 423
    assert (await client.post("/session/unlock", json={"password": PASSWORD})).status_code == 204
    assert (await client.get("/cameras")).status_code == 200


async def test_r09_a_code_unlocks_too_and_wrong_ones_count(world: World, browser_of: Browsers) -> None:
    client = await browser_of("jinsha")
    phone = await enrol(client, world.clock.now())
    world.clock.at += timedelta(seconds=30)
    await client.post("/session/lock")
    for _ in range(2):
        assert (await client.post("/session/unlock", json={"code": "000000"})).status_code == 401
    assert (await client.post("/session/unlock", json={"code": phone.code(world.clock.now())})).status_code == 204
    await client.post("/session/lock")
    for _ in range(5):
        await client.post("/session/unlock", json={"password": "wrong"})
    assert (await client.post("/session/unlock", json={"password": PASSWORD})).status_code == 429


async def test_r09_a_lock_leaves_running_pictures_and_refuses_new_ones(shown: Scene) -> None:
    """A picture that ran when the console was locked also comes back after an interruption."""
    on, off = shown.world.camera(B, 0).id, shown.world.camera(B, 1).id
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        cookies = await cookie_of(client)
        async with connected(shown.app, f"/api/v1/cameras/{on}/live", cookies) as socket:
            await socket.receive()
            assert (await text(socket))["type"] == "start"
            assert (await client.post("/session/lock")).status_code == 204
            shown.clock.skip(5)
            assert len(await first_pictures(socket, 20)) > 1000
            async with connected(shown.app, f"/api/v1/cameras/{off}/live", cookies) as new:
                await new.receive()
                ended = await text(new)
                assert (ended["type"], ended["code"]) == ("end", "locked")
            assert (await client.get(f"/cameras/{on}/snapshot")).status_code == 423
        await shown.record("done")
        async with connected(shown.app, f"/api/v1/cameras/{on}/live", cookies) as again:
            await again.receive()
            assert (await text(again))["type"] == "start"
        async with connected(shown.app, f"/api/v1/cameras/{off}/live", cookies) as new:
            await new.receive()
            assert (await text(new))["code"] == "locked"


@pytest.mark.parametrize("rings", [True, False])
async def test_a_session_ended_by_a_manager_ends_its_picture(world: World, tmp_path: Path, rings: bool) -> None:
    async with (
        scene(world, tmp_path, LocalBus() if rings else SilentBus(), Worker()) as one,
        watching(one, "jinxin", world.camera(B).id) as socket,
        aclosing(await signed_in(one.app, "security")) as manager,
    ):
        await text(socket)
        rows = (await manager.get("/sessions/all")).json()["items"]
        theirs = next(row["id"] for row in rows if row["login"] == "jinxin")
        assert (await manager.delete(f"/sessions/{theirs}")).status_code == 204
        async with asyncio.timeout(30):
            assert (await text(socket))["code"] == "signed_out"


async def test_a_changed_role_ends_what_it_no_longer_allows(shown: Scene) -> None:
    async with (
        watching(shown, "jinxin", shown.world.camera(B).id) as socket,
        aclosing(await signed_in(shown.app, "system")) as manager,
    ):
        await text(socket)
        address = f"/operators/{shown.world.people['jinxin'].id}"
        assert (await manager.patch(address, json={"roles": ["grid_member"]})).status_code == 200
        assert (await text(socket))["code"] == "revoked"


@pytest.mark.parametrize("by", ["time", "manager"])
async def test_r29_a_vendors_picture_ends_with_the_account(shown: Scene, by: str) -> None:
    """When its last moment comes by itself, and when a manager draws it nearer."""
    person = shown.world.people["jinxin"]
    until = shown.clock.now() + timedelta(hours=1)
    async with shown.office.store.begin() as conn:
        account = await operators.account(conn, person.id)
        assert account is not None
        vendor = replace(person, roles=frozenset({Role.VENDOR}), valid_from=shown.clock.now(), valid_until=until)
        await operators.rewrite(conn, replace(account, operator=vendor, contract="示例"))
    async with watching(shown, "jinxin", shown.world.camera(B).id) as socket:
        assert (await text(socket))["type"] == "start"
        if by == "time":
            shown.clock.skip(3601)
        else:
            async with aclosing(await signed_in(shown.app, "system")) as manager:
                now = (shown.clock.now() + timedelta(milliseconds=1)).isoformat()
                answer = await manager.patch(f"/operators/{person.id}", json={"valid_until": now})
                assert answer.status_code == 200
        assert (await text(socket))["code"] == "signed_out"
