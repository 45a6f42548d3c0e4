"""Every route, HTTP and WebSocket: declares a rule, and tells nobody of cameras that are not theirs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from gateway.web.api import RouteWithoutRule, create_api
from gateway.web.rules import DeclaredRoute, Open, declared
from tests.integration.conftest import Browsers
from tests.integration.sockets import connected
from tests.integration.things import OWN_KEYS, more_things, said_of
from tests.integration.world import DEPARTMENT, OWNERS, A, B, World

OF_ONE_OWNER = {"jinsha": A, "jinxin": B, "transport": DEPARTMENT, "grid1": A}
MANAGERS = ("system", "security", "audit")
UNKNOWN = "01a20000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Foreign:
    """Things of one organisation that others must not learn of."""

    camera: str
    candidate: str
    event: str
    ticket: str
    photo: str
    grant: str
    recorder: str
    site: str
    request: str
    part: str
    group: str
    area: str
    document: str
    more: dict[str, str]
    words: frozenset[str]

    def value_for(self, name: str) -> str:
        """What to put where a path or query asks for ``name``."""
        fixed = {"kind": "still", "path": "cameras", "number": "1"} | self.more
        found: str = fixed.get(name) or getattr(self, name.removesuffix("_id"), UNKNOWN)
        return found


async def _foreign(world: World, browser_of: Browsers, owner: str) -> Foreign:
    """One confirmed ticket with a photo, one grant on the owner's first camera and one request for it."""
    leader = await browser_of("leader")
    camera, confirmed = world.camera(owner, 0), world.camera(owner, 1)
    candidate = world.candidates[confirmed.id]
    body = {"category": "3206120102", "version": 1, "title": f"secret {confirmed.id}"}
    ticket = (await leader.post(f"/candidates/{candidate}/confirm", json=body)).json()
    picture = {"file": ("a.jpg", b"\xff\xd8\xff" + b"0" * 100, "image/jpeg")}
    photo = (await leader.post(f"/tickets/{ticket['id']}/photos", files=picture)).json()
    grant = await leader.post(
        "/grants",
        json={
            "grantee_kind": "operator",
            "grantee_id": world.people["district"].id,
            "target_kind": "camera",
            "target_id": camera.id,
            "actions": ["view_live"],
            "reason": "for the test",
        },
    )
    assert grant.status_code == 201, grant.text
    assert "id" in photo, photo
    request = await leader.post(
        "/requests",
        json={
            "scope": {"kind": "cameras", "ids": [camera.id]},
            "actions": ["view_live"],
            "purposes": ["PS-FLOOD"],
            "not_after": (world.clock.now() + timedelta(days=2)).isoformat(),
            "reason": f"asked for {camera.id}",
        },
    )
    assert request.status_code == 201, request.text
    part = request.json()["parts"][0]["id"]
    keeper = await browser_of(next(login for login, home in OF_ONE_OWNER.items() if home == owner))
    group = (await keeper.post("/camera-groups", json={"name_zh": f"secret group {camera.id}"})).json()["id"]
    assert (await keeper.post(f"/camera-groups/{group}/cameras", json={"put": [camera.id]})).status_code == 200
    outline = [[121.0, 32.0], [121.3, 32.0], [121.3, 32.3]]
    area = (await leader.post("/areas", json={"name_zh": f"secret area {camera.id}", "polygon": outline})).json()["id"]
    recorder = world.recorders[owner]
    words = world.secrets_of(owner) | {ticket["id"], ticket["number"], photo["id"], grant.json()["id"]}
    letter = {"file": ("letter.pdf", b"%PDF-1.7 sample", "application/pdf")}
    added = await leader.post(f"/cameras/{camera.id}/documents", files=letter, data={"kind": "other"})
    document = added.json()
    words |= {request.json()["id"], part, group, area, document["id"]}
    more = await more_things(world, browser_of, owner, ticket, grant.json()["id"])
    words |= {more[name] for name in more if name != "operator_id"}
    return Foreign(
        camera.id,
        world.candidates[camera.id],
        ticket["event_id"],
        ticket["id"],
        photo["id"],
        grant.json()["id"],
        recorder.id,
        recorder.site_id,
        request.json()["id"],
        part,
        group,
        area,
        document["id"],
        more,
        frozenset(words),
    )


def _queries(world: World, foreign: Foreign, owner: str) -> list[str]:
    camera = world.camera(owner)
    asked = [
        {},
        {"q": camera.name_zh, "limit": "500"},
        {"recorder": foreign.recorder, "owner": owner, "township": camera.township_code, "kind": camera.kind.value},
        {"camera": foreign.camera, "organisation": owner, "state": "open"},
        {"state": "unknown", "by": "state", "format": "yaml", "sort": "state"},
        {"by": "kind", "sort": "-name", "mine": "true", "overdue": "false"},
    ]
    return ["" if not one else f"?{urlencode(one)}" for one in asked]


def _body(foreign: Foreign, owner: str) -> dict[str, Any]:
    """One body for all: what a route does not know is refused, so it is also asked with its own keys only."""
    return {
        "version": 1,
        "category": "3206120102",
        "reason": "a reason",
        "to": "SENT",
        "name_zh": "x",
        "grantee_kind": "organisation",
        "grantee_id": A,
        "target_kind": "camera",
        "target_id": foreign.camera,
        "actions": ["view_live"],
        "kind": "road",
        "scheme": "rtsp",
        "host": "192.0.2.1",
        "streams": [{"kind": "sub", "path": "/x"}],
        **dict.fromkeys(("owner_id", "owner"), owner),
        "township_code": "320612001",
        "purposes": ["PS-ORDER"],
        "latitude": 32.0,
        "longitude": 121.0,
        "port": 80,
        "filing": {"need_statement": "a need"},
        "ids": [foreign.camera],
        "items": [{"id": foreign.camera, "version": 1}],
        "changes": {"enabled": False},
        "scope": {"kind": "cameras", "ids": [foreign.camera]},
        "not_after": "2026-11-25T00:00:00Z",
        "text": "a word",
        "name": "an incident",
        "widened": [{"organisation_id": A}],
        "deputy_id": foreign.camera,
        "revoke": foreign.grant,
        **said_of(foreign.camera),
        "put": [foreign.camera],
        "take": [foreign.camera],
        "needed": True,
        "note": "a note",
        "polygon": [[121.0, 32.0], [121.3, 32.0], [121.3, 32.3]],
        "channels": [{"channel": 1, "name_zh": "x", "streams": [{"kind": "sub", "path": "/x"}]}],
    }


def _bodies(route: DeclaredRoute, foreign: Foreign, owner: str) -> list[dict[str, Any]]:
    whole = _body(foreign, owner)
    own = {
        "confirm": ("category", "version"),
        "dismiss": ("reason", "version"),
        "moves": ("to", "version"),
        "lifecycle": ("version", "reason"),
        "preview": ("ids", "changes"),
        "bulk": ("items", "changes"),
        "revoke": ("reason",),
        "requests": ("scope", "actions", "purposes", "not_after", "reason"),
        "approve": ("version",),
        "refuse": ("version", "reason"),
        "withdraw": ("reason",),
        "return": ("reason",),
        "extend": ("not_after",),
        "comments": ("text",),
        "emergencies": ("name", "reason", "widened"),
        "renew": ("reason",),
        "end": ("reason",),
        "delegations": ("deputy_id", "not_after", "reason"),
        "erasure": ("reason",),
        "acknowledgement": ("note",),
        "need-review": ("needed", "note"),
        "grants": ("grantee_kind", "grantee_id", "target_kind", "target_id", "actions", "reason"),
        "probe": ("host", "port"),
        "{camera_id}": ("version", "name_zh"),
        "cameras": tuple(name for name in whole if name in _CAMERA),
        "recorders": ("channels", *(name for name in whole if name in _CAMERA - {"scheme", "streams"})),
        "camera-groups": ("name_zh",),
        "simulation": ("revoke",),
        "{grant_id}/extend": ("not_after", "reason"),
        "{group_id}": ("version", "name_zh"),
        "{group_id}/cameras": ("put", "take"),
        "areas": ("name_zh", "polygon"),
        **OWN_KEYS,
    }
    tail = route.path.rsplit("/", 2)
    known = own.get("/".join(tail[1:]), own.get(tail[-1], ()))
    to = {"to": "decommissioned"} if tail[-1] == "lifecycle" else {}
    return [{name: whole[name] for name in known} | to, whole, {}]


_CAMERA = frozenset(
    {"name_zh", "kind", "scheme", "host", "streams", "owner_id"}
    | {"township_code", "purposes", "latitude", "longitude", "filing"}
)


def _filled(path: str, foreign: Foreign) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: foreign.value_for(found.group(1)), path)


def _leaks(words: frozenset[str], *parts: str) -> set[str]:
    text = "\n".join((*parts, json.dumps(parts)))
    return {word for word in words if word in text}


def _http(app: FastAPI) -> list[tuple[str, DeclaredRoute]]:
    routes = [route for route in declared(app.routes) if "WEBSOCKET" not in route.methods]
    pairs = [(method, route) for route in routes for method in route.methods if method != "HEAD"]
    # locking and signing out come last, or nobody would be asking afterwards
    own = {("POST", "/api/v1/session/lock"): 2, ("DELETE", "/api/v1/session"): 3}
    return sorted(pairs, key=lambda pair: (own.get((pair[0], pair[1].path), pair[0] == "DELETE"), pair[1].path))


def _sockets(app: FastAPI) -> list[DeclaredRoute]:
    return [route for route in declared(app.routes) if "WEBSOCKET" in route.methods]


def test_every_route_declares_a_rule(app: FastAPI) -> None:
    routes = list(declared(app.routes))
    assert len(routes) > 45
    assert [route for route in routes if route.rule is None] == []
    assert {route.path for route in _sockets(app)} == {"/api/v1/messages", "/api/v1/cameras/{camera_id}/live"}


async def test_every_path_parameter_is_declared_with_a_foreign_value(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """Or the walks below would ask for nothing that exists, and find nothing."""
    foreign = await _foreign(world, browser_of, A)
    asked = {name for route in declared(app.routes) for name in re.findall(r"\{(\w+)", route.path)}
    assert {name for name in asked if foreign.value_for(name) == UNKNOWN} == set()


def test_an_application_with_an_undeclared_route_is_not_made(world: World) -> None:
    router = APIRouter()

    @router.get("/open-door")
    async def open_door() -> None: ...

    @router.websocket("/open-socket")
    async def open_socket() -> None: ...

    with pytest.raises(RouteWithoutRule, match=r"GET /api/v1/open-door, WEBSOCKET /api/v1/open-socket"):
        create_api(world.office, routers=[router])


async def test_only_open_routes_answer_strangers(app: FastAPI, world: World, browser_of: Browsers) -> None:
    foreign = await _foreign(world, browser_of, A)
    stranger = await browser_of("")
    for method, route in _http(app):
        answer = await stranger.request(method, _address(route, foreign), json={})
        if not isinstance(route.rule, Open):
            assert answer.status_code == 401, (method, route.path, answer.text)
        assert not _leaks(foreign.words, answer.text, str(answer.headers))
    for route in _sockets(app):
        async with connected(app, _filled(route.path, foreign)) as socket:
            said = await socket.until_closed()
        assert "signed_out" in said
        assert not _leaks(foreign.words, said)


def _address(route: DeclaredRoute, foreign: Foreign) -> str:
    return "http://gateway.test" + _filled(route.path, foreign)


@pytest.mark.slow
@pytest.mark.parametrize("login", sorted(OF_ONE_OWNER))
async def test_nobody_learns_of_foreign_cameras(app: FastAPI, world: World, browser_of: Browsers, login: str) -> None:
    """Asked with the ids of one foreign owner, looked through for the words of all."""
    others = [owner for owner in OWNERS if owner != OF_ONE_OWNER[login]]
    things = [await _foreign(world, browser_of, owner) for owner in others]
    foreign = replace(things[0], words=frozenset().union(*(one.words for one in things)))
    assert await _asked_everything(app, world, await browser_of(login), foreign, others[0]) == []
    assert await _asked_every_socket(app, await browser_of(login), foreign) == []


@pytest.mark.slow
@pytest.mark.parametrize("login", MANAGERS)
async def test_managers_learn_nothing_of_events_and_addresses(
    app: FastAPI, world: World, browser_of: Browsers, login: str
) -> None:
    """They may list every camera, but see no event, no ticket and no address of one."""
    foreign = await _foreign(world, browser_of, B)
    hidden = {foreign.candidate, foreign.event, foreign.ticket, foreign.photo}
    hidden |= {word for camera in world.cameras[B] for word in (camera.host, camera.streams[0].path)}
    allowed = {"/api/v1/audit", "/api/v1/view-records"} if login == "audit" else set()
    narrowed = replace(foreign, words=frozenset(hidden))
    found = await _asked_everything(app, world, await browser_of(login), narrowed, B)
    assert [leak for leak in found if leak[1] not in allowed] == []


async def _asked_everything(
    app: FastAPI, world: World, client: httpx.AsyncClient, foreign: Foreign, owner: str
) -> list[tuple[str, str, set[str]]]:
    """Every leak: method, path, words. Also checks that a foreign thing and no thing are answered alike."""
    found = []
    for method, route in _http(app):
        address = _address(route, foreign)
        bodies = [None] if method in ("GET", "DELETE") else _bodies(route, foreign, owner)
        sdp = {"content": "v=0", "headers": {"Content-Type": "application/sdp"}}
        queries = _queries(world, foreign, owner) if method == "GET" else [""]
        for body in bodies:
            for query in queries:
                sent: dict[str, Any] = sdp if route.path.endswith("/whep") else {"json": body}
                answer = await client.request(method, address + query, **sent)
                assert answer.status_code < 500 or answer.status_code == 503, (method, address, query, answer.text)
                if leaks := _leaks(foreign.words, answer.text, str(answer.headers), answer.reason_phrase):
                    found.append((method, route.path, leaks))
                if "{" in route.path and query == "":
                    nothing = re.sub(r"\{(?!kind)\w+(?::\w+)?\}", UNKNOWN, route.path).replace("{kind}", "still")
                    other = await client.request(method, "http://gateway.test" + nothing + query, **sent)
                    same = (answer.status_code, answer.text) == (other.status_code, other.text)
                    if not same and foreign.camera in foreign.words:
                        found.append((method, route.path, {answer.text, other.text}))
    return found


async def _asked_every_socket(app: FastAPI, client: httpx.AsyncClient, foreign: Foreign) -> list[tuple[str, set[str]]]:
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    found = []
    for route in _sockets(app):
        named = "{" in route.path  # what asks for one thing ends when there is none
        async with connected(app, _filled(route.path, foreign), cookies) as socket:
            said = await (socket.until_closed() if named else socket.until_said("hello"))
        if leaks := _leaks(foreign.words, said):
            found.append((route.path, leaks))
        nothing = re.sub(r"\{\w+\}", UNKNOWN, route.path)
        if named:
            async with connected(app, nothing, cookies) as socket:
                if await socket.until_closed() != said:
                    found.append((route.path, {said}))
    return found


async def test_messages_name_nothing_foreign(app: FastAPI, world: World, browser_of: Browsers) -> None:
    """While others work on their cameras, an open console hears of its own alone."""
    client = await browser_of("jinxin")
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    async with connected(app, "/api/v1/messages", cookies) as socket:
        await socket.until_said("hello")
        theirs = await _foreign(world, browser_of, A)
        assert not _leaks(theirs.words, await socket.until_quiet(0.5))
        own = await _foreign(world, browser_of, B)
        await socket.until_said(own.ticket)


async def test_owners_do_see_their_own(world: World, browser_of: Browsers) -> None:
    """What the tests above look for is really there to be found."""
    for login, owner in (("jinsha", A), ("jinxin", B), ("transport", DEPARTMENT)):
        client = await browser_of(login)
        seen = (await client.get("/cameras")).json()["items"]
        assert {item["id"] for item in seen} == {camera.id for camera in world.cameras[owner]}
        assert (await client.get(f"/cameras/{world.camera(owner).id}")).json()["host"] == world.camera(owner).host
        queue = (await client.get("/candidates")).json()["items"]
        assert {item["id"] for item in queue} == {world.candidates[camera.id] for camera in world.cameras[owner]}
        figures = (await client.get("/figures")).json()
        assert figures["cameras"]["total"] == 3
        assert figures["candidates_open"] == 3
        assert [row["id"] for row in figures["by_owner"]] == [owner]
        exported = (await client.get("/cameras/export?format=csv")).text
        assert all(camera.id in exported for camera in world.cameras[owner])


async def test_counts_on_the_map_are_cut_to_the_reader(world: World, browser_of: Browsers) -> None:
    """A department's cameras stand in a township and are not counted for it."""
    shown = (await (await browser_of("jinsha")).get("/map")).json()
    counted = {row["code"]: row["total"] for row in shown["townships"]}
    assert counted == {"320612001": 3, "320612004": 0}
    whole = (await (await browser_of("district")).get("/map")).json()
    assert {row["code"]: row["total"] for row in whole["townships"]} == {"320612001": 6, "320612004": 3}
