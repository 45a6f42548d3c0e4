"""The history of files, alike on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.storage import file_changes
from gateway.storage.file_changes import FileChange
from gateway.storage.paging import BadCursor
from gateway.storage.store import Store
from tests.contract.storage.district import NOW, lay


def change(field: str, old: object, new: object, *, name: str = "C-001", noun: str = "camera") -> FileChange:
    return FileChange(noun, name, NOW + timedelta(minutes=1), "somebody", "api", field, old, new)


async def test_changes_come_back_newest_first_with_any_kind_of_value(store: Store) -> None:
    written = [
        change("created", None, "朝霞路"),
        change("purposes", ["PS-ORDER"], ["PS-ORDER", "PS-FLOOD"]),
        change("hfov", 60.5, None),
        change("enabled", True, False),
        change("host", "192.0.2.1", "192.0.2.2"),
    ]
    async with store.begin() as connection:
        await lay(connection)
        await file_changes.insert(connection, [*written, change("created", None, "x", name="C-002")])
        await file_changes.insert(connection, [change("created", None, "x", noun="recorder")])
        await file_changes.insert(connection, [])
    async with store.read() as connection:
        first = await file_changes.page(connection, "camera", "C-001", limit=3)
        rest = await file_changes.page(connection, "camera", "C-001", limit=3, after=first.next)
        assert rest.next is None
        found = [*first.items, *rest.items]
        assert [(one.field, one.old, one.new) for one in found] == [
            (one.field, one.old, one.new) for one in reversed(written)
        ]
        assert {(one.at, one.actor_id, one.actor_name, one.source) for one in found} == {
            (NOW + timedelta(minutes=1), "somebody", None, "api")
        }
        bare = await file_changes.page(connection, "camera", "C-001", without={"host", "hfov"})
        assert [one.field for one in bare.items] == ["enabled", "purposes", "created"]
        with pytest.raises(BadCursor):
            await file_changes.page(connection, "camera", "C-001", after="nonsense")
