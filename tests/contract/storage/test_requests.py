"""Requests on both databases: of two who decide at once one wins, and two sweeps route and lapse once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.actions import Action
from gateway.domain.requests import RequestScope, ScopeKind
from gateway.services import deciding, request_times, requesting, routing
from gateway.services.deciding import Answer
from gateway.services.errors import Conflict
from gateway.services.office import Caller
from gateway.services.requesting import Ask
from gateway.storage import grants, notices, requests
from gateway.storage.store import Store
from gateway.storage.versioned import Stale
from tests.integration.world import DEPARTMENT, START, World, build


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> World:
    return await build(store, tmp_path)


def _as(world: World, login: str) -> Caller:
    return Caller(world.people[login], "session", "PS-ORDER")


async def _asked(world: World) -> str:
    scope = RequestScope(ScopeKind.OWNER, (DEPARTMENT,))
    until = START + timedelta(hours=40)
    wish = Ask(scope, frozenset({Action.VIEW_LIVE}), frozenset({"PS-FLOOD"}), until, "flood example")
    made = await requesting.ask(world.office, _as(world, "jinxin"), wish)
    await asyncio.gather(*(routing.route_waiting(world.office, START) for _ in range(3)))
    return made.id


async def test_of_many_decisions_one_wins(world: World) -> None:
    request_id = await _asked(world)
    async with world.office.store.read() as conn:
        (part,) = (await requests.parts_of(conn, [request_id]))[request_id]
    me = _as(world, "transport")
    tries = [deciding.approve(world.office, me, part.id, Answer(part.version)) for _ in range(4)]
    tries.append(deciding.refuse(world.office, me, part.id, part.version, "no"))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert all(isinstance(answer, Conflict | Stale) for answer in answers if isinstance(answer, Exception))
    async with world.office.store.read() as conn:
        after = await requests.part(conn, part.id)
        given = [record for record in await grants.every(conn) if record.grant.granted_by == me.operator.id]
    assert after is not None
    assert sorted(after.given.values()) == sorted(record.grant.id for record in given)


async def test_many_sweeps_lapse_and_tell_once(world: World) -> None:
    request_id = await _asked(world)
    late = START + timedelta(hours=40)
    await asyncio.gather(*(request_times.lapse(world.office, late) for _ in range(3)))
    async with world.office.store.read() as conn:
        (part,) = (await requests.parts_of(conn, [request_id]))[request_id]
        told = await notices.page(conn, world.people["jinxin"])
        page = await requests.inbox(conn, None, waiting=False)
    assert (part.state.value, part.version) == ("lapsed", 2)
    assert [item.kind for item in told.items] == ["request_no_answer"]
    assert [item.id for item in page.items] == [part.id]
