"""Signing in by an OpenLDAP directory that we did not write: who comes in, as what, and for how long."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from gateway.app.naming import unknown_organisations
from gateway.app.parts import application, build
from gateway.bus.local import LocalBus
from gateway.domain.accounts import AccountRules
from gateway.media.hub import open_hub
from gateway.services.directory_sign_on import recheck
from gateway.storage.tables import operators
from gateway.web.api import create_api
from gateway.web.whep import open_rooms
from tests.integration.directory.ground import (
    GIVES,
    GROUPS,
    PASSWORD,
    PEOPLE,
    Ground,
    actions,
    audit,
    enter,
    refused,
)
from tests.integration.phone import enrol
from tests.integration.sockets import connected
from tests.integration.test_live import Worker, cookie_of, scene, text
from tests.integration.world import A, B, World, client_of
from tests.integration.world import signed_in as with_password
from tests.peers.directory import person

pytestmark = [pytest.mark.slow, pytest.mark.peer("slapd")]


async def test_the_first_sign_in_makes_the_account_that_the_groups_give(
    client: httpx.AsyncClient, app: FastAPI, world: World
) -> None:
    answer = await enter(client, "zhang.wei")
    assert answer.status_code == 200, answer.text
    who = answer.json()["operator"]
    assert (who["login"], who["name"], who["organisation_id"]) == ("zhang.wei", "张伟 示例", A)
    assert who["roles"] == ["township_operator"]
    assert (await actions(world))[-3:] == ["add_directory_operator", "link_identity", "sign_in"]
    # what somebody is called there stands beside the chain like everything that people typed
    assert not [entry for entry in await audit(world) if b"zhang" in entry["canonical"]]
    async with client_of(app) as again:
        assert (await enter(again, "  ZHANG.Wei ")).json()["operator"]["id"] == who["id"]
    assert (await actions(world))[-1] == "sign_in"


async def test_the_gateway_composes_the_directory_with_its_door_and_its_sweeps(
    ground: Ground, world: World, tmp_path: Path
) -> None:
    settings = ground.settings().model_copy(update={"data": tmp_path})
    parts = build(settings, world.office, world.bus, [])
    async with open_hub(parts.fleet) as hub, open_rooms(parts.viewing, hub) as rooms:
        composed: Any = application(parts, hub, rooms)
        async with client_of(composed._app) as client:
            assert (await enter(client, "zhang.wei")).status_code == 200
            ground.server.modify(f"member - uid=zhang.wei,{PEOPLE} of cn=watch,{GROUPS}")
            world.clock.at += timedelta(minutes=6)
            await parts.sweeping.round()
            assert (await client.get("/session")).status_code == 401
    assert not [name for name, tally in parts.sweeping.tally.items() if tally.failures]


async def test_a_mapping_to_an_organisation_that_is_not_known_is_said_and_lets_nobody_in(
    ground: Ground, world: World
) -> None:
    settings = ground.settings(mapping=[GIVES[0] | {"organisation": "T-1"}, GIVES[1]])
    assert await unknown_organisations(world.office.store, settings) == [
        "ldap.mapping.0 names an organisation that is not known, and lets nobody in: T-1"
    ]
    async with client_of(ground.app(world, mapping=settings.model_dump()["ldap"]["mapping"])) as client:
        assert await refused(client, "zhang.wei") == "not_mapped"
        assert (await enter(client, "li")).status_code == 200


async def test_groups_count_by_member_by_login_and_by_way_of_other_groups(app: FastAPI) -> None:
    expected = {"li": ["grid_member"], "outer": ["township_operator"], "keeper": ["system_manager"]}
    for login, roles in expected.items():
        async with client_of(app) as client:
            assert (await enter(client, login)).json()["operator"]["roles"] == roles
    async with client_of(app) as client:
        who = (await enter(client, "both")).json()["operator"]
        # the first mapping says the organisation; a leader's role in another organisation is not carried over here
        assert (who["organisation_id"], who["roles"]) == (A, ["grid_member", "township_operator"])


async def test_without_nesting_only_the_own_groups_count(ground: Ground, world: World) -> None:
    async with client_of(ground.app(world, nested=False)) as client:
        assert await refused(client, "outer") == "not_mapped"
        assert (await enter(client, "zhang.wei")).status_code == 200


async def test_whom_no_group_lets_in_is_told_so_and_gets_no_account(client: httpx.AsyncClient, world: World) -> None:
    assert await refused(client, "nobody") == "not_mapped"
    assert "seg_session" not in client.cookies
    async with world.office.store.read() as conn:
        assert "nobody" not in set(await conn.scalars(select(operators.c.login)))
    assert (await actions(world))[-1] == "refuse_directory"


async def test_r15_groups_that_make_a_manager_who_watches_let_nobody_in(
    client: httpx.AsyncClient, ground: Ground, world: World
) -> None:
    mapping = [GIVES[1], {"group": f"cn=watch,{GROUPS}", "organisation": A, "roles": ["system_manager"]}]
    async with client_of(ground.app(world, mapping=mapping)) as browser:
        assert await refused(browser, "both") == "not_mapped"
        assert (await enter(browser, "li")).status_code == 200


async def test_whoever_leaves_the_group_while_signed_in_is_out_at_the_next_look(
    client: httpx.AsyncClient, app: FastAPI, ground: Ground, world: World
) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    ground.server.modify(f"member - uid=zhang.wei,{PEOPLE} of cn=watch,{GROUPS}")
    await ground.sweep(world)
    assert (await client.get("/session")).status_code == 200  # not yet due
    world.clock.at += timedelta(minutes=6)
    world.bus.rung.clear()
    await ground.sweep(world)
    assert (await client.get("/session")).status_code == 401
    assert world.bus.rung
    assert (await actions(world))[-1] == "withdraw_operator"
    assert await refused(client, "zhang.wei") == "not_mapped"
    ground.server.modify(f"member + uid=zhang.wei,{PEOPLE} of cn=watch,{GROUPS}")
    assert (await enter(client, "zhang.wei")).status_code == 200
    assert (await actions(world))[-2:] == ["enable_operator", "sign_in"]


async def test_a_removal_counts_at_the_next_sign_in_too_and_ends_what_still_runs(
    client: httpx.AsyncClient, app: FastAPI, ground: Ground, world: World
) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    ground.server.modify(f"member - uid=zhang.wei,{PEOPLE} of cn=watch,{GROUPS}")
    async with client_of(app) as other:
        assert await refused(other, "zhang.wei") == "not_mapped"
    assert (await client.get("/session")).status_code == 401


async def test_other_groups_are_other_roles_for_the_session_that_runs(
    client: httpx.AsyncClient, ground: Ground, world: World
) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    assert (await client.get("/cameras")).json()["items"]
    ground.server.modify(
        f"memberUid + zhang.wei of cn=grid,{GROUPS}\nmember - uid=zhang.wei,{PEOPLE} of cn=watch,{GROUPS}"
    )
    world.clock.at += timedelta(minutes=6)
    await ground.sweep(world)
    assert (await client.get("/session")).json()["operator"]["roles"] == ["grid_member"]
    changed = (await audit(world))[-1]
    assert changed["action"] == "map_operator"
    assert b'"roles_before":["township_operator"]' in changed["canonical"]
    lines = len(await actions(world))
    world.clock.at += timedelta(minutes=6)
    await ground.sweep(world)
    assert len(await actions(world)) == lines  # nothing changed, nothing written


async def test_the_running_picture_ends_with_the_group(ground: Ground, world: World, tmp_path: Path) -> None:
    door = ground.door()
    async with scene(world, tmp_path, LocalBus(), Worker()) as one, client_of(one.app) as client:
        one.app.state.door = door
        assert (await enter(client, "zhang.wei")).status_code == 200
        address = f"/api/v1/cameras/{world.camera(A).id}/live?"
        async with connected(one.app, address, await cookie_of(client)) as socket:
            assert (await socket.receive())["type"] == "websocket.accept"
            await text(socket)
            ground.server.modify(f"member - uid=zhang.wei,{PEOPLE} of cn=watch,{GROUPS}")
            one.clock.skip(6 * 60)
            assert door.directory is not None
            await recheck(door.directory)(one.office, one.clock.now())
            assert (await text(socket))["code"] == "signed_out"


async def test_whom_a_manager_disabled_stays_out_whatever_the_directory_says(
    client: httpx.AsyncClient, app: FastAPI, ground: Ground, world: World
) -> None:
    account = (await enter(client, "zhang.wei")).json()["operator"]["id"]
    async with aclosing(await with_password(app, "system")) as keeper:
        assert (await keeper.patch(f"/operators/{account}", json={"disabled": True})).status_code == 200
    assert await refused(client, "zhang.wei") == "wrong_password"
    world.clock.at += timedelta(minutes=6)
    ground.server.modify(f"member - uid=zhang.wei,{PEOPLE} of cn=watch,{GROUPS}")
    await ground.sweep(world)
    ground.server.modify(f"member + uid=zhang.wei,{PEOPLE} of cn=watch,{GROUPS}")
    assert await refused(client, "zhang.wei") == "wrong_password"


async def test_what_the_directory_keeps_is_not_changed_here(
    client: httpx.AsyncClient, app: FastAPI, world: World
) -> None:
    account = (await enter(client, "zhang.wei")).json()["operator"]["id"]
    body = {"old": PASSWORD, "new": "another long 示例 one"}
    assert (await client.post("/session/password", json=body)).status_code == 409
    async with aclosing(await with_password(app, "system")) as keeper:
        for changes in ({"roles": ["vendor"]}, {"roles": ["shift_leader"]}, {"organisation_id": B}):
            assert (await keeper.patch(f"/operators/{account}", json=changes)).status_code == 409
        assert (await keeper.post(f"/operators/{account}/reset", json={"password": True})).status_code == 409
        assert (await keeper.patch(f"/operators/{account}", json={"trained_at": None})).status_code == 200
        listed = {one["login"]: one["footing"]["directory"] for one in (await keeper.get("/operators")).json()["items"]}
        assert (listed["zhang.wei"], listed["jinsha"]) == (True, False)


async def test_a_local_account_is_never_the_directorys(
    client: httpx.AsyncClient, app: FastAPI, ground: Ground, world: World
) -> None:
    # the directory has somebody called jinsha too, whose password opens nothing of ours
    assert await refused(client, "jinsha") == "wrong_password"
    # not by another spelling either, which only the directory takes for the same
    assert await refused(client, "JINSHA") == "wrong_password"
    ground.server.kill()
    async with aclosing(await with_password(app, "jinsha")) as local:
        assert (await local.get("/session")).json()["operator"]["login"] == "jinsha"


async def test_an_account_without_a_password_is_handed_over_at_the_first_sign_in(
    client: httpx.AsyncClient, app: FastAPI, world: World
) -> None:
    async with aclosing(await with_password(app, "system")) as keeper:
        account = world.people["jinsha"].id
        answer = await keeper.post(f"/operators/{account}/reset", json={"password": True})
        assert answer.status_code == 200, answer.text
        link = answer.json()["setup"]["token"]
        assert (await enter(client, "jinsha")).json()["operator"]["id"] == account
        # the link that would have set a local password is good no more
        assert (await client.post("/set-up/look", json={"token": link})).status_code == 404
        # unlinked and with no password it may be linked anew
        assert (await keeper.delete(f"/operators/{account}/identity")).status_code == 204
    assert (await enter(client, "jinsha")).json()["operator"]["id"] == account


async def test_a_login_that_was_given_to_somebody_else_opens_nothing(
    client: httpx.AsyncClient, ground: Ground, world: World
) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    ground.server.replace(person("zhang.wei", PASSWORD, "另一人 示例"))
    assert await refused(client, "zhang.wei") == "not_mapped"
    world.clock.at += timedelta(minutes=6)
    await ground.sweep(world)
    assert (await client.get("/session")).status_code == 401


async def test_a_second_factor_is_demanded_as_of_everybody(ground: Ground, world: World) -> None:
    strict = replace(world.office, rules=AccountRules())
    app = create_api(strict, door=ground.door())
    async with client_of(app) as client:
        assert (await enter(client, "zhang.wei")).json()["hold"] == "second_factor"
        assert (await client.get("/cameras")).json()["error"]["code"] == "second_factor_needed"


async def test_who_has_a_second_factor_gives_its_code_beside_the_directorys_password(
    client: httpx.AsyncClient, app: FastAPI, world: World
) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    phone = await enrol(client, world.clock.now())
    world.clock.at += timedelta(seconds=30)
    async with client_of(app) as other:
        assert await refused(other, "zhang.wei") == "second_factor_needed"
        code = phone.code(world.clock.now())
        assert (await enter(other, "zhang.wei", "wrong", code=code)).json()["error"]["code"] == "wrong_password"
        assert (await enter(other, "zhang.wei", code="000000")).json()["error"]["code"] == "wrong_code"
        assert (await enter(other, "zhang.wei", code=code)).status_code == 200


async def test_an_account_that_lapses_is_refused_though_the_directory_lets_it_in(
    client: httpx.AsyncClient, world: World
) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    world.clock.at += timedelta(days=400)
    assert await refused(client, "zhang.wei") == "account_lapsed"


async def test_a_locked_console_opens_by_the_directorys_password(
    client: httpx.AsyncClient, ground: Ground, world: World
) -> None:
    assert (await enter(client, "zhang.wei")).status_code == 200
    assert (await client.post("/session/lock")).status_code == 204
    assert (await client.get("/cameras")).status_code == 423
    assert (await client.post("/session/unlock", json={"password": "wrong"})).status_code == 401
    ground.server.kill()
    silent = await client.post("/session/unlock", json={"password": PASSWORD})
    assert (silent.status_code, silent.json()["error"]["code"]) == (503, "directory_unavailable")
    ground.server.start()
    assert (await client.post("/session/unlock", json={"password": PASSWORD})).status_code == 204
    assert (await client.get("/cameras")).status_code == 200
