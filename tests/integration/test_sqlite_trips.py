"""SQLite connections that make one trip a statement keep what transactions promise."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from gateway.storage import epochs
from gateway.storage.store import READERS, Store
from gateway.storage.tables import epochs as rows

SLOW = text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000000) SELECT count(*) FROM n")


async def value_by_each_reader(store: Store) -> list[int]:
    """What every connection of the pool says, asked all at once."""

    async def ask(all_in: asyncio.Barrier) -> int:
        async with store.read() as connection:
            await all_in.wait()
            return await epochs.get(connection, "one")

    barrier = asyncio.Barrier(READERS)
    return list(await asyncio.gather(*(ask(barrier) for _ in range(READERS))))


async def test_one_reading_sees_one_state(store: Store) -> None:
    async with store.read() as reading:
        assert await epochs.get(reading, "one") == 0
        async with store.begin() as writing:
            await epochs.bump(writing, "one")
        assert await epochs.get(reading, "one") == 0, "it began before the write"
    assert await value_by_each_reader(store) == [1] * READERS, "no connection has kept its old state"


async def test_a_reading_that_asks_nothing_leaves_nothing_behind(store: Store) -> None:
    for _ in range(2 * READERS):
        async with store.read():
            pass
    async with store.begin() as writing:
        await epochs.bump(writing, "one")
    assert await value_by_each_reader(store) == [1] * READERS


async def test_a_refused_statement_leaves_a_usable_connection(store: Store) -> None:
    for _ in range(2 * READERS):
        async with store.read() as reading:
            with pytest.raises(OperationalError, match="no such table"):
                await reading.execute(text("SELECT * FROM absent"))
            with pytest.raises(OperationalError, match="readonly"):
                await epochs.bump(reading, "one")
    assert await value_by_each_reader(store) == [0] * READERS


async def test_a_cancelled_reading_leaves_a_usable_pool(store: Store) -> None:
    for _ in range(2 * READERS):
        begun = asyncio.Event()

        async def hang(begun: asyncio.Event) -> None:
            async with store.read() as reading:
                begun.set()
                await reading.execute(SLOW)

        task = asyncio.create_task(hang(begun))
        await begun.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with store.begin() as writing:
        await epochs.bump(writing, "one")
    assert await value_by_each_reader(store) == [1] * READERS


async def test_many_rows_are_written_and_counted_at_once(store: Store) -> None:
    async with store.begin() as writing:
        given = await writing.execute(rows.insert(), [{"name": f"n{one}", "value": one} for one in range(200)])
        assert given.rowcount in (-1, 200)
        changed = await writing.execute(rows.update().where(rows.c.value >= 100).values(value=0))
        assert changed.rowcount == 100
        with pytest.raises(IntegrityError):
            await writing.execute(rows.insert(), [{"name": "new", "value": 1}, {"name": "n0", "value": 1}])
    async with store.read() as reading:
        found = (await reading.execute(rows.select().where(rows.c.name.like("n%")))).all()
    assert len(found) >= 200
