"""What workers report is stored once, answered after it is stored, and never lost by a failing database or disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from gateway.domain.cameras import CameraState
from gateway.domain.events import Phase
from gateway.domain.messages import Topic
from gateway.domain.observations import ObservationKind
from gateway.domain.ticket_states import Operation
from gateway.fleet.wire import StatusReport
from gateway.ports import Unavailable
from gateway.services import watching as watching_module
from gateway.storage import status
from gateway.storage.tables import candidates, events, evidence, ticket_moves, tickets
from tests.integration.watched import HASH, STILL, Scene, scene, until
from tests.integration.world import B, World, event_of


@pytest.fixture
async def shown(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path) as one:
        yield one


async def test_events_are_stored_once_however_often_they_come(shown: Scene) -> None:
    before = await shown.count(candidates)
    event = replace(event_of(shown.world.camera(B), shown.clock.now()), rule_id="another")
    for serial in (1, 2, 3):
        await shown.watching.event("w1", serial, event)
    await until(lambda: len(shown.worker.acknowledged) == 3)
    assert shown.worker.acknowledged == [(event.id, 1), (event.id, 2), (event.id, 3)]
    assert await shown.count(candidates) == before + 1
    assert [message.topic for message in shown.world.bus.rung] == [Topic.CANDIDATES]


async def test_nothing_is_acknowledged_before_it_is_stored(shown: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching_module, "RETRY_SECONDS", 0.01)
    failing = True
    real = watching_module.accept

    async def accept(*arguments: Any) -> Any:
        if failing:
            raise OperationalError("insert", {}, OSError("database or disk is full"))
        return await real(*arguments)

    monkeypatch.setattr(watching_module, "accept", accept)
    event = replace(event_of(shown.world.camera(B), shown.clock.now()), rule_id="another")
    await shown.watching.event("w1", 7, event)
    await until(lambda: shown.watching.tally.failures >= 2)
    assert shown.worker.acknowledged == []
    failing = False
    await until(lambda: shown.worker.acknowledged == [(event.id, 7)])
    assert shown.watching.depth == 0


async def test_too_many_waiting_events_are_sent_back(shown: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching_module, "MAX_WAITING", 2)
    event = event_of(shown.world.camera(B), shown.clock.now())
    for serial in (1, 2):
        await shown.watching.event("w1", serial, event)
    with pytest.raises(Unavailable, match="too many"):
        await shown.watching.event("w1", 3, event)
    assert shown.watching.tally.dropped == 1


async def test_a_device_fault_becomes_a_maintenance_ticket_at_once(shown: Scene) -> None:
    fault = event_of(shown.world.camera(B, 1), shown.clock.now(), ObservationKind.FREEZE)
    await shown.watching.event("w1", 1, fault)
    await shown.watching.event("w1", 2, replace(fault, phase=Phase.CLOSE))
    await until(lambda: len(shown.worker.acknowledged) == 2)
    assert await shown.count(tickets) == 1
    assert Topic.TICKETS in {message.topic for message in shown.world.bus.rung}


async def test_a_watching_that_was_cut_short_is_no_recovery_and_a_real_end_is_one(shown: Scene) -> None:
    fault = event_of(shown.world.camera(B, 1), shown.clock.now(), ObservationKind.FREEZE)
    again = replace(event_of(shown.world.camera(B, 1), shown.clock.now(), ObservationKind.FREEZE), phase=Phase.OPEN)
    for serial, report in enumerate((fault, fault.cut_short("the worker was restarted"), again), 1):
        await shown.watching.event("w1", serial, report)
    await until(lambda: len(shown.worker.acknowledged) == 3)
    assert await recoveries(shown) == 0
    async with shown.office.store.read() as conn:
        rows = (await conn.execute(select(events).where(events.c.id.in_([fault.id, again.id])))).mappings().all()
    assert {row["id"]: (row["state"], row["extends_id"]) for row in rows} == {
        fault.id: ("open", None),
        again.id: ("open", fault.id),
    }
    await shown.watching.event("w1", 4, replace(again, phase=Phase.CLOSE))
    await until(lambda: len(shown.worker.acknowledged) == 4)
    assert await recoveries(shown) == 1
    assert await shown.count(tickets) == 1


async def test_an_end_that_is_sent_again_is_noted_once_also_in_one_batch(shown: Scene) -> None:
    fault = event_of(shown.world.camera(B, 1), shown.clock.now(), ObservationKind.FREEZE)
    end = replace(fault, phase=Phase.CLOSE)
    for serial, report in enumerate((fault, end, end), 1):
        await shown.watching.event("w1", serial, report)
    await until(lambda: len(shown.worker.acknowledged) == 3)
    await shown.watching.event("w1", 4, end)
    await until(lambda: len(shown.worker.acknowledged) == 4)
    assert await recoveries(shown) == 1
    second = replace(event_of(shown.world.camera(B, 1), shown.clock.now(), ObservationKind.FREEZE), phase=Phase.OPEN)
    for serial, report in enumerate((second, replace(second, phase=Phase.CLOSE), end), 5):
        await shown.watching.event("w1", serial, report)
    await until(lambda: len(shown.worker.acknowledged) == 7)
    assert await recoveries(shown) == 2, "another fault of the same kind ends once more"


async def recoveries(shown: Scene) -> int:
    async with shown.office.store.read() as conn:
        notes = ticket_moves.c.operation == Operation.NOTE.value
        return int((await conn.execute(select(func.count()).where(notes))).scalar_one())


async def test_an_event_that_nobody_watches_any_more_is_closed_in_time(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "SWEEP_SECONDS", 0.05)
    async with scene(world, tmp_path) as shown:
        event = replace(event_of(world.camera(B), shown.clock.now()), rule_id="another")
        await shown.watching.event("w1", 1, event)
        await shown.watching.event("w1", 2, event.cut_short("the worker was restarted"))
        await until(lambda: len(shown.worker.acknowledged) == 2)
        assert (await row_of(shown, event.id))["state"] == "open", "whoever watches next may take it up"
        shown.clock.skip(700)
        async with asyncio.timeout(60):
            while (row := await row_of(shown, event.id))["state"] != "closed":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert row["closed_at"] == row["last_at"]


async def row_of(shown: Scene, event_id: str) -> Any:
    async with shown.office.store.read() as conn:
        return (await conn.execute(select(events).where(events.c.id == event_id))).mappings().one()


async def test_an_event_of_a_camera_that_is_gone_is_acknowledged_with_its_evidence(shown: Scene) -> None:
    event = replace(event_of(shown.world.camera(B), shown.clock.now()), camera_id="gone")
    await shown.watching.event("w1", 1, event)
    await until(lambda: shown.worker.acknowledged)
    await shown.watching.evidence("w1", event.id, "still", STILL, HASH, "image/jpeg", None)
    assert shown.worker.evidence == [(event.id, "still")]
    assert await shown.count(evidence) == 0


async def test_states_are_stored_and_a_lost_workers_cameras_are_offline(
    shown: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "LOST_SECONDS", 0.0)
    camera_id = shown.world.camera(B).id

    async def state() -> CameraState | None:
        async with shown.office.store.read() as conn:
            found = await status.get(conn, camera_id)
        return None if found is None else found.state

    async def reached(wanted: CameraState) -> None:
        async with asyncio.timeout(60):
            while await state() is not wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    await shown.watching.status("w1", [StatusReport(camera_id, CameraState.ONLINE, codec="h264", fps=10.0)])
    await reached(CameraState.ONLINE)
    await until(lambda: bool(shown.world.bus.rung))  # it rings after the commit
    assert shown.world.bus.rung[-1].ids == (camera_id,)
    await asyncio.sleep(2.5)
    shown.fleet.present.clear()
    await reached(CameraState.OFFLINE)
