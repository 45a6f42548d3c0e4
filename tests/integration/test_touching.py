"""When a session was used is noted at once and written with all others by the next round of sweeps."""

from __future__ import annotations

from datetime import timedelta

from fastapi import FastAPI

from gateway.services.running_sessions import write_touches
from gateway.storage import sessions
from gateway.storage.sessions import Session
from tests.integration.world import World, signed_in

LONG = timedelta(minutes=5)


async def session_of(world: World, login: str) -> Session:
    async with world.office.store.read() as conn:
        running = await sessions.running(conn, world.clock.now())
    return next(one for one in running if one.operator_id == world.people[login].id)


async def test_used_sessions_are_written_by_the_next_round(app: FastAPI, world: World) -> None:
    clients = {login: await signed_in(app, login) for login in ("jinsha", "leader")}
    before = {login: (await session_of(world, login)).last_seen_at for login in clients}
    world.clock.at += LONG
    for client in clients.values():
        for _ in range(3):
            assert (await client.get("/cameras")).status_code == 200
    assert {login: (await session_of(world, login)).last_seen_at for login in clients} == before
    await write_touches(world.office, world.clock.now())
    for login in clients:
        session = await session_of(world, login)
        assert (session.last_seen_at, session.input_at) == (world.clock.now(), None)
    assert world.office.touches.take() == []


async def test_what_a_hand_does_is_written_at_once(app: FastAPI, world: World) -> None:
    """Locking counts from it, on every gateway."""
    client = await signed_in(app, "jinsha")
    world.clock.at += LONG
    assert (await client.patch("/session", json={"purpose": "PS-FLOOD", "reason": "汛期水位巡查（示例）"})).is_success
    session = await session_of(world, "jinsha")
    assert (session.last_seen_at, session.input_at) == (world.clock.now(), world.clock.now())
