"""The action in a route's rule is what its service really asks for: without that one action nothing is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.services.office import new_id
from gateway.storage import grants, operators, organisations
from gateway.storage.operators import Account
from gateway.storage.tables import cameras as camera_rows
from gateway.storage.tables import grants as grant_rows
from gateway.web.rules import DeclaredRoute, Needs, declared
from tests.integration.asking import sweep
from tests.integration.conftest import Browsers
from tests.integration.questions import Asking, Question, filled
from tests.integration.sockets import connected
from tests.integration.test_route_table import Foreign, _body, _foreign
from tests.integration.world import HASH, START, A, B, World, policy

pytestmark = pytest.mark.slow

WATCHERS = frozenset(role for role in Role if not role.value.endswith("_manager"))
LAB = "lab"


async def _hire(world: World, login: str, actions: frozenset[Action], *, everywhere: bool = False) -> None:
    """Somebody who may do these things, and nothing else, with the cameras of A (or all)."""
    operator = Operator(new_id(START), login, login, LAB, WATCHERS)
    async with world.office.store.begin() as conn:
        await operators.insert(conn, Account(operator, HASH, 0, None, START))
        target = (TargetKind.ALL, "") if everywhere else (TargetKind.OWNED_BY, A)
        own = policy((GranteeKind.OPERATOR, operator.id), target, actions)
        await grants.insert(conn, own, "own")


async def _laboratory(world: World) -> None:
    """A unit whose people have every role, when no role has standing rules any more."""
    async with world.office.store.begin() as conn:
        await organisations.replace(conn, [Organisation(LAB, OrganisationKind.COMMUNITY, "试验", "Lab", "district")])
        # old enough for their need to be reviewed
        await conn.execute(update(camera_rows).values(created_at=START - timedelta(days=400)))
        roles = grant_rows.c.grantee_kind == GranteeKind.ROLE.value
        await conn.execute(update(grant_rows).where(roles).values(revoked_at=START))


def _needed(route: DeclaredRoute) -> list[frozenset[Action]]:
    """Sets of actions without which the route must answer nothing."""
    assert isinstance(route.rule, Needs)
    ways = {route.rule.action} | {one for one in route.rule.instead if isinstance(one, Action)}
    return [frozenset(ways), *(frozenset({one}) for one in sorted(route.rule.also))]


def _login(lacking: frozenset[Action]) -> str:
    return "all-but-" + "-".join(sorted(lacking)).replace("_", ".") if lacking else "all"


async def test_what_a_rule_names_is_what_decides(app: FastAPI, world: World, browser_of: Browsers) -> None:
    own = await _foreign(world, browser_of, A)
    asking = Asking(app)
    known: dict[str, Any] = _body(own, A) | {"grantee_id": B}
    questions = [one for one in asking.questions if isinstance(one.route.rule, Needs)]
    sets = {lacking for route in declared(app.routes) if isinstance(route.rule, Needs) for lacking in _needed(route)}
    await _laboratory(world)
    world.clock.at += timedelta(hours=26)
    await sweep(world)
    everything = frozenset(Action)
    for lacking in [*sets, frozenset[Action](), everything]:
        await _hire(world, "nothing" if lacking == everything else _login(lacking), everything - lacking)
    await _hire(world, "everywhere", everything, everywhere=True)
    clients = {lacking: await browser_of(_login(lacking)) for lacking in sets}
    holder, keeper, nobody = [await browser_of(login) for login in ("all", "everywhere", "nothing")]
    wrong = []
    for question in questions:
        nothing = await _asked(nobody, asking, question, own, known)
        for lacking in _needed(question.route):
            answer = await _asked(clients[lacking], asking, question, own, known)
            if answer.status_code not in (403, 404) and _same(answer) != _same(nothing):
                wrong.append(f"{question.name} answers without {sorted(lacking)}: {answer.status_code} {answer.text}")
        everywhere = isinstance(question.route.rule, Needs) and question.route.rule.everywhere
        some = await _asked(holder, asking, question, own, known) if everywhere else nothing
        if some.status_code not in (403, 404) and _same(some) != _same(nothing):
            wrong.append(f"{question.name} answers who may do it with some cameras only")
        answer = await _asked(keeper if everywhere else holder, asking, question, own, known)
        if answer.status_code in (401, 403, 404) or _same(answer) == _same(nothing):
            wrong.append(f"{question.name} does not answer who may: {answer.status_code} {answer.text}")
    assert not wrong, "\n".join(wrong)
    for route in asking.sockets:
        if not isinstance(route.rule, Needs):
            continue
        address = filled(route.path, {"camera_id": own.camera}, "")
        for lacking in _needed(route):
            assert await _refused(app, address, clients[lacking], 30), (route.path, lacking)
        assert not await _refused(app, address, holder, 0.3)


async def _asked(
    client: httpx.AsyncClient, asking: Asking, question: Question, own: Foreign, known: dict[str, Any]
) -> httpx.Response:
    values = {name: own.value_for(name) for name in question.speaks_of}
    return await client.request(
        question.method,
        f"http://gateway.test{filled(question.route.path, values, '')}",
        params=asking.required(question, known),
        **asking.sent(question, known),
    )


def _same(answer: httpx.Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content


async def _refused(app: FastAPI, address: str, client: httpx.AsyncClient, seconds: float) -> bool:
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    async with connected(app, address, cookies) as socket:
        said = await socket.until_quiet(seconds)
    return "refused" in said or "not_found" in said
