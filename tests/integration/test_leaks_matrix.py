"""A random district: whatever is asked by whomever, nothing of a camera outside their grants comes back, as no figure.

What each person may know is worked out here a second time from the grants as they were drawn, without the gateway.
The seed is printed; ``LEAK_SEED`` draws the same district again.
"""

from __future__ import annotations

import os
import random
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.observations import ObservationKind
from gateway.domain.operators import ROLE_ACTIONS, Role
from gateway.storage import grants, tables
from tests.integration.conftest import Browsers
from tests.integration.outsiders import browser_as
from tests.integration.questions import Asking, Question, filled
from tests.integration.sockets import connected
from tests.integration.test_route_table import UNKNOWN, Foreign, _body, _foreign, _leaks
from tests.integration.world import DEPARTMENT, OWNERS, A, B, World, happen, policy

pytestmark = pytest.mark.slow

WHO = {
    "jinsha": (A, Role.TOWNSHIP_OPERATOR),
    "jinxin": (B, Role.TOWNSHIP_OPERATOR),
    "transport": (DEPARTMENT, Role.DEPARTMENT_STAFF),
    "grid1": (A, Role.GRID_MEMBER),
    "fitter": (A, Role.VENDOR),
    "drainage": (A, Role.SERVICE),
}
GIVABLE = (Action.LIST, Action.VIEW_LIVE, Action.SEE_EVENTS, Action.HANDLE_TICKETS)


@dataclass
class Drawn:
    """The district as it was drawn: who was given which action on which foreign camera, and each camera's place."""

    seed: int
    given: dict[str, set[tuple[str, Action]]] = field(default_factory=dict)
    places: dict[str, set[str]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    def may(self, world: World, login: str, action: Action) -> set[str]:
        """The ids of the cameras with which that person may do the action, worked out from what was drawn."""
        home, role = WHO[login]
        if action not in ROLE_ACTIONS[role]:
            return set()
        own = {camera.id for camera in world.cameras[home]}
        return own | {camera for camera, what in self.given.get(home, set()) if what is action}


async def _drawn(world: World) -> Drawn:
    seed = int(os.environ.get("LEAK_SEED") or secrets.randbelow(2**32))
    print(f"LEAK_SEED={seed}")
    chance, drawn = random.Random(seed), Drawn(seed)
    async with world.office.store.begin() as conn:
        for owner in OWNERS:
            for camera in world.cameras[owner]:
                here = {"latitude": 31.9 + chance.random() / 10, "longitude": 121.0 + chance.random() / 10}
                rows = tables.cameras
                await conn.execute(update(rows).where(rows.c.id == camera.id).values(**here))
                drawn.places[camera.id] = {repr(here["latitude"]), repr(here["longitude"])}
                state = chance.choice(["online", "offline", "faulty", "refused"])
                drawn.states[camera.id] = state
                at = world.clock.at
                row = {"camera_id": camera.id, "state": state, "worker_id": "worker-1", "since": at, "updated_at": at}
                await conn.execute(tables.camera_status.insert().values(row))
        for home in OWNERS:
            for owner in OWNERS:
                for camera in world.cameras[owner]:
                    if owner == home or chance.random() < 0.7:
                        continue
                    actions = frozenset(chance.sample(GIVABLE, chance.randint(0, 2))) | {Action.DIRECTORY}
                    one = policy((GranteeKind.ORGANISATION, home), (TargetKind.CAMERA, camera.id), actions)
                    await grants.insert(conn, one)
                    drawn.given.setdefault(home, set()).update((camera.id, action) for action in actions)
    for owner in OWNERS:
        for camera in world.cameras[owner]:
            if chance.random() < 0.5:
                await happen(world, camera, ObservationKind.MOTION)
    return drawn


def _hidden(world: World, drawn: Drawn, login: str, things: dict[str, Foreign]) -> frozenset[str]:
    """Every word that would tell the person of a camera they may not know."""
    known, home = drawn.may(world, login, Action.DIRECTORY), WHO[login][0]
    words: set[str] = set()
    for owner in OWNERS:
        for camera in world.cameras[owner]:
            if camera.id not in known:
                words |= {camera.id, camera.gb_id, camera.name_zh, camera.name_en, camera.host, camera.streams[0].path}
                words |= {world.candidates[camera.id]} | drawn.places[camera.id]
        if owner != home and not known & {camera.id for camera in world.cameras[owner]}:
            words |= things[owner].words
    return frozenset(words)


@pytest.mark.parametrize("login", sorted(WHO))
async def test_nothing_leaks_from_a_random_district(
    app: FastAPI, world: World, browser_of: Browsers, login: str
) -> None:
    drawn = await _drawn(world)
    things = {owner: await _foreign(world, browser_of, owner) for owner in OWNERS}
    hidden = _hidden(world, drawn, login, things)
    client, asking, found = await browser_as(app, world, browser_of, login), Asking(app), []
    for question in asking.questions:
        if question.method == "DELETE" and question.route.path == "/api/v1/session":
            continue
        for owner in OWNERS:
            if owner == WHO[login][0]:
                continue
            for answer in await _answers(client, asking, question, things[owner], owner):
                name = answer.headers.get("content-disposition", "")
                leaks = _leaks(hidden, answer.text, str(answer.headers), answer.reason_phrase, name)
                if leaks:
                    found.append((question.name, owner, leaks))
                private = answer.headers.get("cache-control", "")
                if "/api/" in question.route.path and not {"no-store", "private"} & set(private.split(", ")):
                    found.append((question.name, owner, {f"cache-control: {private}"}))
    cookies = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
    token = client.headers.get("authorization", "").removeprefix("Bearer ")
    for route in asking.sockets:
        for owner in OWNERS:
            address = filled(route.path, {"camera_id": things[owner].camera}, UNKNOWN)
            async with connected(app, address, cookies, token=token) as socket:
                said = await socket.until_quiet(0.3)
            if leaks := _leaks(hidden, said):
                found.append((route.path, owner, leaks))
    assert found == [], f"LEAK_SEED={drawn.seed}"


async def _answers(
    client: httpx.AsyncClient, asking: Asking, question: Question, thing: Foreign, owner: str
) -> list[httpx.Response]:
    """With the thing's ids in the path, and once for everything the route filters by."""
    known: dict[str, Any] = _body(thing, owner)
    values = {name: thing.value_for(name) for name in question.speaks_of}
    address = f"http://gateway.test{filled(question.route.path, values, UNKNOWN)}"
    needed, asked = asking.required(question, known), [{}]
    by = {
        "camera": thing.camera,
        "owner": owner,
        "organisation": owner,
        "q": thing.camera,
        "by": "state",
        "format": "csv",
    }
    if question.method == "GET":
        asked += [{name: by[name]} for name in asking.queries(question, by)]
    return [
        await client.request(question.method, address, params=needed | more, **asking.sent(question, known))
        for more in asked
    ]


@pytest.mark.parametrize("login", sorted(WHO))
async def test_every_figure_equals_a_recount_within_the_callers_scope(
    app: FastAPI, world: World, browser_of: Browsers, login: str
) -> None:
    drawn = await _drawn(world)
    client = await browser_as(app, world, browser_of, login)
    owner_of = {camera.id: owner for owner in OWNERS for camera in world.cameras[owner]}
    known, listed = drawn.may(world, login, Action.DIRECTORY), drawn.may(world, login, Action.LIST)
    seen = drawn.may(world, login, Action.SEE_EVENTS)
    why = f"LEAK_SEED={drawn.seed}"
    page = (await client.get("/cameras?limit=500")).json()
    assert {item["id"] for item in page["items"]} == known, why
    assert page["next"] is None, why
    figures = (await client.get("/figures")).json()
    cameras = figures["cameras"]
    assert cameras["total"] == len(listed), why
    assert cameras["online"] == sum(drawn.states[one] == "online" for one in listed), why
    assert cameras["refused"] == sum(drawn.states[one] == "refused" for one in listed), why
    by_owner = {row["id"]: row["total"] for row in figures["by_owner"]}
    assert by_owner == {owner: n for owner in OWNERS if (n := sum(owner_of[one] == owner for one in listed))}, why
    candidates = (await client.get("/candidates?state=open&limit=500")).json()["items"]
    assert {item["camera_id"] for item in candidates} == seen, why
    assert figures["candidates_open"] == len(candidates), why
    tree = (await client.get("/cameras/tree?by=organisation")).json()["groups"]
    assert {row["id"]: row["total"] for row in tree} == by_owner, why
    shown = (await client.get("/map")).json()
    assert {camera["id"] for camera in shown["cameras"]} == known, why
    assert sum(row["total"] for row in shown["townships"]) == len(known), why
    for camera in [camera for owner in OWNERS for camera in world.cameras[owner]]:
        found = (await client.get("/cameras", params={"q": camera.name_zh})).json()["items"]
        assert [item["id"] for item in found] == [camera.id] * (camera.id in known), why
    rates = (await client.get("/rates")).json()
    assert sum(row["cameras"] for row in rates.get("groups", [])) in (0, len(listed)), why
