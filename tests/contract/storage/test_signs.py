"""The register of signs, alike on both databases; its SQL says of each camera what the domain says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.domain.grants import TargetKind
from gateway.domain.signs import Sign, SignStanding, SignState, standing
from gateway.storage import camera_documents, signs
from gateway.storage.paging import BadCursor
from gateway.storage.reaching import Reach
from gateway.storage.store import Store
from gateway.storage.versioned import Stale
from tests.contract.storage.district import NOW, lay
from tests.contract.storage.test_camera_documents import document

BEFORE = date(2025, 11, 23)
TODAY = date(2026, 11, 23)


def sign(camera: str, checked: str, state: SignState = SignState.UP, photo: str | None = None) -> Sign:
    return Sign(camera, date(2024, 1, 1), date.fromisoformat(checked), "灯杆（示例）", state, photo)


async def test_sql_and_domain_agree_on_every_sign(store: Store) -> None:
    kept = [document(number, f"C-00{number}", "sign") for number in (1, 2, 3, 4)]
    laid = [
        sign("C-001", "2025-11-23", photo=kept[0].id),
        sign("C-002", "2025-11-22", photo=kept[1].id),
        sign("C-003", "2026-11-01", SignState.DAMAGED, kept[2].id),
        sign("C-004", "2026-11-01", photo=kept[3].id),
    ]
    async with store.begin() as connection:
        await lay(connection)
        for one in kept:
            await camera_documents.insert(connection, one)
        for each in laid:
            await signs.save(connection, each, "someone", NOW)
        assert await camera_documents.withdraw(connection, "C-004", kept[3].id, NOW)
        every = Reach(frozenset({(TargetKind.ALL, "")}), frozenset(), connection.dialect.name)
        rows = {row.camera_id: row for row in (await signs.page(connection, every, BEFORE)).items}
        for one in laid:
            photo = one.camera_id != "C-004"
            assert rows[one.camera_id].standing is standing(one.state, one.checked, photo, TODAY), one
        assert (rows["C-005"].standing, rows["C-005"].version) == (SignStanding.MISSING, 0)
        assert rows["C-001"] == await signs.of_camera(connection, "C-001", BEFORE)
        counted = await signs.counts(connection, every, BEFORE)
        for state in SignStanding:
            found = await signs.page(connection, every, BEFORE, standing=state)
            assert sum(getattr(one, state.value) for one in counted) == len(found.items)
        assert sum(one.cameras for one in counted) == len(rows)
        none = Reach(frozenset(), frozenset(), connection.dialect.name)
        assert await signs.counts(connection, none, BEFORE) == []
        with pytest.raises(BadCursor):
            await signs.page(connection, every, BEFORE, after="nonsense")


async def test_the_slower_of_two_writers_is_told(store: Store) -> None:
    first = sign("C-001", "2026-11-01", SignState.GONE)
    async with store.begin() as connection:
        await lay(connection)
        await signs.save(connection, first, "someone", NOW)
        with pytest.raises(Stale):
            await signs.save(connection, first, "another", NOW)
        await signs.save(connection, replace(first, version=2), "someone", NOW)
        with pytest.raises(Stale):
            await signs.save(connection, replace(first, version=2), "another", NOW)
        assert await signs.get(connection, "C-001") == replace(first, version=2)
        assert await signs.get(connection, "C-002") is None
