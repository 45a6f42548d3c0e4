"""Events are taken in exactly once, whatever is sent again, in any order, by any gateway."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.events import Event, Phase
from gateway.storage import events, evidence, tables
from gateway.storage.accepting import STALE, Accepted, accept
from gateway.storage.evidence import Evidence
from gateway.storage.store import Store
from tests.contract.storage.district import NOW, event, lay, new_id

Opened = Callable[[], AbstractAsyncContextManager[Store]]


@pytest.fixture(autouse=True)
async def district(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)


async def take(store: Store, *batch: Event) -> Accepted:
    async with store.begin() as connection:
        return await accept(connection, batch, "w1", NOW, new_id)


async def count(connection: AsyncConnection, name: str) -> int:
    return int(await connection.scalar(select(func.count()).select_from(tables.metadata.tables[name])) or 0)


async def test_an_event_and_its_candidate_come_together(store: Store) -> None:
    one = event(new_id())
    done = await take(store, one)
    assert done.fresh == (one.id,)
    assert [(new.event_id, new.camera_id, new.township_code, new.fault) for new in done.candidates] == [
        (one.id, "C-001", "320612001", False)
    ]
    async with store.read() as connection:
        found = await events.get(connection, one.id)
        assert found is not None
        assert (found.box, found.why, found.state, found.measure) == (one.box, one.why, "open", 4.5)
        row = (await connection.execute(select(tables.candidates))).mappings().one()
        assert (row["event_id"], row["state"], row["kind"]) == (one.id, "open", "anomaly")


async def test_what_is_sent_again_changes_nothing(store: Store) -> None:
    one = event(new_id())
    await take(store, one)
    again = await take(store, one, one)
    assert (again.fresh, again.candidates, again.changed) == ((), (), (one.id,))
    async with store.read() as connection:
        assert (await count(connection, "events"), await count(connection, "candidates")) == (1, 1)


async def test_of_the_reports_of_an_end_only_the_first_ended_the_event(store: Store) -> None:
    name = new_id()
    end = event(name, Phase.CLOSE, last=30)
    assert (await take(store, event(name))).ended == ()
    assert (await take(store, end, end)).ended == (end,)
    assert (await take(store, end)).ended == ()
    at_once = new_id()
    done = await take(store, event(at_once), event(at_once, Phase.CLOSE, last=40), event(at_once))
    assert [item.id for item in done.ended] == [at_once]


async def test_an_event_moves_forward_only(store: Store) -> None:
    name = new_id()
    await take(store, event(name, Phase.CLOSE, last=30), event(name, Phase.EXTEND, last=10), event(name))
    async with store.read() as connection:
        found = await events.get(connection, name)
    assert found is not None
    assert (found.state, found.last_at, found.closed_at) == (
        "closed",
        NOW + timedelta(seconds=30),
        NOW + timedelta(seconds=30),
    )


async def test_a_new_event_of_the_same_camera_and_rule_extends_the_open_one(store: Store) -> None:
    first, second, other = new_id(), new_id(), new_id()
    await take(store, event(first))
    done = await take(store, event(second, opened=60), event(other, rule_id="another", opened=60))
    assert [new.event_id for new in done.candidates] == [other]
    await take(store, event(second, Phase.CLOSE, opened=60, last=90))
    async with store.read() as connection:
        found = await events.many(connection, [first, second])
    assert found[second].extends_id == first
    assert {one.state for one in found.values()} == {"closed"}
    assert found[first].last_at == NOW + timedelta(seconds=90)
    third = await take(store, event(new_id(), opened=100))
    assert len(third.candidates) == 1


async def test_within_one_batch_too(store: Store) -> None:
    first, second, third = new_id(), new_id(), new_id()
    batch = [
        event(first),
        event(second, opened=5),
        event(first, Phase.CLOSE, last=6),
        event(third, opened=7),
    ]
    done = await take(store, *batch)
    assert [new.event_id for new in done.candidates] == [first, third]


async def test_an_event_that_a_dead_worker_left_open_is_not_extended_for_ever(store: Store) -> None:
    old, new = new_id(), new_id()
    await take(store, event(old))
    done = await take(store, event(new, opened=STALE.total_seconds() + 1))
    assert [one.event_id for one in done.candidates] == [new]
    async with store.begin() as connection:
        found = await events.many(connection, [old, new])
        assert (found[old].state, found[old].closed_at) == ("closed", NOW)
        assert await events.close_silent(connection, NOW + timedelta(days=1)) == 1
        assert await events.close_silent(connection, NOW + timedelta(days=1)) == 0


async def test_an_event_whose_watching_was_cut_short_goes_on_in_the_next_one(store: Store) -> None:
    old, new = new_id(), new_id()
    await take(store, event(old), event(old).cut_short("the worker was restarted"))
    done = await take(store, event(new, opened=30, last=30))
    assert done.candidates == ()
    await take(store, event(new, Phase.CLOSE, opened=30, last=40))
    async with store.read() as connection:
        found = await events.many(connection, [old, new])
    assert [(one.state, one.extends_id) for one in (found[old], found[new])] == [("closed", None), ("closed", old)]


async def test_events_of_cameras_that_are_gone_are_named_so_that_they_are_not_sent_for_ever(store: Store) -> None:
    lost, kept = event(new_id(), camera_id="C-999"), event(new_id())
    done = await take(store, lost, kept)
    assert (done.unknown, done.fresh) == ((lost.id,), (kept.id,))


async def test_two_gateways_that_get_the_same_events_agree(opened: Opened, store: Store) -> None:
    names = [new_id() for _ in range(30)]
    reports = [event(name, camera_id=f"C-00{1 + n % 5}", rule_id=f"r{n}") for n, name in enumerate(names)]
    batches = []
    for seed in range(6):
        shuffled = [*reports, *(event(r.id, Phase.CLOSE, camera_id=r.camera_id, rule_id=r.rule_id) for r in reports)]
        random.Random(seed).shuffle(shuffled)
        batches.append(shuffled)
    async with opened() as other:
        await asyncio.gather(*(take(store if n % 2 else other, *batch) for n, batch in enumerate(batches)))
    async with store.read() as connection:
        assert (await count(connection, "events"), await count(connection, "candidates")) == (30, 30)
        assert {one.state for one in (await events.many(connection, names)).values()} == {"closed"}


async def test_events_of_a_camera_come_in_pages(store: Store) -> None:
    names = [new_id() for _ in range(5)]
    await take(store, *(event(name, rule_id=name, opened=n) for n, name in enumerate(names)))
    async with store.read() as connection:
        seen: list[str] = []
        after: str | None = None
        while True:
            page = await events.of_camera(connection, "C-001", after=after, limit=2)
            seen += [one.id for one in page.items]
            after = page.next
            if after is None:
                break
    assert seen == names[::-1]


async def test_evidence_is_kept_once_and_forgotten_with_a_reason(store: Store) -> None:
    name = new_id()
    await take(store, event(name))
    missing = Evidence(name, "still", "", 0, "", "the disk is full", NOW)
    there = Evidence(name, "still", "2026/a.jpg", 1000, "ab", "", NOW, NOW + timedelta(days=30))
    async with store.begin() as connection:
        assert await evidence.insert_once(connection, missing)
        assert await evidence.insert_once(connection, there)
        assert not await evidence.insert_once(connection, missing)
        assert not await evidence.insert_once(connection, there)
        assert await evidence.of_event(connection, name) == {"still": there}
        assert await evidence.total_bytes(connection) == 1000
        assert await evidence.paths(connection) == {"2026/a.jpg"}
        assert await evidence.expired(connection, NOW) == []
        assert await evidence.expired(connection, NOW + timedelta(days=30)) == [there]
        assert await evidence.evictable(connection, NOW) == [there]
        await connection.execute(tables.candidates.update().values(state="confirmed"))
        assert await evidence.evictable(connection, NOW) == []
        late = Evidence(name, "clip", "2026/a.mp4", 9, "cd", "", NOW, NOW + timedelta(days=30))
        assert await evidence.insert_once(connection, late)
        assert (await evidence.of_event(connection, name))["clip"].expires_at is None
        await evidence.keep(connection, name)
        assert await evidence.expired(connection, NOW + timedelta(days=30)) == []
        assert await evidence.forget(connection, [there, late], "its time had come", NOW) == [], "confirmed since"
        assert await evidence.total_bytes(connection) == 1009
        await connection.execute(tables.evidence.update().values(expires_at=NOW))
        assert await evidence.forget(connection, [there, late], "its time had come", NOW) == [there, late]
        assert await evidence.forget(connection, [there, late], "again", NOW) == []
        assert (await evidence.of_event(connection, name))["still"].missing_reason == "its time had come"
        assert await evidence.total_bytes(connection) == 0


async def test_evidence_of_a_key_target_goes_neither_in_time_nor_for_room_before_its_floor(store: Store) -> None:
    name = new_id()
    await take(store, event(name))
    there = Evidence(name, "still", "2026/a.jpg", 1000, "ab", "", NOW, NOW + timedelta(hours=1))
    before, after = NOW + timedelta(days=89), NOW + timedelta(days=90)
    async with store.begin() as connection:
        assert await evidence.insert_once(connection, there)
        assert await evidence.evictable(connection, before) == [there]
        await connection.execute(tables.cameras.update().values(retention_class="key"))
        assert await evidence.evictable(connection, before) == await evidence.expired(connection, before) == []
        assert await evidence.lasting_bytes(connection, before) == 1000
        assert await evidence.forget(connection, [there], "its time had come", before) == [], "key since it was read"
        assert await evidence.lasting_bytes(connection, after) == 0
        assert await evidence.evictable(connection, after) == await evidence.expired(connection, after) == [there]
        assert await evidence.forget(connection, [there], "its time had come", after) == [there]
