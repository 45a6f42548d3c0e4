"""Single sign-on through a provider that we did not write: who comes in, as whom, and who does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from gateway.integrations.oidc import OidcProvider, Registration
from gateway.services.single_sign_on import SingleSignOn
from gateway.storage.tables import audit_entries, operators, sessions
from gateway.web.api import create_api
from tests.integration.newcomers import made, released
from tests.integration.world import HEADERS, PASSWORD, World, client_of
from tests.integration.world import signed_in as with_password
from tests.peers.identity_provider import SECRET, identity_provider

RETURN = "http://gateway.test/api/v1/session/single-sign-on/return"
BEGIN = "/session/single-sign-on/begin"
LINK = "/session/single-sign-on/link"
ENTER = "/session/single-sign-on/enter"
FIRST_BY_PASSWORD = "/#/sign-in?link=password"
FIRST_BY_CODE = "/#/sign-in?link=code"
LEADER: dict[str, Any] = {"login": "newcomer", "name": "新人", "organisation_id": "district", "roles": ["shift_leader"]}

pytestmark = pytest.mark.slow


@pytest.fixture
def registration(free_port: int) -> Iterator[Registration]:
    with identity_provider(free_port, RETURN) as issuer:
        yield Registration(issuer, "sharp-eyes-gateway", SECRET, "preferred_username")


@pytest.fixture
def app(world: World, registration: Registration) -> FastAPI:
    return application(world, registration)


def application(world: World, registration: Registration) -> FastAPI:
    sign_on = SingleSignOn(OidcProvider(registration), "统一身份认证", "single sign-on", frozenset({"otp"}))
    return create_api(world.office, sign_on=sign_on)


async def visit(client: httpx.AsyncClient, login: str, *, otp: bool = False, answer: str = "go", to: str = "/") -> str:
    """Goes to the provider and comes back; where the gateway sends the browser then.

    Who has a password and comes for the first time signs in with it once, and goes there again.
    """
    where = await once(client, login, otp=otp, answer=answer, to=to)
    if where != FIRST_BY_PASSWORD:
        return where
    body = {"login": login.partition("#")[0], "password": PASSWORD}
    assert (await client.post("/session", json=body)).status_code == 200
    assert (await client.post(LINK)).status_code == 204
    return await once(client, login, otp=otp, answer=answer, to=to)


async def once(client: httpx.AsyncClient, login: str, *, otp: bool = False, answer: str = "go", to: str = "/") -> str:
    """Goes to the provider, fills its form and comes back; where the gateway sends the browser then."""
    begun = await client.get(BEGIN, params={"to": to})
    assert begun.status_code == 303, begun.text
    back = await at_provider(begun.headers["location"], login, otp=otp, answer=answer)
    returned = await client.get(back)
    assert returned.status_code == 303, returned.text
    return str(returned.headers["location"])


async def at_provider(address: str, login: str, *, otp: bool = False, answer: str = "go") -> str:
    """What a person does at the provider; the address that it sends the browser back to."""
    async with httpx.AsyncClient() as browser:
        page = await browser.get(address, follow_redirects=True)
        assert page.status_code == 200, page.text
        form = {"login": login, "answer": answer} | ({"otp": "on"} if otp else {})
        step = await browser.post(str(page.url), data=form)
        while not (address := step.headers["location"]).startswith(RETURN):
            step = await browser.get(httpx.URL(address) if "://" in address else page.url.join(address))
        return address


async def test_a_known_login_comes_in_and_stays_the_same_person(app: FastAPI, world: World) -> None:
    async with client_of(app) as client:
        assert (await client.get("/session/single-sign-on")).json()["offered"] is True
        assert await visit(client, "jinsha", to="/tickets") == "/?entered#/tickets"
        who = (await client.get("/session")).json()
        assert who["operator"]["login"] == "jinsha"
        cookie = {one.name: one for one in client.cookies.jar}["seg_session"]
        assert cookie.has_nonstandard_attr("HttpOnly")
    async with world.office.store.begin() as conn:
        await conn.execute(update(operators).where(operators.c.login == "jinsha").values(login="renamed"))
    async with client_of(app) as client:  # the link is to the subject: a new login here changes nothing
        await visit(client, "jinsha")
        assert (await client.get("/session")).json()["operator"]["login"] == "renamed"


async def test_a_login_that_was_given_to_somebody_else_opens_nothing(app: FastAPI, world: World) -> None:
    async with client_of(app) as client:
        await visit(client, "jinsha")
    async with client_of(app) as client:
        assert await visit(client, "jinsha#2") == "/#/sign-in?refused=forbidden"
        assert (await client.get("/session")).status_code == 401
    async with aclosing(await with_password(app, "system")) as keeper:
        account = world.people["jinsha"].id
        assert (await keeper.delete(f"/operators/{account}/identity")).status_code == 204
        assert (await keeper.delete(f"/operators/{account}/identity")).status_code == 404
    async with client_of(app) as client:
        assert (await visit(client, "jinsha#2")).startswith("/?entered")


async def test_a_state_that_is_not_the_one_sent_is_refused_whatever_its_letters(app: FastAPI) -> None:
    async with client_of(app) as client:
        await client.get(BEGIN, params={"to": "/"})
        back = await client.get(RETURN, params={"state": "状态", "code": "x"})
        assert (back.status_code, back.headers["location"]) == (303, "/#/sign-in?refused=not_signed_in")


async def test_r15_an_account_with_a_password_is_linked_only_from_its_own_session(app: FastAPI, world: World) -> None:
    """Not by whoever has its login at the provider; nor is what one person brought linked to another's account."""
    async with client_of(app) as client:
        assert await once(client, "jinsha") == FIRST_BY_PASSWORD
        assert (await client.get("/session")).status_code == 401
        assert (await client.post(LINK)).status_code == 401
        assert (await client.post(ENTER, json={"code": "abcd-efgh"})).status_code == 403
        assert await once(client, "jinsha") == FIRST_BY_PASSWORD
        body = {"login": "leader", "password": PASSWORD}
        assert (await client.post("/session", json=body)).status_code == 200
        assert (await client.post(LINK)).status_code == 404
    async with aclosing(await with_password(app, "jinsha")) as client:
        assert (await client.post(LINK)).status_code == 422, "this browser did not come back from the provider"
        assert await once(client, "jinsha") == FIRST_BY_PASSWORD
        world.clock.at += timedelta(minutes=9)
        assert (await client.post(LINK)).status_code == 204
        assert (await client.post(LINK)).status_code == 422, "once"
    async with client_of(app) as client:
        assert (await once(client, "jinsha")).startswith("/?entered")


async def test_r15_an_account_without_a_password_is_linked_by_its_release_code(app: FastAPI, world: World) -> None:
    """Who has only the login at the provider, as the system manager may, guesses five times."""
    async with aclosing(await with_password(app, "system")) as manager:
        new = await made(manager, **LEADER)
    account = new["operator"]["id"]
    async with aclosing(await with_password(app, "security")) as security, client_of(app) as client:
        assert await once(client, "newcomer", to="/tickets") == FIRST_BY_CODE
        answer = await client.post(ENTER, json={"code": ""})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_released")
        code = await released(security, account)
        wrong = await client.post(ENTER, json={"code": "wrong-one"})
        assert (wrong.status_code, wrong.json()["error"]["detail"]) == (422, {"left": 4})
        assert (await client.get("/session")).status_code == 401
        entered = await client.post(ENTER, json={"code": code})
        assert (entered.status_code, entered.json()) == (200, {"to": "/tickets"})
        assert (await client.get("/session")).json()["operator"]["login"] == "newcomer"
    async with client_of(app) as client:
        assert await once(client, "newcomer") == "/?entered#/"
        setting = {"token": new["setup"]["token"], "password": "quiet rivers at noon", "code": code}
        assert (await client.post("/set-up", json=setting)).status_code == 404, "the link is used up"
    async with world.office.store.read() as conn:
        lines = (await conn.execute(select(audit_entries).where(audit_entries.c.object_id == account))).all()
    assert [line.action for line in lines].count("link_identity") == 1


@pytest.mark.parametrize("ruin", ["expired", "guessed", "replaced"])
async def test_r15_a_release_counts_no_longer_than_its_link(app: FastAPI, world: World, ruin: str) -> None:
    async with aclosing(await with_password(app, "system")) as manager:
        new = await made(manager, **LEADER)
        account = new["operator"]["id"]
        async with aclosing(await with_password(app, "security")) as security, client_of(app) as client:
            code = await released(security, account)
            assert await once(client, "newcomer") == FIRST_BY_CODE
            if ruin == "expired":
                world.clock.at += timedelta(hours=73)
            elif ruin == "guessed":
                for number in range(5):
                    await client.post(ENTER, json={"code": f"guess-{number}"})
            else:
                again = await manager.post(f"/operators/{account}/reset", json={"password": True})
                assert again.status_code == 200
            refused = await client.post(ENTER, json={"code": code})
            expected = {"expired": 401, "guessed": 403, "replaced": 409}
            assert refused.status_code == expected[ruin], refused.text
            where = await once(client, "newcomer")
            assert where == (FIRST_BY_CODE if ruin == "replaced" else "/#/sign-in?refused=forbidden")
            assert (await client.get("/session")).status_code == 401


@pytest.mark.parametrize("login", ["nobody", "drainage"])
async def test_strangers_and_services_stay_outside(app: FastAPI, world: World, login: str) -> None:
    async with aclosing(await with_password(app, "system")) as keeper:
        body = {"login": "drainage", "name": "Drainage (sample)", "organisation_id": "D20"}
        assert (await keeper.post("/service-accounts", json=body)).status_code == 201
    async with client_of(app) as client:
        assert await visit(client, login) == "/#/sign-in?refused=forbidden"
        assert "seg_session" not in client.cookies
    async with world.office.store.read() as conn:
        noted = [row.action for row in (await conn.execute(select(audit_entries))).all()]
    assert noted.count("refuse_single_sign_on") == 1


async def test_a_disabled_account_stays_outside(app: FastAPI, world: World) -> None:
    async with aclosing(await with_password(app, "system")) as keeper:
        account = world.people["jinsha"].id
        assert (await keeper.patch(f"/operators/{account}", json={"disabled": True})).status_code == 200
    async with client_of(app) as client:
        assert await visit(client, "jinsha") == "/#/sign-in?refused=forbidden"


async def test_a_second_factor_that_the_provider_saw_counts(app: FastAPI, world: World) -> None:
    for otp in (True, False):
        async with client_of(app) as client:
            await visit(client, "jinsha", otp=otp)
    async with world.office.store.read() as conn:
        found = (await conn.execute(select(sessions).order_by(sessions.c.created_at, sessions.c.id))).all()
    # the first is the one in which the identity was linked
    assert sorted(row.proved_at is not None for row in found) == [False, False, True]


async def test_somebody_who_says_no_at_the_provider_is_told_so(app: FastAPI) -> None:
    async with client_of(app) as client:
        assert await visit(client, "jinsha", answer="stop") == "/#/sign-in?refused=not_signed_in"


async def test_the_way_back_is_for_the_browser_that_set_out_and_once(app: FastAPI, world: World) -> None:
    async with client_of(app) as client:
        await visit(client, "jinsha")
    async with client_of(app) as mine, client_of(app) as theirs:
        begun = await mine.get(BEGIN)
        back = await at_provider(begun.headers["location"], "jinsha")
        await theirs.get(BEGIN)
        # somebody who is made to open the way back of another's sign-in does not become that other
        assert (await theirs.get(back)).headers["location"] == "/#/sign-in?refused=not_signed_in"
        assert (await theirs.get("/session")).status_code == 401
    async with client_of(app) as client:
        begun = await client.get(BEGIN)
        errand = client.cookies["seg_errand"]
        back = await at_provider(begun.headers["location"], "jinsha")
        assert (await client.get(back)).headers["location"].startswith("/?entered")
        replayed = await client.get(back, headers={"Cookie": f"seg_errand={errand}"})
        assert replayed.headers["location"] == "/#/sign-in?refused=not_signed_in"
    async with client_of(app) as client:
        begun = await client.get(BEGIN)
        back = await at_provider(begun.headers["location"], "jinsha")
        world.clock.at += timedelta(minutes=11)
        assert (await client.get(back)).headers["location"] == "/#/sign-in?refused=not_signed_in"


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
async def test_the_way_back_leads_into_the_console_only(app: FastAPI, to: str) -> None:
    async with client_of(app) as client:
        assert await visit(client, "jinsha", to=to) == "/?entered#/"


async def test_the_flow_is_bound_by_state_nonce_and_pkce(app: FastAPI) -> None:
    async with client_of(app) as client:
        asked = parse_qs(urlsplit((await client.get(BEGIN)).headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(re.fullmatch(r"[\w-]{40,}", asked[name][0]) for name in ("state", "nonce", "code_challenge"))


Change = Callable[[Registration], Registration]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: replace(one, client_secret="another"), "not_signed_in"),
        (lambda one: replace(one, login_claim="employee_number"), "not_signed_in"),
        (lambda one: replace(one, issuer=one.issuer + "/"), "provider_unavailable"),
        (lambda one: replace(one, issuer="http://127.0.0.1:9"), "provider_unavailable"),
    ],
)
async def test_what_does_not_fit_is_said_on_the_sign_in_page(
    world: World, registration: Registration, change: Change, told: str
) -> None:
    good, bad = application(world, registration), application(world, change(registration))
    async with client_of(bad) as client:
        begun = await client.get(BEGIN)
        if "seg_errand" not in client.cookies:
            assert begun.headers["location"] == f"/#/sign-in?refused={told}"
            return
        back = await at_provider(begun.headers["location"], "jinsha")
        assert (await client.get(back)).headers["location"] == f"/#/sign-in?refused={told}"
        assert (await client.get("/session")).status_code == 401
    async with client_of(good) as client:
        assert (await visit(client, "jinsha")).startswith("/?entered")


async def test_without_a_provider_there_is_no_such_door(world: World) -> None:
    async with client_of(create_api(world.office)) as client:
        assert (await client.get("/session/single-sign-on")).json()["offered"] is False
        assert (await client.get(BEGIN, headers=HEADERS)).status_code == 404
