"""An erasure takes a text out of every column that the table names, on both databases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage import operators, sessions, typed_rows
from gateway.storage.operators import Account
from gateway.storage.sessions import Session
from gateway.storage.store import Store, open_store, sqlite_url
from gateway.storage.tables import file_changes, notices, view_records
from gateway.storage.view_records import erase_reason, insert, reason_place, with_reason
from tests.contract.storage.district import lay, operator
from tests.contract.storage.test_end_notes import NOW
from tests.integration.test_r14_commands import ViewRecord

WORDS = "某人的陈述（示例）"


@pytest.mark.parametrize("field", sorted(typed_rows.PLACES))
async def test_every_place_of_the_table_can_be_emptied(store: Store, field: tuple[str, str]) -> None:
    async with store.begin() as conn:
        assert await typed_rows.blank(conn, field[0], "nothing", field[1], WORDS) == 0


async def _told(store: Store, fields: dict[str, str], notice: dict[str, str]) -> None:
    change = {"noun": "camera", "object_id": "C1", "at": NOW, "actor_id": "o1", "source": "api", "old": None}
    about = {
        "id": "n1", "at": NOW, "recipient_kind": "role", "recipient_id": "", "role": "audit_manager",
        "kind": "emergency_began", "object_kind": "emergency", "object_id": "E1", "key": "", "detail": notice,
    }  # fmt: skip
    async with store.begin() as conn:
        await conn.execute(
            file_changes.insert(), [change | {"field": name, "new": new} for name, new in fields.items()]
        )
        await conn.execute(notices.insert(), [about])


async def _news(conn: AsyncConnection) -> dict[str, str]:
    return {row.field: row.new for row in await conn.execute(select(file_changes.c.field, file_changes.c.new))}


async def test_what_is_told_as_json_is_emptied_of_the_words_alone(store: Store) -> None:
    fields = {"document": f"letter: {WORDS}", "sign_place": WORDS, "lifecycle_reason": WORDS}
    await _told(store, fields, {"name": WORDS, "until": WORDS})
    async with store.begin() as conn:
        assert await typed_rows.blank(conn, "camera", "C1", "name", f" {WORDS} ") == 1
        assert await _news(conn) == fields | {"document": "letter: —"}
        for field in ("place", "reason"):
            assert await typed_rows.blank(conn, "camera", "C1", field, WORDS) == 1
        assert await _news(conn) == {"document": "letter: —", "sign_place": "—", "lifecycle_reason": "—"}
        assert await typed_rows.blank(conn, "emergency", "E1", "name", WORDS) == 1
        assert (await conn.scalars(select(notices.c.detail))).all() == [{"name": "—", "until": WORDS}]


@pytest.mark.parametrize("field", ["name", "note", "place", "reason"])
async def test_r14_an_erasure_of_a_short_text_leaves_what_was_not_typed_there(store: Store, field: str) -> None:
    fields = {"channel": "1", "host": "recorder: 1", "name_zh": "1", "created": "1"}
    await _told(store, fields, {"name": "1"})
    async with store.begin() as conn:
        assert await typed_rows.blank(conn, "camera", "C1", field, "1") == 0
        assert await typed_rows.blank(conn, "emergency", "E1", "reason", "1") == 0
        assert await _news(conn) == fields
        assert (await conn.scalars(select(notices.c.detail))).all() == [{"name": "1"}]


async def _plans(conn: AsyncConnection, work: Callable[[], Awaitable[object]]) -> str:
    """How SQLite finds the rows of what the work asks."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    assert conn.sync_connection is not None
    event.listen(conn.sync_connection, "before_cursor_execute", note)
    await work()
    event.remove(conn.sync_connection, "before_cursor_execute", note)
    rows = [await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", values) for one, values in asked]
    return "\n".join(str(row[-1]) for found in rows for row in found)


async def test_what_an_erasure_asks_of_long_tables_goes_by_an_index(tmp_path: Path) -> None:
    async with open_store(sqlite_url(tmp_path / "long.sqlite3")) as store, store.begin() as conn:
        await lay(conn)
        person = operator()
        await operators.insert(conn, Account(person, "hash", 0, None, NOW))
        await sessions.insert(conn, Session("s1", "token", person.id, None, NOW, NOW, NOW, "192.0.2.1"))

        async def everything() -> None:
            await with_reason(conn, "s1", WORDS)
            for field in ("name", "place", "reason"):
                await typed_rows.blank(conn, "camera", "C1", field, WORDS)
            await typed_rows.blank(conn, "emergency", "E1", "name", WORDS)

        plans = await _plans(conn, everything)
    assert "view_records USING INDEX ix_view_records_operator (operator_id=? AND started_at>?)" in plans
    for table in ("view_records", "notices", "file_changes"):
        assert f" {table} " in plans
        assert f"SCAN {table}" not in plans, plans


async def test_the_looks_of_a_session_for_a_reason_are_found_from_a_time_on(store: Store) -> None:
    async with store.begin() as conn:
        await lay(conn)
        person = operator()
        await operators.insert(conn, Account(person, "hash", 0, None, NOW))
        for number in ("s1", "s2"):
            await sessions.insert(conn, Session(number, f"token {number}", person.id, None, NOW, NOW, NOW, "192.0.2.1"))
        for number, (session, reason, minutes) in enumerate(
            [("s1", WORDS, 1), ("s1", WORDS, 20), ("s1", "x", 20), ("s2", WORDS, 20), ("s1", WORDS, -2)]
        ):
            words = (session, "C-1", "view_live", "sub", "ws-fmp4", "PS-FLOOD", reason, None, "g", "192.0.2.1", "gw1")
            at = NOW + timedelta(minutes=minutes)
            await insert(conn, ViewRecord(f"v{number}", person.id, "o", *words, started_at=at))
        assert await with_reason(conn, "s1", WORDS) == ["v0", "v1", "v4"]
        assert await with_reason(conn, "s1", WORDS, since=NOW + timedelta(minutes=10)) == ["v1"]
        assert await with_reason(conn, "nobody's", WORDS) == []


async def test_the_reason_of_a_look_leaves_and_its_commitment_stays(store: Store) -> None:
    words = ("o1", "o", None, "C-1", "view_live", "sub", "ws-fmp4", "PS-FLOOD", WORDS, None, "g", "192.0.2.1", "gw1")
    async with store.begin() as conn:
        await insert(conn, ViewRecord("v1", *words, started_at=NOW))
        assert await reason_place(conn, "v1") == ("gw1", 0)
        assert [await erase_reason(conn, "v1") for _ in range(2)] == [True, False]
        columns = view_records.c
        row = (await conn.execute(select(columns.reason, columns.reason_salt, columns.reason_seal))).one()
        assert (row.reason, row.reason_salt, len(row.reason_seal)) == ("", None, 64)
