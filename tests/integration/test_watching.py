"""What workers report is stored once, answered after it is stored, and never lost by a failing database or disk."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import CameraState
from gateway.domain.events import Phase
from gateway.domain.messages import Topic
from gateway.domain.observations import ObservationKind
from gateway.domain.ticket_states import Operation
from gateway.fleet.wire import StatusReport
from gateway.ports import Unavailable
from gateway.services import evidence as evidence_module
from gateway.services import watching as watching_module
from gateway.services.evidence import EvidenceRoom, NotYet
from gateway.services.office import Office
from gateway.services.viewing import Viewing
from gateway.services.watching import Watching
from gateway.storage import evidence as evidence_rows
from gateway.storage import status
from gateway.storage.tables import candidates, events, evidence, ticket_moves, tickets
from gateway.web import evidence as evidence_web
from gateway.web.api import create_api
from tests.integration.moving_clock import MovingClock
from tests.integration.world import B, World, event_of, signed_in

STILL = b"\xff\xd8still\xff\xd9"
HASH = hashlib.sha256(STILL).hexdigest()


@dataclass
class Worker:
    """The way back to a worker, which remembers what was acknowledged."""

    acknowledged: list[tuple[str, int]] = field(default_factory=list)
    evidence: list[tuple[str, str]] = field(default_factory=list)

    async def acknowledge(self, items: Sequence[tuple[str, int]]) -> None:
        self.acknowledged += items

    async def acknowledge_evidence(self, event_id: str, kind: str) -> None:
        self.evidence.append((event_id, kind))


@dataclass
class Fleet:
    links: dict[str, Worker] = field(default_factory=lambda: {"w1": Worker()})
    present: list[str] = field(default_factory=lambda: ["w1"])

    def alive(self) -> list[str]:
        return self.present


@dataclass
class Scene:
    world: World
    office: Office
    clock: MovingClock
    watching: Watching
    room: EvidenceRoom
    fleet: Fleet
    folder: Path

    @property
    def worker(self) -> Worker:
        return self.fleet.links["w1"]

    async def count(self, table: Any) -> int:
        async with self.office.store.read() as conn:
            return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


@asynccontextmanager
async def scene(world: World, tmp_path: Path, quota: int = 1 << 20) -> AsyncIterator[Scene]:
    clock = MovingClock()
    office = replace(world.office, clock=clock)
    room = EvidenceRoom(office, tmp_path / "evidence", quota, timedelta(days=1))
    watching, fleet = Watching(office, room), Fleet()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(watching.run(fleet))
        yield Scene(world, office, clock, watching, room, fleet, tmp_path / "evidence")
        running.cancel()


@pytest.fixture
async def shown(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path) as one:
        yield one


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


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


async def stored_event(shown: Scene) -> str:
    async with shown.office.store.read() as conn:
        found = await conn.execute(select(events.c.id).where(events.c.camera_id == shown.world.camera(B).id))
        return str(found.scalar_one())


async def test_evidence_is_kept_and_shown_to_those_who_may_see_the_event(shown: Scene) -> None:
    event_id = await stored_event(shown)
    await shown.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
    await shown.watching.evidence("w1", event_id, "clip", None, None, None, "the pre-roll was empty")
    assert shown.worker.evidence == [(event_id, "still"), (event_id, "clip")]
    app = create_api(shown.office, routers=[evidence_web.router(Viewing(shown.office), shown.room)])
    async with aclosing(await signed_in(app, "jinxin")) as client:
        answer = await client.get(f"/evidence/{event_id}/still")
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, STILL, "image/jpeg")
        assert answer.headers["cache-control"] == "private, no-store"
        assert (await client.get(f"/evidence/{event_id}/clip")).status_code == 404
    async with aclosing(await signed_in(app, "jinsha")) as stranger:
        refused, unknown = await stranger.get(f"/evidence/{event_id}/still"), await stranger.get("/evidence/x/still")
        assert (refused.status_code, unknown.status_code) == (404, 404)
        assert refused.json() == unknown.json()


async def test_evidence_that_is_early_comes_again(shown: Scene) -> None:
    with pytest.raises(NotYet):
        await shown.watching.evidence("w1", "not-there-yet", "still", STILL, HASH, "image/jpeg", None)
    assert shown.worker.evidence == []


async def test_a_full_disk_is_said_in_the_evidence_and_events_go_on(
    shown: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(evidence_module, "_write_file", full)
    event_id = await stored_event(shown)
    await shown.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
    async with shown.office.store.read() as conn:
        assert (await evidence_rows.of_event(conn, event_id))["still"].missing_reason == "disk full"
    assert shown.worker.evidence == [(event_id, "still")]
    await shown.watching.evidence("w1", event_id, "clip", None, None, None, "the worker's disk is full")
    async with aclosing(await signed_in(create_api(shown.office), "jinxin")) as client:
        listed = (await client.get("/candidates?limit=50")).json()["items"]
    (seen,) = [item for item in listed if item["event_id"] == event_id]
    assert (seen["still"], seen["still_missing"]) == (None, "disk full")
    assert (seen["clip"], seen["clip_missing"]) == (None, "the worker's disk is full")


async def test_the_oldest_unconfirmed_evidence_goes_when_room_is_short(world: World, tmp_path: Path) -> None:
    async with scene(world, tmp_path, quota=len(STILL) * 2) as one:
        async with one.office.store.read() as conn:
            ids = list((await conn.execute(select(events.c.id).order_by(events.c.id))).scalars())[:3]
        for event_id in ids:
            await one.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
            one.clock.skip(1)
        async with one.office.store.read() as conn:
            kept = await evidence_rows.of_events(conn, ids)
        files = [path for path in one.folder.rglob("*") if path.is_file()]
        assert one.room.tally.bytes <= len(STILL) * 2
        assert len(files) == sum(bool(kept[event_id]["still"].path) for event_id in ids)
        assert "quota" in kept[ids[0]]["still"].missing_reason
        one.clock.skip(2 * 24 * 3600)
        await one.room.sweep()
        assert not [path for path in one.folder.rglob("*") if path.is_file()]


async def test_files_of_a_process_that_died_are_tidied_away_and_nothing_else(shown: Scene) -> None:
    event_id = await stored_event(shown)
    await shown.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
    (kept,) = (path for path in shown.folder.rglob("*") if path.is_file())
    half, orphan, young = kept.with_name(".clip.mp4.part"), kept.with_name("orphan.jpg"), kept.with_name("young.jpg")
    for path in (half, orphan, young):
        path.write_bytes(STILL)
    for path in (kept, half, orphan):
        os.utime(path, (0, 0))
    assert await shown.room.tidy() == 2
    assert {path for path in shown.folder.rglob("*") if path.is_file()} == {kept, young}


async def test_what_is_confirmed_while_it_is_being_evicted_stays(shown: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = await stored_event(shown)
    await shown.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
    forget = evidence_rows.forget

    async def late(conn: AsyncConnection, items: Sequence[evidence_rows.Evidence], reason: str) -> Any:
        await evidence_rows.keep(conn, event_id)
        return await forget(conn, items, reason)

    monkeypatch.setattr(evidence_rows, "forget", late)
    shown.clock.skip(2 * 24 * 3600)
    await shown.room.sweep()
    assert shown.room.tally.expired == 0
    assert await shown.room.find(event_id, "still") is not None


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
    assert shown.world.bus.rung[-1].ids == (camera_id,)
    await asyncio.sleep(2.5)
    shown.fleet.present.clear()
    await reached(CameraState.OFFLINE)
