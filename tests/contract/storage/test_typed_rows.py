"""An erasure takes a text out of every column that the table names, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.storage import typed_rows
from gateway.storage.store import Store
from gateway.storage.tables import file_changes, notices, view_records
from gateway.storage.view_records import erase_reason, insert, reason_place
from tests.contract.storage.test_end_notes import NOW
from tests.integration.test_r14_commands import ViewRecord

WORDS = "某人的陈述（示例）"


@pytest.mark.parametrize("field", sorted(typed_rows.PLACES))
async def test_every_place_of_the_table_can_be_emptied(store: Store, field: tuple[str, str]) -> None:
    async with store.begin() as conn:
        assert await typed_rows.blank(conn, field[0], "nothing", field[1], WORDS) == 0


async def test_what_is_told_as_json_is_emptied_of_the_words_alone(store: Store) -> None:
    change = {"noun": "camera", "object_id": "C1", "at": NOW, "actor_id": "o1", "source": "api", "field": "document"}
    notice = {
        "id": "n1", "at": NOW, "recipient_kind": "role", "recipient_id": "", "role": "audit_manager", "kind": "k",
        "object_kind": "camera", "object_id": "C1", "key": "", "detail": {"name": WORDS, "other": "x"},
    }  # fmt: skip
    async with store.begin() as conn:
        await conn.execute(file_changes.insert(), [change | {"old": None, "new": f"letter: {WORDS}"}])
        await conn.execute(notices.insert(), [notice])
        assert await typed_rows.blank(conn, "camera", "C1", "reason", f" {WORDS} ") == 2
        assert (await conn.scalars(select(file_changes.c.new))).all() == ["letter: —"]
        assert (await conn.scalars(select(notices.c.detail))).all() == [{"name": "—", "other": "x"}]


async def test_the_reason_of_a_look_leaves_and_its_commitment_stays(store: Store) -> None:
    words = ("o1", "o", None, "C-1", "view_live", "sub", "ws-fmp4", "PS-FLOOD", WORDS, None, "g", "192.0.2.1", "gw1")
    async with store.begin() as conn:
        await insert(conn, ViewRecord("v1", *words, started_at=NOW))
        assert await reason_place(conn, "v1") == ("gw1", 0)
        assert [await erase_reason(conn, "v1") for _ in range(2)] == [True, False]
        columns = view_records.c
        row = (await conn.execute(select(columns.reason, columns.reason_salt, columns.reason_seal))).one()
        assert (row.reason, row.reason_salt, len(row.reason_seal)) == ("", None, 64)
