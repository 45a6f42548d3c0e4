"""The audit chain alike on both databases: it holds, refuses to be changed, and shows what was changed all the same."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.audit import chained
from gateway.services import verifying
from gateway.storage import auditing
from gateway.storage.store import Store
from gateway.storage.tables import audit_entries
from tests.contract.storage.district import NOW

Opened = Callable[[], AbstractAsyncContextManager[Store]]


async def test_the_audit_chain_holds_and_shows_tampering(store: Store) -> None:
    async with store.begin() as connection:
        for number in range(5):
            detail = {"n": number, "zh": "共享", "at": 1.5}
            assert await auditing.append(connection, "gw1", NOW, "o1", "grant.give", "grant", f"g{number}", detail)
        assert await auditing.verify(connection, "gw1") is None
        assert await auditing.chains(connection) == ["gw1"]
        page = await auditing.page(connection, limit=2)
        assert [(entry.seq, entry.detail["zh"]) for entry in page.items] == [(5, "共享"), (4, "共享")]
        page = await auditing.page(connection, limit=9, after=page.next)
        assert [entry.seq for entry in page.items] == [3, 2, 1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET object_id = 'other'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_texts",
        "UPDATE audit_texts SET text = 'other'",
        "UPDATE audit_texts SET erased_at = 5",
    ],
)
async def test_r14_the_audit_refuses_to_be_changed(store: Store, statement: str) -> None:
    async with store.begin() as connection:
        await auditing.append(connection, "gw1", NOW, "o1", "x", "grant", "g", {}, {"reason": "示例"})
    with pytest.raises(DBAPIError, match="append-only"):
        async with store.begin() as connection:
            await connection.execute(text(statement))
    if store.dialect == "postgresql":
        with pytest.raises(DBAPIError, match="append-only"):
            async with store.begin() as connection:
                await connection.execute(text("TRUNCATE audit_entries"))


async def without_triggers(connection: AsyncConnection) -> None:
    """As somebody who owns the database would begin."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        return
    found = await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    for (name,) in found.all():
        await connection.execute(text(f"DROP TRIGGER {name}"))


async def test_r14_a_chain_of_sm3_lines_after_sha256_ones_holds(store: Store) -> None:
    async with store.begin() as connection:
        for algorithm in ("sha256", "sm3", "sm3"):
            typed = {"reason": "示例"}
            await auditing.append(connection, "gw1", NOW, "o1", "x", "grant", "g", {}, typed, algorithm)
        assert await auditing.verify(connection, "gw1") is None
    async with store.read() as connection:
        rows = await connection.execute(select(audit_entries).order_by(audit_entries.c.seq))
        first, second, _ = rows.all()
    assert second.canonical.startswith(b'{"Algorithm":"sm3",')
    assert second.hash == hashlib.new("sm3", first.hash + second.canonical).digest()


async def test_r14_the_parallel_verification_finds_the_same_line(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches of seven lines in two processes, on both databases: the joints between them are checked too."""
    monkeypatch.setattr(verifying, "STRETCH", 7)
    monkeypatch.setattr(verifying, "ALONE", 0)
    async with store.begin() as connection:
        for number in range(30):
            await auditing.append(connection, "gw1", NOW, "o1", "x", "grant", f"g{number}", {}, {"reason": f"{number}"})
    report = await asyncio.to_thread(verifying.verify, store.url, frozenset(), processes=2)
    assert (report.findings, report.chains) == ([], {"gw1": 30})
    async with store.begin() as connection:
        await without_triggers(connection)
        # line 15 begins the third stretch: both sides of the joint hold alone, but not together
        line = await connection.scalar(select(audit_entries.c.canonical).where(audit_entries.c.seq == 15))
        forged = {"previous": bytes(32), "hash": chained(bytes(32), line)}
        await connection.execute(update(audit_entries).where(audit_entries.c.seq == 15).values(forged))
    report = await asyncio.to_thread(verifying.verify, store.url, frozenset(), processes=2)
    assert [(one.chain, one.seq) for one in report.findings] == [("gw1", 15)]
    assert report.chains == {"gw1": 14}


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE audit_entries SET object_id = 'other' WHERE seq = 2", 2),
        ("DELETE FROM audit_entries WHERE seq = 3", 3),
        ("UPDATE audit_entries SET previous = hash WHERE seq = 4", 4),
    ],
)
async def test_a_changed_audit_is_found(store: Store, statement: str, seq: int) -> None:
    async with store.begin() as connection:
        for number in range(4):
            await auditing.append(connection, "gw1", NOW, "o1", "x", "grant", f"g{number}", {})
        await without_triggers(connection)
        await connection.execute(text(statement))
        found = await auditing.verify(connection, "gw1")
        assert found is not None
        assert found.seq == seq


async def test_two_writers_share_one_chain_without_a_fork(opened: Opened) -> None:
    async with opened() as one, opened() as other:

        async def write(store: Store) -> None:
            for _ in range(10):
                async with store.begin() as connection:
                    await auditing.append(connection, "gw1", NOW, "o1", "x", "camera", "C", {})

        await asyncio.gather(write(one), write(other), write(one))
        async with one.read() as connection:
            assert await auditing.verify(connection, "gw1") is None
            assert (await auditing.page(connection, limit=1)).items[0].seq == 30
