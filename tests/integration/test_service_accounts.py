"""Departments' systems: a token opens what it was issued for, for as long, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from gateway.domain.actions import Action
from gateway.domain.operators import SEEING, Role
from gateway.services import held_tokens, service_accounts
from gateway.services.errors import Forbidden
from gateway.services.office import Caller
from gateway.services.service_accounts import SCOPES
from gateway.storage.tables import audit_entries, sessions
from gateway.web.rules import declared
from tests.integration.asking import notices
from tests.integration.conftest import Browsers
from tests.integration.sockets import connected
from tests.integration.world import DEPARTMENT, B, World


async def service(keeper: httpx.AsyncClient, login: str = "drainage") -> dict[str, Any]:
    body = {"login": login, "name": "Drainage dispatch (sample)", "organisation_id": DEPARTMENT}
    answer = await keeper.post("/service-accounts", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def wanted(**other: Any) -> dict[str, Any]:
    return {"label": "the sluice", "scopes": ["directory", "list"], "purpose": "PS-FLOOD", "days": 30, **other}


async def issued(keeper: httpx.AsyncClient, service_id: str, **other: Any) -> dict[str, Any]:
    answer = await keeper.post(f"/service-accounts/{service_id}/tokens", json=wanted(**other))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def whole(keeper: httpx.AsyncClient, security: httpx.AsyncClient, service_id: str, **other: Any) -> str:
    """A token that opens pictures, joined of the halves that two managers were shown."""
    first = await issued(keeper, service_id, **other)
    answer = await security.post(f"/service-accounts/{service_id}/tokens/{first['view']['id']}/release")
    assert answer.status_code == 200, answer.text
    return f"{first['token']}.{answer.json()['rest']}"


def system(app: FastAPI, token: str) -> httpx.AsyncClient:
    """What a system sends: its token, and neither cookie nor the console's header."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://gateway.test/api/v1",
        headers={"Authorization": f"Bearer {token}"},
    )


async def test_a_token_opens_its_organisations_cameras_within_its_scopes(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    keeper = await browser_of("system")
    made = await service(keeper)
    token = (await issued(keeper, made["id"]))["token"]
    own, foreign = world.camera(DEPARTMENT), world.camera(B)
    async with system(app, token) as client:
        listed = (await client.get("/cameras")).json()["items"]
        assert {item["id"] for item in listed} == {camera.id for camera in world.cameras[DEPARTMENT]}
        assert (await client.get(f"/cameras/{foreign.id}")).status_code == 404
        assert (await client.get(f"/cameras/{own.id}/snapshot")).status_code == 403
        assert (await client.get("/candidates")).json()["items"] == []
        who = (await client.get("/session")).json()
    assert who["actions"] == ["directory", "list"]
    assert who["purpose"] == "PS-FLOOD"


async def test_a_grant_reaches_a_service_and_its_scopes_still_bound_it(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    keeper, leader = await browser_of("system"), await browser_of("leader")
    made = await service(keeper)
    camera = world.camera(B)
    given = await leader.post(
        "/grants",
        json={
            "grantee_kind": "operator",
            "grantee_id": made["id"],
            "target_kind": "camera",
            "target_id": camera.id,
            "actions": ["see_events", "handle_tickets"],
            "reason": "sluice watch (sample)",
        },
    )
    assert given.status_code == 201, given.text
    narrow = (await issued(keeper, made["id"]))["token"]
    security, scopes = await browser_of("security"), ["directory", "list", "see_events"]
    wide = await whole(keeper, security, made["id"], scopes=scopes)
    async with system(app, narrow) as client:
        assert (await client.get(f"/cameras/{camera.id}")).status_code == 200
        assert (await client.get(f"/candidates/{world.candidates[camera.id]}")).status_code == 404
    async with system(app, wide) as client:
        assert (await client.get(f"/candidates/{world.candidates[camera.id]}")).status_code == 200


async def test_r15_a_token_that_opens_pictures_takes_two_managers(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """What a department's people may see its service sees too: whoever made one alone would see it."""
    keeper, security = await browser_of("system"), await browser_of("security")
    made = await service(keeper)
    first = await issued(keeper, made["id"], scopes=["directory", "list", "see_events"])
    path = f"/service-accounts/{made['id']}/tokens/{first['view']['id']}/release"
    assert first["view"]["waits"] is True
    assert first["release"]["by"] == [world.people["security"].name]
    assert (await keeper.post(path)).status_code == 403
    told = (await security.get("/notices")).json()["items"]
    assert [one["object_id"] for one in told if one["kind"] == "token_to_release"] == [made["id"]]
    answer = await security.post(path)
    assert set(answer.json()) == {"rest"}
    assert (await security.post(path)).status_code == 404, "a second half is shown once"
    rest, camera = answer.json()["rest"], world.camera(DEPARTMENT)
    for token in (first["token"], rest, f"{rest}.{first['token']}", f"{first['token']}.", f"{first['token']}.guess"):
        async with system(app, token) as client:
            assert (await client.get("/cameras")).status_code == 401, "neither half opens anything"
    async with system(app, f"{first['token']}.{rest}") as client:
        assert (await client.get(f"/candidates/{world.candidates[camera.id]}")).status_code == 200
    assert (await keeper.get("/service-accounts")).json()["items"][0]["tokens"][0]["waits"] is False


async def test_r15_a_held_token_opens_nothing_until_it_is_released_like_a_new_one(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """What an upgrade has held: tokens that one person issued alone, before it took two."""
    keeper, security, auditor = await browser_of("system"), await browser_of("security"), await browser_of("audit")
    made = await service(keeper)
    first = await issued(keeper, made["id"], scopes=["directory", "list", "view_live"])
    token, token_id = first["token"], first["view"]["id"]
    path = f"/service-accounts/{made['id']}/tokens/{token_id}/release"

    async def answers(one: str) -> int:
        async with system(app, one) as client:
            return (await client.get("/cameras")).status_code

    for kind, status in (("token", 200), ("held", 401)):
        async with world.office.store.begin() as conn:
            await conn.execute(sessions.update().where(sessions.c.id == token_id).values(kind=kind))
        assert await answers(token) == status
    assert (await keeper.get("/service-accounts")).json()["items"][0]["tokens"][0]["waits"] is True
    for _ in range(2):
        await held_tokens.hand_to_releasers(world.office, world.clock.now())
    (line,) = (await auditor.get("/audit", params={"action": "hold_token"})).json()["items"]
    assert (line["object_id"], line["detail"]["made_by"]) == (token_id, world.people["system"].id)
    assert "token_to_release" in await notices(security)
    assert (await notices(keeper)).count("token_held") == 1
    assert await answers(token) == 401
    rest = (await security.post(path)).json()["rest"]
    assert (await answers(token), await answers(f"{token}.{rest}")) == (401, 200)


@pytest.mark.parametrize("scope", sorted(SEEING & SCOPES))
async def test_r15_no_scope_that_shows_pictures_works_before_its_release(
    app: FastAPI, browser_of: Browsers, scope: Action
) -> None:
    keeper = await browser_of("system")
    first = await issued(keeper, (await service(keeper))["id"], scopes=["list", scope])
    async with system(app, first["token"]) as client:
        assert (await client.get("/session")).status_code == 401


async def test_r15_who_issued_a_token_does_not_release_it_in_whatever_role(world: World, browser_of: Browsers) -> None:
    keeper = await browser_of("system")
    made = await service(keeper)
    first = await issued(keeper, made["id"], scopes=["view_live"])
    turned = replace(world.people["system"], roles=frozenset({Role.SECURITY_MANAGER}))
    with pytest.raises(Forbidden):
        await service_accounts.release(world.office, Caller(turned, "s", None), made["id"], first["view"]["id"])


async def test_a_service_never_shares_manages_or_administers(app: FastAPI, world: World, browser_of: Browsers) -> None:
    keeper = await browser_of("system")
    made = await service(keeper)
    for scope in (Action.SHARE, Action.MANAGE, Action.EXPORT, Action.PTZ):
        refused = await keeper.post(f"/service-accounts/{made['id']}/tokens", json=wanted(scopes=[scope]))
        assert refused.status_code == 422, scope
    token = (await issued(keeper, made["id"]))["token"]
    async with system(app, token) as client:
        assert (
            await client.post("/service-accounts", json={"login": "more", "name": "x", "organisation_id": B})
        ).status_code == 403
        assert (await client.get("/audit")).status_code == 403
        assert (await client.patch("/session", json={"purpose": "PS-FIRE"})).status_code == 403


async def test_a_token_ends_by_its_time_by_revocation_and_with_its_account(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    keeper = await browser_of("system")
    made = await service(keeper)
    revoked, expiring, disabled = [await issued(keeper, made["id"], days=days) for days in (30, 1, 30)]
    path = f"/service-accounts/{made['id']}"
    assert (await keeper.delete(f"{path}/tokens/{revoked['view']['id']}")).status_code == 204
    assert (await keeper.delete(f"{path}/tokens/{revoked['view']['id']}")).status_code == 404
    world.clock.at += timedelta(days=1, seconds=1)
    keeper = await browser_of("system")
    for ended in (revoked, expiring):
        async with system(app, ended["token"]) as client:
            assert (await client.get("/cameras")).status_code == 401
    async with system(app, disabled["token"]) as client:
        assert (await client.get("/cameras")).status_code == 200
        assert (await keeper.patch(f"/operators/{made['id']}", json={"disabled": True})).status_code == 200
        assert (await client.get("/cameras")).status_code == 401


async def test_a_token_is_no_cookie_and_a_cookie_no_token(app: FastAPI, world: World, browser_of: Browsers) -> None:
    keeper = await browser_of("system")
    token = (await issued(keeper, (await service(keeper))["id"]))["token"]
    cookie = keeper.cookies["seg_session"]
    bare = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway.test/api/v1")
    async with bare:
        assert (await bare.get("/cameras", headers={"Cookie": f"seg_session={token}"})).status_code == 401
        assert (await bare.get("/cameras", headers={"Authorization": f"Bearer {cookie}"})).status_code == 401
        # a browser that is signed in cannot be made to act for another site by an empty token
        smuggled = {"Cookie": f"seg_session={cookie}", "Authorization": "Bearer ", "Origin": "https://evil.example"}
        assert (await bare.delete("/session", headers=smuggled)).status_code == 401
        assert (await keeper.get("/session")).status_code == 200


async def test_a_service_cannot_sign_in_and_is_not_told_apart(app: FastAPI, world: World, browser_of: Browsers) -> None:
    await service(await browser_of("system"))
    stranger = await browser_of("")
    said = await stranger.post("/session", json={"login": "drainage", "password": "whatever it may be"})
    nobody = await stranger.post("/session", json={"login": "nobody-here", "password": "whatever it may be"})
    assert (said.status_code, said.json()) == (nobody.status_code, nobody.json())


async def test_only_the_hash_is_kept_and_the_audit_says_what_it_is_for(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    keeper = await browser_of("system")
    made = await service(keeper)
    token = (await issued(keeper, made["id"]))["token"]
    async with world.office.store.read() as conn:
        rows = (await conn.execute(select(sessions))).all()
        entries = [entry.canonical.decode() for entry in (await conn.execute(select(audit_entries))).all()]
    assert all(token not in str(row) for row in rows)
    noted = [entry for entry in entries if '"issue_token"' in entry]
    assert len(noted) == 1
    assert all(word in noted[0] for word in (made["id"], "PS-FLOOD", '"list"'))
    assert "the sluice" not in "".join(entries)
    assert token not in (await keeper.get("/service-accounts")).text


@pytest.mark.parametrize("login", ["district", "leader", "jinsha", "security", "audit"])
async def test_only_the_system_manager_keeps_them(world: World, browser_of: Browsers, login: str) -> None:
    made = await service(await browser_of("system"))
    client = await browser_of(login)
    body = {"login": "other", "name": "x", "organisation_id": B}
    assert (await client.post("/service-accounts", json=body)).status_code == 403
    assert (await client.post(f"/service-accounts/{made['id']}/tokens", json=wanted())).status_code == 403
    sees = login in ("security", "audit")
    assert (await client.get("/service-accounts")).status_code == (200 if sees else 403)


async def test_a_person_is_no_service(world: World, browser_of: Browsers) -> None:
    keeper = await browser_of("system")
    person = world.people["jinsha"].id
    assert (await keeper.post(f"/service-accounts/{person}/tokens", json=wanted())).status_code == 404
    body = {"login": "robot", "name": "x", "organisation_id": B, "roles": [Role.SERVICE]}
    assert (await keeper.post("/operators", json=body)).status_code == 422


async def test_messages_follow_a_token_too(app: FastAPI, world: World, browser_of: Browsers) -> None:
    keeper = await browser_of("system")
    token = (await issued(keeper, (await service(keeper))["id"]))["token"]
    assert any("WEBSOCKET" in route.methods for route in declared(app.routes))
    async with connected(app, "/api/v1/messages", token=token) as socket:
        assert "signed_out" not in await socket.until_said("hello")
    async with connected(app, "/api/v1/messages", token="wrong") as socket:
        assert "signed_out" in await socket.until_closed()
