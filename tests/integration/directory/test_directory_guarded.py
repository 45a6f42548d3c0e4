"""What must not open by the directory (OpenLDAP's), and what goes on when it hangs, is gone or is not ours."""

from __future__ import annotations

import signal
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from structlog.testing import capture_logs

from gateway.services.directory_sign_on import recheck
from gateway.services.sweeping import Sweeping
from gateway.storage.tables import operators
from gateway.web.api import create_api
from tests.integration.directory.ground import (
    PASSWORD,
    PEOPLE,
    Ground,
    actions,
    enter,
    refused,
)
from tests.integration.world import World, client_of
from tests.integration.world import signed_in as with_password
from tests.peers.certificates import authority
from tests.peers.directory import READER_PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.peer("slapd")]


async def test_wrong_and_empty_passwords_open_nothing(client: httpx.AsyncClient, world: World) -> None:
    assert await refused(client, "zhang.wei", "wrong") == "wrong_password"
    assert await refused(client, "zhang.wei", "\0") == "wrong_password"
    assert await refused(client, "zhang.wei", "\0" + PASSWORD) == "wrong_password"
    assert await refused(client, "stranger") == "wrong_password"
    assert await refused(client, "zhang.wei", "") == "invalid"
    assert (await actions(world))[-4:] == ["wrong_password"] * 4


async def test_the_server_would_let_an_empty_password_in_and_is_never_asked(ground: Ground) -> None:
    assert ground.server.lets_in_without_password(f"uid=zhang.wei,{PEOPLE}")
    sign_on = ground.sign_on()
    someone = await sign_on.directory.find("zhang.wei")
    assert someone is not None
    assert await sign_on.directory.proves(someone, PASSWORD)
    for password in ("", "\0", "\0x"):
        assert not await sign_on.directory.proves(someone, password)
    assert not await sign_on.directory.proves(replace(someone, place=""), PASSWORD)


INJECTED = ["*", "zhang*", "zhang.wei)(uid=*", "*)(objectClass=*", "zhang.wei\0", "\\2a", "x)(|(uid=li", "(", "uid=li"]


@pytest.mark.parametrize("login", INJECTED)
async def test_a_login_stays_a_value_whatever_is_written_in_it(client: httpx.AsyncClient, login: str) -> None:
    assert await refused(client, login) == "wrong_password"


async def test_five_wrong_passwords_lock_and_the_directory_is_asked_no_more(
    app: FastAPI, ground: Ground, world: World
) -> None:
    async with client_of(app) as client:
        assert (await enter(client, "zhang.wei")).status_code == 200
    async with client_of(app) as client:
        # "li" has no account here yet, "zhang.wei" has one; however it is written, it is one person
        for login in ("zhang.wei", "li"):
            for spelt in (login, login.upper(), f" {login}", login.title(), login):
                assert await refused(client, spelt, "wrong") == "wrong_password"
        ground.server.kill()
        for spelt in ("zhang.wei", "ZHANG.WEI", "li", " LI"):
            assert await refused(client, spelt) == "locked_out"
        ground.server.start()
        world.clock.at += timedelta(minutes=16)
        for login in ("zhang.wei", "li"):
            assert (await enter(client, login)).status_code == 200
    assert "lock_account" in await actions(world)


async def test_a_directory_that_is_killed_says_so_calmly_and_changes_nothing(
    client: httpx.AsyncClient, app: FastAPI, ground: Ground, world: World
) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    ground.server.kill()
    async with client_of(app) as other:
        answer = await enter(other, "li")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "directory_unavailable")
        assert str(ground.server.port) not in answer.text  # a stranger learns nothing of the network
        assert READER_PASSWORD not in answer.text
    world.clock.at += timedelta(minutes=6)
    sign_on = ground.sign_on()
    sweeping = Sweeping(world.office, {"people": recheck(sign_on)})
    await sweeping.round()
    await sweeping.round()
    # counted as a failure, then left in peace for as long as between two looks
    assert (sweeping.tally["people"].failures, sweeping.tally["people"].runs) == (1, 1)
    assert (await client.get("/session")).status_code == 200
    ground.server.start()
    assert (await enter(client, "li")).status_code == 200


async def test_a_directory_that_hangs_while_somebody_signs_in_is_given_up(
    client: httpx.AsyncClient, app: FastAPI, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.integrations.ldap.RECEIVE_SECONDS", 1)
    assert ground.server.process is not None
    ground.server.process.send_signal(signal.SIGSTOP)
    assert await refused(client, "zhang.wei") == "directory_unavailable"
    async with aclosing(await with_password(app, "jinsha")) as local:
        assert (await local.get("/session")).status_code == 200
    ground.server.process.send_signal(signal.SIGCONT)
    assert (await enter(client, "zhang.wei")).status_code == 200


@pytest.mark.parametrize("start_tls", [True, False])
async def test_tls_by_our_own_authority_and_by_no_other(
    ground: Ground, world: World, tmp_path: Path, start_tls: bool
) -> None:
    how = {"urls": [ground.server.plain if start_tls else ground.server.tls], "start_tls": start_tls}
    async with client_of(ground.app(world, **how, authority=ground.tls.ca)) as client:
        assert (await enter(client, "zhang.wei")).status_code == 200
    other = authority(tmp_path / "other").ca
    # an authority that did not sign it, the system's own, and a name that the certificate does not have
    elsewhere = [url.replace("127.0.0.1", "localhost") for url in how["urls"]]  # type: ignore[attr-defined]
    for wrong in ({"authority": other}, {}, {"authority": ground.tls.ca, "urls": elsewhere}):
        async with client_of(ground.app(world, **(how | wrong))) as client:
            assert await refused(client, "zhang.wei") == "directory_unavailable"


async def test_the_second_address_is_asked_when_the_first_is_silent(
    ground: Ground, world: World, free_port: int
) -> None:
    urls = [f"ldap://127.0.0.1:{free_port}", ground.server.plain]
    async with client_of(ground.app(world, urls=urls)) as client:
        assert (await enter(client, "zhang.wei")).status_code == 200


async def test_a_wrong_password_of_the_gateways_own_is_no_ones_wrong_password_and_in_no_log(
    ground: Ground, world: World
) -> None:
    ground.password.write_text("another secret", "utf-8")
    with capture_logs() as lines:
        async with client_of(ground.app(world)) as client:
            assert await refused(client, "zhang.wei") == "directory_unavailable"
    assert "ldap.bind_dn" in str(lines)
    assert not [secret for secret in ("another secret", PASSWORD, "zhang.wei") if secret in str(lines)]


async def test_without_the_directory_its_people_stay_outside(client: httpx.AsyncClient, world: World) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    async with client_of(create_api(world.office)) as without:
        assert await refused(without, "zhang.wei") == "wrong_password"
    async with world.office.store.begin() as conn:
        stored = set(await conn.scalars(select(operators.c.password_hash).where(operators.c.login == "zhang.wei")))
        await conn.execute(update(operators).values(failed_count=0))
    assert stored == {""}  # the directory's password is kept nowhere here
