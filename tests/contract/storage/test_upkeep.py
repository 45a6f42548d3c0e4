"""Leases, assignments, view records, ticket numbers and places, alike on both databases."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, timedelta

from gateway.domain.categories import Category
from gateway.domain.places import Grid, Township
from gateway.storage import (
    assignments,
    categories,
    epochs,
    leases,
    numbers,
    oversight,
    places,
    view_records,
    view_search,
    workers,
)
from gateway.storage.store import Store
from gateway.storage.view_records import Closing, ViewRecord
from gateway.storage.view_search import ViewQuery
from gateway.storage.workers import Worker
from tests.contract.storage.district import NOW, lay, new_id

TTL = timedelta(seconds=15)
Opened = Callable[[], AbstractAsyncContextManager[Store]]


async def test_a_lease_is_held_by_one_until_it_runs_out(store: Store) -> None:
    async with store.begin() as connection:
        assert await leases.acquire(connection, "conductor", "g1", NOW, TTL)
        assert await leases.acquire(connection, "conductor", "g1", NOW, TTL)
        assert not await leases.acquire(connection, "conductor", "g2", NOW + TTL / 2, TTL)
        assert await leases.holder(connection, "conductor", NOW) == "g1"
        assert await leases.renew(connection, "conductor", "g1", NOW + TTL / 2, TTL)
        end = NOW + TTL / 2 + TTL
        assert await leases.holder(connection, "conductor", end) is None
        assert not await leases.renew(connection, "conductor", "g1", end, TTL)
        assert await leases.acquire(connection, "conductor", "g2", end, TTL)
        assert not await leases.release(connection, "conductor", "g1")
        assert await leases.release(connection, "conductor", "g2")


async def test_gateways_with_different_clocks_agree_on_the_servers_time(store: Store) -> None:
    ahead = NOW + timedelta(days=400)
    async with store.begin() as connection:
        one = await leases.agreed_now(connection, NOW)
        other = await leases.agreed_now(connection, ahead)
        assert one.tzinfo is not None
        if store.dialect == "sqlite":
            assert (one, other) == (NOW, ahead), "one file, one machine, one clock"
            return
        assert timedelta(0) <= other - one < timedelta(minutes=1)
        assert await leases.acquire(connection, "conductor", "g1", one, TTL)
        assert not await leases.acquire(connection, "conductor", "hasty", other, TTL)


async def test_of_many_who_want_a_lease_one_gets_it(opened: Opened) -> None:
    async with opened() as one, opened() as other:

        async def want(store: Store, holder: str) -> bool:
            async with store.begin() as connection:
                return await leases.acquire(connection, "conductor", holder, NOW, TTL)

        won = await asyncio.gather(*(want(one if n % 2 else other, f"g{n}") for n in range(10)))
    assert won.count(True) == 1


async def test_assignments_move_and_bump_their_epoch(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        before = await epochs.get(connection, epochs.ASSIGNMENT)
        await assignments.assign(connection, {"C-001": "w1", "C-002": "w1", "C-003": "w2"}, NOW)
        await assignments.assign(connection, {"C-002": "w2"}, NOW)
        await assignments.withdraw(connection, ["C-003"])
        assert await assignments.every(connection) == {"C-001": "w1", "C-002": "w2"}
        assert await assignments.of_worker(connection, "w2") == ["C-002"]
        assert await assignments.worker_of(connection, "C-003") is None
        assert await assignments.counts(connection) == {"w1": 1, "w2": 1}
        assert await epochs.get(connection, epochs.ASSIGNMENT) == before + 3


async def test_workers_are_remembered(store: Store) -> None:
    async with store.begin() as connection:
        await workers.see(connection, Worker("w1", "unix:run/w1.sock"))
        await workers.see(connection, Worker("w1", "unix:run/w1.sock", NOW, "g1", 60))
        assert await workers.every(connection) == [Worker("w1", "unix:run/w1.sock", NOW, "g1", 60)]
        await workers.forget(connection, "w1")
        assert await workers.every(connection) == []


def record(minutes: int = 0, camera_id: str = "C-001") -> ViewRecord:
    return ViewRecord(
        id=new_id(),
        operator_id="o1",
        organisation_id="T-1",
        session_id=None,
        camera_id=camera_id,
        action="view_live",
        stream="sub",
        transport="ws",
        purpose="PS-ORDER",
        reason="",
        ticket_id=None,
        grant_id="g",
        remote="192.0.2.1",
        gateway_id="gw1",
        started_at=NOW + timedelta(minutes=minutes),
    )


async def test_looks_without_a_ticket_are_counted_one_by_one_and_on_a_wall_by_camera(store: Store) -> None:
    other = {"purpose": "PS-FLOOD"}
    singles = [replace(record(n), **other) for n in range(2)] + [replace(record(), **other, ticket_id="t"), record()]
    walls = [replace(record(n, f"C-{n % 2}"), **other, wall_id="W-1") for n in range(6)]
    usual = [replace(record(n, f"C-{n}"), wall_id="W-2") for n in range(9)]
    async with store.begin() as connection:
        await view_records.begin(connection, view_records.sealed([*singles, *walls, *usual]))
        found = await oversight.without_ticket(connection, NOW, "PS-ORDER", 4)
        assert found == [(("o1", "T-1"), 4, NOW, NOW + timedelta(minutes=1))]
        assert await oversight.without_ticket(connection, NOW, "PS-ORDER", 5) == []


async def test_a_view_record_ends_once(store: Store) -> None:
    one, two = record(), record(1)
    async with store.begin() as connection:
        for item in (one, two):
            await view_records.insert(connection, item)
        assert await view_records.open_count(connection, "C-001") == 2
        await view_records.progress(connection, [(one.id, 500)])
        end = NOW + timedelta(minutes=5)
        await view_records.close(connection, [Closing(one.id, end, 900, "revoked")])
        await view_records.close(connection, [Closing(one.id, end, 1, "late")])
        assert await view_records.close_left_open(connection, "gw1", end) == 1
        found = await view_records.get(connection, one.id)
        assert found is not None
        assert (found.bytes, found.result, found.ended_at) == (900, "revoked", end)


async def test_view_records_come_in_pages_newest_first(store: Store) -> None:
    rows = [record(minute, f"C-00{minute % 2}") for minute in range(6)]
    async with store.begin() as connection:
        for item in rows:
            await view_records.insert(connection, item)
        page = await view_search.page(connection, ViewQuery(camera_id="C-001"), limit=2)
        rest = await view_search.page(connection, ViewQuery(camera_id="C-001"), limit=2, after=page.next)
        assert [item.id for item in (*page.items, *rest.items)] == [rows[5].id, rows[3].id, rows[1].id]
        assert rest.next is None
        since = await view_search.page(connection, ViewQuery(since=rows[2].started_at, until=rows[4].started_at))
        assert [item.id for item in since.items] == [rows[3].id, rows[2].id]


async def test_ticket_numbers_are_unique_under_concurrency(opened: Opened) -> None:
    async with opened() as one, opened() as other:

        async def draw(store: Store) -> str:
            async with store.begin() as connection:
                return await numbers.next_number(connection, date(2026, 3, 1))

        drawn = await asyncio.gather(*(draw(one if n % 2 else other) for n in range(30)))
    assert len(set(drawn)) == 30
    assert all(re.fullmatch(r"TZ20260301\d{6}", number) for number in drawn)
    # one after the other they do not count: whoever sees some cannot tell how many others there are
    assert sorted(drawn) != drawn
    assert max(int(number[-6:]) for number in drawn) > 100


def square(longitude: float, latitude: float) -> tuple[tuple[float, float], ...]:
    return (
        (longitude, latitude),
        (longitude + 1, latitude),
        (longitude + 1, latitude + 1),
        (longitude, latitude + 1),
    )


async def test_a_point_finds_its_grid_and_township(store: Store) -> None:
    town = Township("320612001", "金沙", "Jinsha", square(120, 32), sample=True)
    triangle = ((120.0, 32.0), (121.0, 32.0), (120.0, 33.0))
    other = ((121.0, 32.0), (121.0, 33.0), (120.0, 33.0))
    grids = [
        Grid("320612001001001", town.code, "第1网格", triangle, "o1"),
        Grid("320612001001002", town.code, "第2网格", other),
    ]
    async with store.begin() as connection:
        await places.replace_townships(connection, [town])
        await places.replace_grids(connection, grids)
        assert await places.grid_at(connection, 32.2, 120.2) == grids[0]
        assert await places.grid_at(connection, 32.8, 120.8) == grids[1]
        assert await places.grid_at(connection, 31.0, 120.5) is None
        assert await places.township_at(connection, 32.5, 120.5) == town
        assert await places.every_grid(connection, town.code) == grids
        assert await places.every_grid(connection, "320612002") == []
        assert await places.set_member(connection, grids[1].code, "o2")
        found = await places.get_grid(connection, grids[1].code)
        assert found is not None
        assert found.member_id == "o2"


async def test_categories_come_back(store: Store) -> None:
    one = Category("3206120102", "01", "市容环境", "City appearance", "暴露垃圾", "Exposed refuse", "work_hours", 4)
    async with store.begin() as connection:
        await categories.replace(connection, [one])
        await categories.replace(connection, [one])
        assert await categories.every(connection) == [one]
        assert await categories.get(connection, one.code) == one
        assert await categories.get(connection, "x") is None
