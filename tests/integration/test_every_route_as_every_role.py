"""Every route is asked as every role for an own thing, a foreign one and none: the answer follows from its rule."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.domain.actions import Action
from gateway.domain.operators import ROLE_ACTIONS, Role
from gateway.web.rules import Monitors, Needs, OfUnit, Open, RoleIs, SignedIn
from tests.integration.conftest import Browsers
from tests.integration.outsiders import EVERYBODY, browser_as
from tests.integration.questions import Asking, Question, filled
from tests.integration.sockets import connected
from tests.integration.test_route_table import MANAGERS, UNKNOWN, Foreign, _body, _foreign
from tests.integration.world import DEPARTMENT, A, B, World

pytestmark = pytest.mark.slow

HOME = {"jinsha": A, "jinxin": B, "transport": DEPARTMENT, "grid1": A, "fitter": A, "drainage": A}
REFUSED = frozenset({401, 403, 404})


NOT_OF_PERMISSION = (
    "by the desk or the handler",
    "nobody decides what they or their organisation asked for",
    "another person decides what you asked for",
    "an emergency needs two people",
)
"""What is refused to those whom the rule admits, for their part in the matter."""
MANAGED = frozenset({Action.DIRECTORY, Action.LIST})
"""What the managers' standing rule gives them of every camera."""


def _held(role: Role) -> frozenset[Action]:
    """What the role may do with the cameras that are its own: its ceiling, under the standing rules of the world."""
    return ROLE_ACTIONS[role] & MANAGED if role.value.endswith("_manager") else ROLE_ACTIONS[role]


def test_every_role_is_asked() -> None:
    assert {role for _, role in EVERYBODY} == set(Role)


@pytest.mark.parametrize(("login", "role"), EVERYBODY)
async def test_every_route_answers_every_role_by_its_rule(
    app: FastAPI, world: World, browser_of: Browsers, login: str, role: Role
) -> None:
    home = HOME.get(login, A)
    own = await _foreign(world, browser_of, home)
    # who may know every camera has no foreign one
    foreign = await _foreign(world, browser_of, B if home != B else A) if login in HOME else None
    client, asking = await browser_as(app, world, browser_of, login), Asking(app)
    wrong: list[str] = []
    for question in asking.questions:
        known = _known(own, home)
        for thing in (None, foreign, own):
            if thing is not None and not question.speaks_of:
                continue
            values = {} if thing is None else {name: thing.value_for(name) for name in question.speaks_of}
            if thing is own and question.route.path.startswith("/api/v1/session"):
                values = {}  # asked for by its own tests: here the asker would be signed out
            answer = await _asked(client, asking, question, values, known)
            if problem := _unlike(question, role, thing is own and bool(values), login in HOME, answer):
                wrong.append(f"{question.name} {'own' if thing is own else 'foreign or none'}: {problem} {answer.text}")
    assert not wrong, "\n".join(wrong)


def _known(thing: Foreign, owner: str) -> dict[str, Any]:
    """A body that is about that owner's own things."""
    return _body(thing, owner) | {"township_code": "320612004" if owner == B else "320612001"}


async def _asked(
    client: httpx.AsyncClient, asking: Asking, question: Question, values: dict[str, str], known: dict[str, Any]
) -> httpx.Response:
    if question.method == "DELETE" and question.route.path == "/api/v1/session":
        return httpx.Response(204)
    address = filled(question.route.path, {"kind": "still"} | values, UNKNOWN)
    return await client.request(
        question.method,
        f"http://gateway.test{address}",
        params=asking.required(question, known),
        **asking.sent(question, known),
    )


def _unlike(question: Question, role: Role, own: bool, partial: bool, answer: httpx.Response) -> str:
    """What is wrong with that status under the route's rule and the role's ceiling; "" if nothing is."""
    status = answer.status_code
    if status >= 500 and status != 503:
        return f"failed with {status}"
    match question.route.rule:
        case Open():
            fine = status not in (401, 403) or "wrong_" in answer.text
            return "" if fine else f"{status} of an open route"
        case Monitors():
            return "" if status == 401 else f"{status} to an operator"
        case RoleIs(roles):
            if role not in roles:
                return "" if status == 403 else f"{status} to {role}, who is not of {sorted(roles)}"
            return "" if status not in (401, 403) else f"{status} to {role}, for whom it is"
        case Needs() as needs:
            if own and needs.met(_held(role), {role}) and not (needs.everywhere and partial):
                fine = status not in REFUSED or any(said in answer.text for said in NOT_OF_PERMISSION)
                return "" if fine else f"{status}, although {role} may"
            if own or question.speaks_of:
                return "" if status in REFUSED - {401} else f"{status}, although {role} may not"
            return "" if status != 401 else "not signed in"
        case OfUnit(action):
            if own and action in ROLE_ACTIONS[role]:
                return "" if status not in REFUSED else f"{status}, although {role} may"
            if question.speaks_of:
                return "" if status in REFUSED - {401} else f"{status}, although {role} may not"
            return "" if status != 401 else "not signed in"
        case SignedIn():
            return "" if status != 401 or "wrong_" in answer.text else "not signed in"
        case None:
            return "no rule"


@pytest.mark.parametrize(("login", "role"), EVERYBODY)
async def test_every_socket_answers_every_role_by_its_rule(
    app: FastAPI, world: World, browser_of: Browsers, login: str, role: Role
) -> None:
    home = HOME.get(login, A)
    own, foreign = world.camera(home), world.camera(B if home != B else A)
    client = await browser_as(app, world, browser_of, login)
    token = client.headers.get("authorization", "").removeprefix("Bearer ")
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    for route in Asking(app).sockets:
        said = {}
        for camera in (own.id, foreign.id, UNKNOWN):
            address = filled(route.path, {"camera_id": camera}, UNKNOWN)
            async with connected(app, address, cookies, token=token) as socket:
                expected = camera == own.id and isinstance(route.rule, Needs) and route.rule.met(_held(role), {role})
                # a refusal ends in a close; only who is answered stays and waits for a picture
                said[camera] = await socket.until_quiet(0.3 if expected or isinstance(route.rule, SignedIn) else 30)
        assert all("signed_out" not in text for text in said.values())
        if isinstance(route.rule, SignedIn):
            continue
        assert isinstance(route.rule, Needs)
        # without workers there is no picture to come, and who may look waits for it
        answered = "not_found" not in said[own.id] and "refused" not in said[own.id]
        assert answered == route.rule.met(_held(role), {role}), (login, said[own.id])
        assert "not_found" in said[UNKNOWN]
        if login in HOME:
            assert said[foreign.id] == said[UNKNOWN]
        elif login in MANAGERS:
            assert "refused" in said[foreign.id]
