"""What every database must do for the store itself: commit, roll back, queue writers, refuse newer data."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from gateway.storage import epochs
from gateway.storage.migrating import HEAD, SchemaTooNew, revision
from gateway.storage.store import Store, open_store

NOW = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=UTC)
Opened = Callable[[], AbstractAsyncContextManager[Store]]


async def test_a_transaction_that_raises_leaves_nothing(store: Store) -> None:
    async def fail() -> None:
        async with store.begin() as connection:
            await epochs.bump(connection, "one")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with store.read() as connection:
        assert await epochs.get(connection, "one") == 0


async def test_writers_of_two_gateways_take_turns_and_lose_nothing(opened: Opened) -> None:
    async with opened() as one, opened() as other:

        async def raise_it(store: Store) -> None:
            for _ in range(20):
                async with store.begin() as connection:
                    await epochs.bump(connection, "shared")

        await asyncio.gather(*(raise_it(store) for store in (one, other, one, other)))
        async with one.read() as connection:
            assert await epochs.get(connection, "shared") == 80


async def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    async with store.begin() as writing:
        await epochs.bump(writing, "one")
        async with asyncio.timeout(60), store.read() as reading:
            assert await epochs.get(reading, "one") == 0
    async with store.read() as reading:
        assert await epochs.get(reading, "one") == 1


async def test_a_cancelled_transaction_gives_the_turn_on(store: Store) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with store.begin() as connection:
            await epochs.bump(connection, "one")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(60), store.begin() as connection:
        assert await epochs.bump(connection, "one") == 1


async def test_data_of_a_newer_version_is_refused_in_one_sentence(store: Store, database_url: str) -> None:
    async with store.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for migrating in (True, False):
        with pytest.raises(SchemaTooNew, match=r"newer version of the gateway \(schema 9999, this version knows"):
            async with open_store(database_url, migrating=migrating):
                pass


async def test_two_gateways_may_start_on_an_empty_database_at_once(empty_postgres: str) -> None:
    url = empty_postgres

    async def start() -> None:
        async with open_store(url) as store, store.begin() as connection:
            await epochs.bump(connection, "starts")

    await asyncio.gather(start(), start())
    assert await revision(url) == HEAD
    async with open_store(url) as store, store.read() as connection:
        assert await epochs.get(connection, "starts") == 2
