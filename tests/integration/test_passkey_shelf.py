"""Whose passkeys they are: enrolled, removed and reset, where browsers make none, and answers that are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from fastapi import FastAPI

from gateway.domain.accounts import AccountRules
from tests.integration.authenticator import (
    Authenticator,
    answered,
    asked,
    code_of,
    decoded,
    encoded,
    enrol_passkey,
    enter,
    lines,
    sign_in,
)
from tests.integration.conftest import Opener
from tests.integration.phone import enrol
from tests.integration.world import World


async def test_phone_passkeys_and_recovery_codes_go_together(world: World, at_https: Opener) -> None:
    client, key = await at_https("jinsha"), Authenticator()
    phone = await enrol(client, world.clock.now())
    second = await enrol_passkey(client, key)
    assert second["codes"] == [], "the phone's recovery codes stay good"
    assert (await asked(await at_https(""), "jinsha"))["phone"] is True
    world.clock.at += timedelta(seconds=30)
    assert (await sign_in(await at_https(""), "jinsha", code=phone.code(world.clock.now()))).status_code == 200
    assert (await sign_in(await at_https(""), "jinsha", code=phone.codes[0])).status_code == 200
    assert (await client.delete("/session/second-factor")).status_code == 204
    world.clock.at += timedelta(seconds=30)
    gone = await sign_in(await at_https(""), "jinsha", code=phone.code(world.clock.now()))
    assert code_of(gone) == "wrong_code"
    assert (await sign_in(await at_https(""), "jinsha", code=phone.codes[1])).status_code == 200
    assert (await enter(await at_https(""), "jinsha", key)).status_code == 200
    assert (await client.delete(f"/session/passkeys/{second['passkey']['id']}")).status_code == 204
    assert (await sign_in(await at_https(""), "jinsha")).status_code == 200
    standing = (await client.get("/session")).json()["second_factor"]
    assert (standing["enrolled"], standing["codes_left"]) == (False, 0)


async def test_removing_takes_a_fresh_proof_and_ones_own_passkey(world: World, at_https: Opener) -> None:
    client, key = await at_https("jinsha"), Authenticator()
    passkey = (await enrol_passkey(client, key))["passkey"]["id"]
    other = await at_https("jinxin")
    await enrol_passkey(other, Authenticator())
    foreign = await other.delete(f"/session/passkeys/{passkey}")
    unknown = await other.delete("/session/passkeys/01a20000-0000-7000-8000-000000000000")
    assert (foreign.status_code, foreign.text) == (unknown.status_code, unknown.text)
    assert foreign.status_code == 404
    world.clock.at += timedelta(minutes=11)
    refused = await client.delete(f"/session/passkeys/{passkey}")
    assert code_of(refused) == "second_factor_needed", "a stolen session must not remove a second factor"
    await client.post("/session/second-factor/prove", json={"passkey": await answered(client, key)})
    assert (await client.delete(f"/session/passkeys/{passkey}")).status_code == 204
    assert await lines(world, "remove_passkey") == [{"passkey": passkey}]
    assert (await client.get("/session/passkeys")).json()["items"] == []


async def test_r09_who_must_have_a_second_factor_may_set_up_a_passkey_and_keeps_one(
    app: FastAPI, world: World, at_https: Opener
) -> None:
    app.state.office = world.office = replace(world.office, rules=AccountRules())
    client, key = await at_https("leader"), Authenticator()
    assert (await client.get("/session")).json()["hold"] == "second_factor"
    assert (await client.get("/session/passkeys")).json()["obstacle"] is None
    first = (await enrol_passkey(client, key))["passkey"]["id"]
    assert (await client.get("/session")).json()["hold"] is None
    last = await client.delete(f"/session/passkeys/{first}")
    assert (last.status_code, code_of(last)) == (403, "forbidden")
    await enrol_passkey(client, Authenticator())
    assert (await client.delete(f"/session/passkeys/{first}")).status_code == 204


async def test_r09_a_reset_by_the_manager_takes_passkeys_away(world: World, at_https: Opener) -> None:
    key = Authenticator()
    owner = await at_https("jinsha")
    made = await enrol_passkey(owner, key)
    manager = await at_https("system")
    people = {one["login"]: one for one in (await manager.get("/operators")).json()["items"]}
    assert people["jinsha"]["footing"]["second_factor"] is True
    path = f"/operators/{people['jinsha']['id']}/reset"
    assert (await manager.post(path, json={"second_factor": True})).status_code == 200
    fresh = await at_https("jinsha")
    assert (await fresh.get("/session/passkeys")).json()["items"] == []
    await enrol(fresh, world.clock.now())
    assert code_of(await sign_in(await at_https(""), "jinsha", code=made["codes"][0])) == "wrong_code"


@pytest.mark.parametrize(
    ("origin", "why"),
    [("http://127.0.0.1:8080", "address"), ("https://192.0.2.7", "address"), ("http://gateway.test", "plain")],
)
async def test_where_browsers_refuse_passkeys_the_gateway_says_so_first(
    at_https: Opener, origin: str, why: str
) -> None:
    client, key = await at_https("jinsha", origin), Authenticator()
    assert (await client.get("/session/passkeys")).json()["obstacle"] == why
    for path in ("/session/passkeys/begin", "/session/passkeys/challenge"):
        refused = await client.post(path, json={})
        assert (refused.status_code, refused.json()["error"]["detail"]) == (409, {"why": why})
    await enrol_passkey(await at_https("jinsha"), key)
    detail = await asked(await at_https("", origin), "jinsha")
    assert (detail["enrolled"], detail["passkey"]) == (True, None), "recovery codes do there"


async def test_a_passkey_of_one_name_is_none_of_another(app: FastAPI, at_https: Opener) -> None:
    """Nor does the name in a forwarded request decide, once the public address is set."""
    home = "http://localhost:8080"
    key = Authenticator(origin=home, name="localhost")
    client = await at_https("jinsha", home)
    await enrol_passkey(client, key)
    assert (await asked(await at_https(""), "jinsha"))["passkey"] is None
    assert (await enter(await at_https("", home), "jinsha", key)).status_code == 200
    app.state.public_url = "https://gateway.test/"
    shelf = (await client.get("/session/passkeys")).json()
    assert (shelf["origin"], shelf["items"][0]["here"]) == ("https://gateway.test", False)
    away = await client.post("/session/passkeys/challenge")
    assert (away.status_code, away.json()["error"]["detail"]) == (409, {"why": "elsewhere"})


WRONG = (None, 7, "", "AA", "not base64 é", [], {})


def _spoilt(made: dict[str, Any]) -> list[dict[str, Any]]:
    """The same answer, made useless in many ways."""
    response = made["response"]
    found: list[dict[str, Any]] = [{}, {"id": 1}, {"id": "\x00"}, made | {"id": "x" * 5000}, made | {"rawId": "AAAA"}]
    found += [made | {"type": "password"}, made | {"response": None}, made | {"response": []}, made | {"response": {}}]
    for name in set(response) - {"transports"}:
        cut = encoded(decoded(response[name])[:-5])
        found += [made | {"response": response | {name: wrong}} for wrong in (*WRONG, [response[name]], cut)]
    return found


async def test_answers_that_are_no_answers_are_refused_without_a_word(world: World, at_https: Opener) -> None:
    client, key = await at_https("jinsha"), Authenticator()
    await enrol_passkey(client, key)
    for number in range(len(_spoilt(Authenticator().create({"challenge": ""})))):
        begun = (await client.post("/session/passkeys/begin", json={})).json()
        spoilt = _spoilt(Authenticator().create(begun["options"]))[number]
        body = {"ceremony": begun["id"], "credential": spoilt, "name": "x"}
        answer = await client.post("/session/passkeys", json=body)
        assert (answer.status_code, code_of(answer)) == (401, "wrong_passkey"), spoilt
    for number in range(len(_spoilt((await answered(client, key))["credential"]))):
        signed = await answered(client, key)
        signed["credential"] = _spoilt(signed["credential"])[number]
        answer = await client.post("/session/second-factor/prove", json={"passkey": signed})
        assert (answer.status_code, code_of(answer)) == (401, "wrong_passkey"), signed
        right = {"passkey": await answered(client, key)}  # so that five in a row lock nothing
        assert (await client.post("/session/second-factor/prove", json=right)).status_code == 204


@pytest.mark.parametrize("said", [None, "usb", ["telepathy", 7, {}], {"usb": 1}])
async def test_how_a_key_is_reached_is_only_a_hint(at_https: Opener, said: Any) -> None:
    client, key = await at_https("jinsha"), Authenticator()
    begun = (await client.post("/session/passkeys/begin", json={})).json()
    made = key.create(begun["options"])
    made["response"]["transports"] = said
    body = {"ceremony": begun["id"], "credential": made, "name": "x"}
    assert (await client.post("/session/passkeys", json=body)).status_code == 201
    options = (await client.post("/session/passkeys/challenge")).json()["options"]
    assert not options["allowCredentials"][0].get("transports")


async def test_attestations_with_certificates_are_not_read(at_https: Opener) -> None:
    """Nobody asked for them: browsers send none, and their readers stay out of reach."""
    client = await at_https("jinsha")
    for form in ("tpm", "android-safetynet", "fido-u2f", "apple", "nonsense"):
        begun = (await client.post("/session/passkeys/begin", json={})).json()
        made = Authenticator().create(begun["options"])
        attested = cbor2.loads(decoded(made["response"]["attestationObject"])) | {"fmt": form}
        made["response"]["attestationObject"] = encoded(cbor2.dumps(attested))
        body = {"ceremony": begun["id"], "credential": made, "name": "x"}
        assert code_of(await client.post("/session/passkeys", json=body)) == "wrong_passkey"


async def test_ten_passkeys_are_enough(at_https: Opener) -> None:
    client = await at_https("jinsha")
    for number in range(10):
        await enrol_passkey(client, Authenticator(), f"示例 {number}")
    assert code_of(await client.post("/session/passkeys/begin", json={})) == "conflict"
