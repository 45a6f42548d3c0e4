"""R15: what the system manager makes, the security manager puts into force; neither makes a watcher alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.domain.operators import Role
from gateway.services import releasing
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.errors import Forbidden
from gateway.services.office import Caller
from gateway.storage import auditing, notices, setup_links
from tests.integration.conftest import Browsers
from tests.integration.newcomers import CHOSEN, made, released, waiting
from tests.integration.phone import enrol
from tests.integration.test_second_factor import demanding
from tests.integration.world import World, client_of

LEADER: dict[str, Any] = {"login": "newcomer", "name": "新人", "organisation_id": "district", "roles": ["shift_leader"]}


def _code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def _set_up(app: FastAPI, token: str, code: str) -> httpx.Response:
    async with client_of(app) as owner:
        return await owner.post("/set-up", json={"token": token, "password": CHOSEN, "code": code})


async def _actions(world: World, operator_id: str) -> list[str]:
    async with world.office.store.read() as conn:
        return [one.action for one in (await auditing.page(conn, object_kind="operator", object_id=operator_id)).items]


async def test_r15_the_system_manager_alone_sets_no_account_up(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """With the link of a new account or of a reset, and whatever may be guessed for a code."""
    manager = await browser_of("system")
    new = await made(manager, **LEADER)
    again = (await manager.post(f"/operators/{world.people['leader'].id}/reset", json={"password": True})).json()
    for kept in (new, again):
        assert kept["operator"]["footing"]["release"] == "needed"
        assert kept["release"] == {"by": [world.people["security"].name], "hint": ""}
        for code in ("", "none", "null"):
            answer = await _set_up(app, kept["setup"]["token"], code)
            assert (answer.status_code, _code(answer)) == (409, "not_released")
        link = {"link": kept["operator"]["footing"]["link"]}
        refused = await manager.post(f"/operators/{kept['operator']['id']}/release", json=link)
        assert (refused.status_code, _code(refused)) == (403, "forbidden")
    async with client_of(app) as client:
        for login in ("newcomer", "leader"):
            assert (await client.post("/session", json={"login": login, "password": CHOSEN})).status_code == 401


async def test_r15_the_security_manager_alone_sets_no_account_up(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """What is released shows the code, and nowhere the link."""
    manager, security = await browser_of("system"), await browser_of("security")
    new = await made(manager, **LEADER)
    token, account = new["setup"]["token"], new["operator"]["id"]
    link = {"link": await waiting(security, account)}
    answer = await security.post(f"/operators/{account}/release", json=link)
    assert set(answer.json()) == {"code", "expires_at"}
    for path in ("/operators", "/operators/review", "/notices"):
        shown = await security.get(path)
        assert shown.status_code == 200
        assert token not in shown.text
    row = next(one for one in (await manager.get("/operators")).json()["items"] if one["id"] == account)
    assert row["footing"]["release"] == "given"
    assert answer.json()["code"] not in (await manager.get("/operators")).text
    assert (await _set_up(app, answer.json()["code"], answer.json()["code"])).status_code == 404


async def test_r15_link_and_code_together_set_the_account_up(app: FastAPI, world: World, browser_of: Browsers) -> None:
    new = await made(await browser_of("system"), **LEADER)
    token, account = new["setup"]["token"], new["operator"]["id"]
    security = await browser_of("security")
    async with client_of(app) as owner:
        shown = (await owner.post("/set-up/look", json={"token": token})).json()
        assert (shown["code_needed"], shown["released"]) == (True, False)
        void, code = await released(security, account), await released(security, account)
        assert (await owner.post("/set-up/look", json={"token": token})).json()["released"] is True
    old = await _set_up(app, token, void)
    assert (old.status_code, _code(old), old.json()["error"]["detail"]) == (422, "wrong_release_code", {"left": 4})
    assert (await _set_up(app, token, code.upper().replace("-", " "))).status_code == 204
    async with client_of(app) as client:
        assert (await client.post("/session", json={"login": "newcomer", "password": CHOSEN})).status_code == 200
    link = {"link": new["operator"]["footing"]["link"]}
    assert (await security.post(f"/operators/{account}/release", json=link)).status_code == 404, (
        "nothing waits any more"
    )
    async with world.office.store.read() as conn:
        lines = (await auditing.page(conn, object_kind="operator", object_id=account)).items
    by = [line.actor_id for line in lines if line.action == "release_account"]
    assert by == [world.people["security"].id] * 2
    for secret in (token, void, code, code.replace("-", "")):
        assert secret not in repr(lines)


async def test_r15_five_wrong_codes_make_the_link_void(app: FastAPI, world: World, browser_of: Browsers) -> None:
    new = await made(await browser_of("system"), **LEADER)
    token, account = new["setup"]["token"], new["operator"]["id"]
    code = await released(await browser_of("security"), account)
    answers = await asyncio.gather(*(_set_up(app, token, f"guess-{number}") for number in range(8)))
    assert sorted(_code(one) for one in answers) == ["not_found"] * 3 + ["wrong_release_code"] * 5
    assert (await _set_up(app, token, code)).status_code == 404
    noted = await _actions(world, account)
    assert (noted.count("wrong_release_code"), noted.count("void_setup_link")) == (5, 1)


async def test_r15_an_unknown_link_is_answered_alike_with_a_code_or_without(app: FastAPI) -> None:
    async with client_of(app) as owner:
        bodies = ({"password": CHOSEN}, {"password": CHOSEN, "code": "abcd-efgh"})
        answers = [await owner.post("/set-up", json={"token": "invented"} | body) for body in bodies]
        looked = await owner.post("/set-up/look", json={"token": "invented"})
    assert [one.status_code for one in (*answers, looked)] == [404] * 3
    assert answers[0].json() == answers[1].json() == looked.json()


async def test_r15_who_made_the_link_does_not_release_it_in_whatever_role(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """Nor whose account it is."""
    new = await made(await browser_of("system"), **LEADER)
    account, office = new["operator"]["id"], world.office
    for person in (world.people["system"], replace(world.people["leader"], id=account)):
        turned = Caller(replace(person, roles=frozenset({Role.SECURITY_MANAGER})), "session", None)
        with pytest.raises(Forbidden):
            await releasing.release(office, Doorkeeper(), turned, account, new["operator"]["footing"]["link"])
    async with office.store.read() as conn:
        assert (await setup_links.waiting(conn, world.clock.now()))[account].released_by is None


async def test_r09_releasing_takes_a_fresh_second_factor(app: FastAPI, world: World, browser_of: Browsers) -> None:
    new = await made(await browser_of("system"), **LEADER)
    security = await browser_of("security")
    phone = await enrol(security, world.clock.now())
    demanding(app, world)
    world.clock.at += timedelta(minutes=11)
    path, link = f"/operators/{new['operator']['id']}/release", {"link": new["operator"]["footing"]["link"]}
    assert _code(await security.post(path, json=link)) == "second_factor_needed"
    await security.post("/session/second-factor/prove", json={"code": phone.code(world.clock.now())})
    assert (await security.post(path, json=link)).status_code == 200


async def test_r15_only_the_link_that_was_looked_at_is_released(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """A reset between the look and the press makes another, which the security manager has not seen."""
    manager, security = await browser_of("system"), await browser_of("security")
    new = await made(manager, **LEADER)
    account, first = new["operator"]["id"], await waiting(security, new["operator"]["id"])
    again = (await manager.post(f"/operators/{account}/reset", json={"password": True})).json()
    answer = await security.post(f"/operators/{account}/release", json={"link": first})
    assert (answer.status_code, _code(answer)) == (409, "conflict")
    assert "another link was made" in answer.json()["error"]["message"]
    assert _code(await _set_up(app, again["setup"]["token"], "abcd-efgh")) == "not_released"
    assert await waiting(security, account) != first
    await released(security, account)


async def test_r15_the_security_managers_are_told_and_nobody_else(world: World, browser_of: Browsers) -> None:
    new = await made(await browser_of("system"), **LEADER)
    for login in ("security", "system", "audit", "leader"):
        told = (await (await browser_of(login)).get("/notices")).json()["items"]
        about = [one["object_id"] for one in told if one["kind"] == "account_to_release"]
        assert about == ([new["operator"]["id"]] if login == "security" else [])
    async with world.office.store.read() as conn:
        page = await notices.page(conn, world.people["security"])
    assert [one.detail for one in page.items if one.kind == "account_to_release"] == [{"login": "newcomer"}]


async def test_r15_without_a_security_manager_the_answer_says_how_to_make_one(
    world: World, browser_of: Browsers
) -> None:
    manager = await browser_of("system")
    answer = await manager.patch(f"/operators/{world.people['security'].id}", json={"disabled": True})
    assert answer.status_code == 200
    release = (await made(manager, **LEADER))["release"]
    assert release["by"] == []
    assert "gateway create-user --role security_manager" in release["hint"]
