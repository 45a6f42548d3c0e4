"""The second factor: set up by its owner, asked for at sign-in, proved afresh for grave acts, and demanded by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from gateway.domain.accounts import AccountRules
from gateway.services import second_factor, signing_in
from gateway.services.errors import SecondFactorNeeded
from gateway.storage import second_factors
from tests.integration.conftest import Browsers
from tests.integration.giving import grant_of
from tests.integration.phone import enrol
from tests.integration.world import DEPARTMENT, HEADERS, PASSWORD, A, B, World, client_of

STEP = timedelta(seconds=30)


async def _sign_in(app: FastAPI, login: str, code: str | None = None, password: str = PASSWORD) -> httpx.Response:
    async with client_of(app) as client:
        return await client.post("/session", json={"login": login, "password": password, "code": code})


def _code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def demanding(app: FastAPI, world: World) -> None:
    """From here on the house demands second factors, as it does by default."""
    app.state.office = world.office = replace(world.office, rules=AccountRules())


async def test_r09_a_code_is_asked_for_at_sign_in_and_works_once(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    phone = await enrol(await browser_of("jinsha"), world.clock.now())
    world.clock.at += STEP
    answer = await _sign_in(app, "jinsha")
    assert (answer.status_code, _code(answer)) == (403, "second_factor_needed")
    assert answer.json()["error"]["detail"] == {"enrolled": True}
    assert "set-cookie" not in answer.headers
    code = phone.code(world.clock.now())
    assert (await _sign_in(app, "jinsha", code)).status_code == 200
    again = await _sign_in(app, "jinsha", code)
    assert (again.status_code, _code(again)) == (401, "wrong_code"), "the same code again is a replay"
    world.clock.at += STEP
    assert (await _sign_in(app, "jinsha", phone.code(world.clock.now()))).status_code == 200


async def test_r09_a_wrong_password_is_not_told_from_a_wrong_password_with_a_code(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    phone = await enrol(await browser_of("jinsha"), world.clock.now())
    world.clock.at += STEP
    for code in (None, phone.code(world.clock.now()), "000000"):
        answer = await _sign_in(app, "jinsha", code, "not the password")
        assert (answer.status_code, _code(answer)) == (401, "wrong_password")


async def test_r09_five_wrong_codes_lock_the_account(app: FastAPI, world: World, browser_of: Browsers) -> None:
    phone = await enrol(await browser_of("jinsha"), world.clock.now())
    world.clock.at += 2 * STEP
    right = phone.code(world.clock.now())
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(5):
        assert _code(await _sign_in(app, "jinsha", wrong)) == "wrong_code"
        await _sign_in(app, "jinsha")  # the right password without a code forgets nothing
    assert (await _sign_in(app, "jinsha", right)).status_code == 429


async def test_codes_of_the_neighbouring_steps_count_and_older_ones_do_not(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    phone = await enrol(await browser_of("jinsha"), world.clock.now())
    world.clock.at += 10 * STEP
    now = world.clock.now()
    assert (await _sign_in(app, "jinsha", phone.code(now - 2 * STEP))).status_code == 401
    assert (await _sign_in(app, "jinsha", phone.code(now + 2 * STEP))).status_code == 401
    assert (await _sign_in(app, "jinsha", phone.code(now - STEP))).status_code == 200
    assert (await _sign_in(app, "jinsha", phone.code(now + STEP))).status_code == 200
    assert (await _sign_in(app, "jinsha", phone.code(now))).status_code == 401, "a later step was used already"


async def test_recovery_codes_work_once_each_and_are_stored_hashed(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    client = await browser_of("jinsha")
    phone = await enrol(client, world.clock.now())
    assert len(set(phone.codes)) == 10
    shown = phone.codes[0].upper().replace("-", " ")
    assert (await _sign_in(app, "jinsha", shown)).status_code == 200
    assert (await _sign_in(app, "jinsha", shown)).status_code == 401
    assert (await client.get("/session")).json()["second_factor"]["codes_left"] == 9
    fresh = (await client.post("/session/second-factor/codes")).json()["codes"]
    assert (await _sign_in(app, "jinsha", phone.codes[1])).status_code == 401
    assert (await _sign_in(app, "jinsha", fresh[1])).status_code == 200
    async with world.office.store.read() as conn:
        factor = await second_factors.get(conn, world.people["jinsha"].id)
    assert factor is not None
    assert factor.secret is not None
    assert phone.secret.encode() not in factor.secret
    assert phone.secret not in repr(factor)


async def test_a_proof_is_fresh_for_ten_minutes_and_only_in_its_session(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    first = await browser_of("jinsha")
    phone = await enrol(first, world.clock.now())
    async with client_of(app) as other:
        world.clock.at += STEP
        body = {"login": "jinsha", "password": PASSWORD, "code": phone.code(world.clock.now())}
        await other.post("/session", json=body)
        world.clock.at += timedelta(minutes=11)
        for client in (first, other):
            assert _code(await client.post("/session/second-factor/codes")) == "second_factor_needed"
        wrong = await first.post("/session/second-factor/prove", json={"code": "000000"})
        assert (wrong.status_code, _code(wrong)) == (401, "wrong_code")
        proof = {"code": phone.code(world.clock.now())}
        assert (await first.post("/session/second-factor/prove", json=proof)).status_code == 204
        assert (await first.post("/session/second-factor/codes")).status_code == 200
        assert (await other.post("/session/second-factor/codes")).status_code == 403


async def test_require_passes_by_the_settings_and_by_fresh_proof(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    client = await browser_of("leader")
    caller = await signing_in.resume(world.office, client.cookies["seg_session"], "127.0.0.1")
    async with world.office.store.read() as conn:
        await second_factor.require(world.office, caller, conn)
    demanding(app, world)
    async with world.office.store.read() as conn:
        with pytest.raises(SecondFactorNeeded) as refused:
            await second_factor.require(world.office, caller, conn)
    assert refused.value.detail == {"enrolled": False}
    await enrol(client, world.clock.now())
    async with world.office.store.read() as conn:
        await second_factor.require(world.office, caller, conn)
    world.clock.at += timedelta(minutes=11)
    async with world.office.store.read() as conn:
        with pytest.raises(SecondFactorNeeded) as refused:
            await second_factor.require(world.office, caller, conn)
    assert refused.value.detail == {"enrolled": True}


@pytest.mark.parametrize("login", ["leader", "system", "security", "audit"])
async def test_r09_who_must_have_a_second_factor_does_nothing_before(
    app: FastAPI, world: World, browser_of: Browsers, login: str
) -> None:
    demanding(app, world)
    client = await browser_of(login)
    session = (await client.get("/session")).json()
    assert session["hold"] == "second_factor"
    none = {"enrolled": False, "confirmed_at": None, "codes_left": 0, "passkeys": 0}
    assert session["second_factor"] == none | {"demanded": True}
    for path in ("/cameras", "/operators", "/sessions"):
        answer = await client.get(path)
        assert (answer.status_code, _code(answer)) == (403, "second_factor_needed"), path
    await enrol(client, world.clock.now())
    assert (await client.get("/session")).json()["hold"] is None
    assert (await client.get("/cameras")).status_code == 200


async def test_r09_remote_sign_in_takes_a_second_factor_of_everybody(app: FastAPI, world: World) -> None:
    demanding(app, world)
    for address, hold in (("127.0.0.1", None), ("::1", None), ("10.1.2.3", "second_factor")):
        transport = httpx.ASGITransport(app=app, client=(address, 5))
        base = "http://gateway.test/api/v1"
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=HEADERS) as client:
            await client.post("/session", json={"login": "jinsha", "password": PASSWORD})
            assert (await client.get("/session")).json()["hold"] == hold
            assert (await client.get("/cameras")).status_code == (403 if hold else 200)


async def test_setting_up_takes_a_fresh_sign_in_or_the_password(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    client = await browser_of("jinsha")
    world.clock.at += timedelta(minutes=11)
    assert _code(await client.post("/session/second-factor", json={})) == "wrong_password"
    phone = await enrol(client, world.clock.now(), PASSWORD)
    world.clock.at += timedelta(minutes=11)
    refused = await client.post("/session/second-factor", json={"password": PASSWORD})
    assert _code(refused) == "second_factor_needed", "a stolen session must not replace a second factor"
    assert _code(await client.delete("/session/second-factor")) == "second_factor_needed"
    await client.post("/session/second-factor/prove", json={"code": phone.code(world.clock.now())})
    assert (await client.delete("/session/second-factor")).status_code == 204
    assert (await _sign_in(app, "jinsha")).status_code == 200
    made = (await client.post("/session/second-factor", json={"password": PASSWORD})).json()
    assert made["address"].startswith("otpauth://totp/SharpEyes:jinsha?")
    assert made["qr"].startswith("data:image/svg+xml")
    assert (await client.post("/session/second-factor/confirm", json={"code": "12"})).status_code == 401
    assert (await _sign_in(app, "jinsha")).status_code == 200, "not in force before it is confirmed"


async def test_who_must_have_one_cannot_remove_it(app: FastAPI, world: World, browser_of: Browsers) -> None:
    client = await browser_of("leader")
    await enrol(client, world.clock.now())
    demanding(app, world)
    assert _code(await client.delete("/session/second-factor")) == "forbidden"


async def test_r09_wide_grants_and_tokens_take_a_fresh_proof(app: FastAPI, world: World, browser_of: Browsers) -> None:
    """One camera is given as always; all of an owner's cameras, and a token for a system, are not."""
    leader, manager = await browser_of("leader"), await browser_of("system")
    phones = {client: await enrol(client, world.clock.now()) for client in (leader, manager)}
    demanding(app, world)
    world.clock.at += timedelta(minutes=11)
    grant = grant_of(world.camera(B).id, A)
    assert (await leader.post("/grants", json=grant)).status_code == 201
    wide = grant | {"target_kind": "owned_by", "target_id": B}
    service = {"login": "drainage", "name": "示例", "organisation_id": DEPARTMENT}
    for client, path, body in ((leader, "/grants", wide), (manager, "/service-accounts", service)):
        assert _code(await client.post(path, json=body)) == "second_factor_needed"
        proof = {"code": phones[client].code(world.clock.now())}
        assert (await client.post("/session/second-factor/prove", json=proof)).status_code == 204
        assert (await client.post(path, json=body)).status_code == 201
