"""Passkeys as second factor: enrolled, used and refused, with an authenticator that signs as real ones do."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.authenticator import (
    PRESENT,
    Authenticator,
    answered,
    asked,
    code_of,
    encoded,
    enrol_passkey,
    enter,
    lines,
    sign_in,
)
from tests.integration.conftest import Opener
from tests.integration.world import PASSWORD, REMOTE, World


async def test_r09_a_passkey_is_enrolled_and_asked_for_after_the_password(world: World, at_https: Opener) -> None:
    client, key = await at_https("jinsha"), Authenticator()
    begun = (await client.post("/session/passkeys/begin", json={})).json()["options"]
    assert begun["rp"] == {"name": "SharpEyes", "id": "gateway.test"}
    assert begun["attestation"] == "none"
    assert begun["authenticatorSelection"]["userVerification"] == "preferred"
    made = await enrol_passkey(client, key, "蓝色钥匙(示例)")
    assert len(set(made["codes"])) == 10, "the first second factor comes with recovery codes"
    assert made["passkey"]["here"] is True
    standing = (await client.get("/session")).json()["second_factor"]
    assert (standing["enrolled"], standing["passkeys"], standing["confirmed_at"]) == (True, 1, None)
    fresh = await at_https("")
    detail = await asked(fresh, "jinsha")
    options = detail["passkey"]["options"]
    assert (detail["enrolled"], detail["phone"]) == (True, False)
    assert (options["rpId"], options["userVerification"]) == ("gateway.test", "preferred")
    assert [one["id"] for one in options["allowCredentials"]] == [encoded(key.credential)]
    assert options["allowCredentials"][0]["transports"] == ["nfc", "usb"]
    world.clock.at += timedelta(minutes=1)
    assert (await enter(fresh, "jinsha", key)).status_code == 200
    shelf = (await fresh.get("/session/passkeys")).json()
    assert [(one["name"], one["here"]) for one in shelf["items"]] == [("蓝色钥匙(示例)", True)]
    assert shelf["items"][0]["used_at"] > shelf["items"][0]["created_at"]
    assert await lines(world, "enrol_passkey") == [{"passkey": made["passkey"]["id"]}]
    used = {"passkey": made["passkey"]["id"], "remote": REMOTE, "verified": True}
    assert await lines(world, "use_passkey") == [used]


async def test_r09_a_wrong_password_is_never_told_of_passkeys(at_https: Opener) -> None:
    key = Authenticator()
    await enrol_passkey(await at_https("jinsha"), key)
    fresh = await at_https("")
    begun = (await asked(fresh, "jinsha"))["passkey"]
    body = {"login": "jinsha", "password": "not the password"}
    signed = {"ceremony": begun["id"], "credential": key.get(begun["options"])}
    for more in ({}, {"passkey": signed}):
        answer = await fresh.post("/session", json=body | more)
        assert (answer.status_code, code_of(answer)) == (401, "wrong_password")
        assert "passkey" not in answer.text


async def test_r09_an_answer_counts_once(world: World, at_https: Opener) -> None:
    key = Authenticator(counts=False)
    await enrol_passkey(await at_https("jinsha"), key)
    fresh = await at_https("")
    begun = (await asked(fresh, "jinsha"))["passkey"]
    signed = {"ceremony": begun["id"], "credential": key.get(begun["options"])}
    assert (await sign_in(fresh, "jinsha", passkey=signed)).status_code == 200
    again = await sign_in(await at_https(""), "jinsha", passkey=signed)
    assert (again.status_code, code_of(again)) == (401, "wrong_passkey")
    assert [line["why"] for line in await lines(world, "refuse_passkey")] == ["challenge"]


async def test_a_challenge_that_was_answered_wrongly_is_used_up_too(at_https: Opener) -> None:
    key = Authenticator()
    await enrol_passkey(await at_https("jinsha"), key)
    fresh = await at_https("")
    begun = (await asked(fresh, "jinsha"))["passkey"]
    right = {"ceremony": begun["id"], "credential": key.get(begun["options"])}
    wrong = copy.deepcopy(right)
    wrong["credential"]["response"]["signature"] = encoded(b"\x30\x06\x02\x01\x01\x02\x01\x01")
    assert code_of(await sign_in(fresh, "jinsha", passkey=wrong)) == "wrong_passkey"
    assert code_of(await sign_in(fresh, "jinsha", passkey=right)) == "wrong_passkey"


async def test_r09_a_challenge_is_over_after_five_minutes(world: World, at_https: Opener) -> None:
    client, key = await at_https("jinsha"), Authenticator()
    await enrol_passkey(client, key)
    fresh = await at_https("")
    for wait, status in ((timedelta(minutes=4, seconds=59), 200), (timedelta(minutes=5), 401)):
        begun = (await asked(fresh, "jinsha"))["passkey"]
        world.clock.at += wait
        signed = {"ceremony": begun["id"], "credential": key.get(begun["options"])}
        assert (await sign_in(fresh, "jinsha", passkey=signed)).status_code == status
    late = (await client.post("/session/passkeys/begin", json={})).json()
    world.clock.at += timedelta(minutes=5)
    body = {"ceremony": late["id"], "credential": Authenticator().create(late["options"]), "name": "late"}
    await client.post("/session/second-factor/prove", json={"passkey": await answered(client, key)})
    assert code_of(await client.post("/session/passkeys", json=body)) == "wrong_passkey"


async def test_a_challenge_belongs_to_one_session_and_one_purpose(at_https: Opener) -> None:
    first, key = await at_https("jinsha"), Authenticator()
    await enrol_passkey(first, key)
    second = await at_https("")
    assert (await enter(second, "jinsha", key)).status_code == 200
    of_second = await answered(second, key)
    prove = "/session/second-factor/prove"
    assert code_of(await first.post(prove, json={"passkey": of_second})) == "wrong_passkey"
    begun = (await asked(await at_https(""), "jinsha"))["passkey"]
    of_sign_in = {"ceremony": begun["id"], "credential": key.get(begun["options"])}
    assert code_of(await first.post(prove, json={"passkey": of_sign_in})) == "wrong_passkey"
    enrolling = (await first.post("/session/passkeys/begin", json={})).json()
    crossed = {"ceremony": enrolling["id"], "credential": key.get(enrolling["options"])}
    assert code_of(await first.post(prove, json={"passkey": crossed})) == "wrong_passkey"


@pytest.mark.parametrize(
    "changed",
    [{"origin": "https://gateway.test.evil"}, {"origin": "http://gateway.test"}, {"name": "evil.test"}, {"flags": 0}],
    ids=["another origin", "without HTTPS", "another site", "nobody touched it"],
)
async def test_r09_what_was_signed_elsewhere_is_refused(
    world: World, at_https: Opener, changed: dict[str, Any]
) -> None:
    client, key = await at_https("jinsha"), Authenticator()
    made = await enrol_passkey(client, key)
    answer = await enter(await at_https(""), "jinsha", replace(key, **changed))
    assert (answer.status_code, code_of(answer)) == (401, "wrong_passkey")
    refused = {"passkey": made["passkey"]["id"], "why": "answer", "remote": REMOTE}
    assert await lines(world, "refuse_passkey") == [refused]
    begun = (await client.post("/session/passkeys/begin", json={})).json()
    elsewhere = replace(Authenticator(), **changed).create(begun["options"])
    body = {"ceremony": begun["id"], "credential": elsewhere, "name": "x"}
    assert code_of(await client.post("/session/passkeys", json=body)) == "wrong_passkey"


async def test_r09_somebody_elses_passkey_opens_nothing(world: World, at_https: Opener) -> None:
    own, other = Authenticator(), Authenticator()
    await enrol_passkey(await at_https("jinsha"), own)
    theirs = await at_https("jinxin")
    await enrol_passkey(theirs, other)
    assert code_of(await enter(await at_https(""), "jinsha", other)) == "wrong_passkey"
    assert [line["why"] for line in await lines(world, "refuse_passkey")] == ["unknown"]
    # nor does another key that says it were the right one
    forged = replace(other, credential=own.credential)
    assert code_of(await enter(await at_https(""), "jinsha", forged)) == "wrong_passkey"
    begun = (await theirs.post("/session/passkeys/begin", json={})).json()
    copied = {"ceremony": begun["id"], "credential": own.create(begun["options"]), "name": "copied"}
    assert code_of(await theirs.post("/session/passkeys", json=copied)) == "conflict"


async def test_r09_a_counter_that_goes_back_is_refused_and_noted(world: World, at_https: Opener) -> None:
    key = Authenticator(count=40)
    made = await enrol_passkey(await at_https("jinsha"), key)
    assert (await enter(await at_https(""), "jinsha", key)).status_code == 200
    for count in (40, 12):  # one is added: the same as last time, and an older one
        copied = replace(key, count=count)
        assert code_of(await enter(await at_https(""), "jinsha", copied)) == "wrong_passkey"
    noted = {"passkey": made["passkey"]["id"], "why": "counter", "remote": REMOTE}
    assert await lines(world, "refuse_passkey") == [noted, noted]
    assert (await enter(await at_https(""), "jinsha", key)).status_code == 200, "the key itself goes on"


async def test_r09_five_refused_passkeys_lock_the_account(at_https: Opener) -> None:
    key = Authenticator()
    await enrol_passkey(await at_https("jinsha"), key)
    fresh = await at_https("")
    for _ in range(5):
        assert code_of(await enter(fresh, "jinsha", Authenticator())) == "wrong_passkey"
    assert (await sign_in(fresh, "jinsha")).status_code == 429


async def test_r09_a_passkey_is_a_fresh_proof_for_ten_minutes(world: World, at_https: Opener) -> None:
    client, key = await at_https("jinsha"), Authenticator(flags=PRESENT)
    await enrol_passkey(client, key)
    world.clock.at += timedelta(minutes=11)
    assert code_of(await client.post("/session/second-factor/codes")) == "second_factor_needed"
    assert code_of(await client.post("/session/passkeys/begin", json={"password": PASSWORD})) == "second_factor_needed"
    proof = {"passkey": await answered(client, key)}
    assert (await client.post("/session/second-factor/prove", json=proof)).status_code == 204
    assert (await client.post("/session/second-factor/codes")).status_code == 200
    assert [line["verified"] for line in await lines(world, "use_passkey")] == [False], "a touch alone will do"


async def test_a_passkey_unlocks_the_console(at_https: Opener) -> None:
    client, key = await at_https("jinsha"), Authenticator()
    await enrol_passkey(client, key)
    assert (await client.post("/session/lock")).status_code == 204
    assert (await client.get("/cameras")).status_code == 423
    stranger = {"passkey": await answered(client, Authenticator())}
    assert code_of(await client.post("/session/unlock", json=stranger)) == "wrong_passkey"
    assert (await client.post("/session/unlock", json={"passkey": await answered(client, key)})).status_code == 204
    assert (await client.get("/cameras")).status_code == 200
