"""Every schema that ever was can be brought to today's, with its rows, and arrives exactly at the tables."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, null, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

import gateway.storage.migrations
from gateway.storage import auditing, migrating
from gateway.storage.migrating import HEAD, REVISIONS, migrate, revision
from gateway.storage.store import database_url, open_store
from gateway.storage.tables import metadata

ORGANISATION: dict[str, Any] = {
    "id": "T-1",
    "kind": "township",
    "name_zh": "金沙",
    "name_en": "Jinsha",
    "sample": False,
}
SITE: dict[str, Any] = {
    "id": "S-1",
    "name_zh": "站点",
    "name_en": "",
    "organisation_id": "T-1",
    "latitude": 32.0,
    "longitude": 121.0,
    "datum": "WGS-84",
    "sample": False,
}
CAMERA: dict[str, Any] = {
    "id": "C-1",
    "gb_id": "32061201041329000001",
    "name_zh": "朝霞路",
    "name_en": "Zhaoxia",
    "initials": "zxl",
    "kind": "road",
    "owner_id": "T-1",
    "maintainer_id": "T-1",
    "township_code": "320612001",
    "site_id": "S-1",
    "latitude": 32.0,
    "longitude": 121.0,
    "datum": "WGS-84",
    "scheme": "rtsp",
    "host": "192.0.2.1",
    "rtsp_port": 554,
    "enabled": True,
    "purposes": ["PS-ORDER"],
    "regime": "art7",
    "need_statement": "",
    "ptz_type": 3,
    "point_type": 3,
    "civil_code": "320612",
    "grassroots_code": "000000",
    "management_unit": "",
    "contact_info": "",
    "record_save_days": 30,
    "install_date": "",
    "filing_no": "",
    "filed_at": "",
    "sample": False,
    "version": 1,
    "created_at": 1_700_000_000_000_000,
    "updated_at": 1_700_000_000_000_000,
}
ROWS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("organisations", ORGANISATION),
    ("sites", SITE),
    ("cameras", CAMERA),
    ("streams", {"camera_id": "C-1", "kind": "sub", "path": "/sub", "transport": "tcp"}),
    ("epochs", {"name": "permission", "value": 7}),
)
"""What a database of the first schema may hold; reflected, so that the columns are those of its own time."""


def _rows(start: str) -> list[tuple[str, dict[str, Any]]]:
    """The rows as something that was written when that was the newest schema."""
    own = {"T-1": f"T-{start}", "S-1": f"S-{start}", "C-1": f"C-{start}", "permission": f"permission-{start}"}
    own["32061201041329000001"] = f"3206120104132900{start}"
    return [(name, {key: own.get(str(value), value) for key, value in row.items()}) for name, row in ROWS]


def _fill(connection: Connection, start: str) -> None:
    there = MetaData()
    there.reflect(connection)
    for name, row in _rows(start):
        connection.execute(there.tables[name].insert().values(**row))


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
    return list(compare_metadata(context, metadata))


async def test_rows_of_every_earlier_schema_arrive_at_todays(empty_url: str) -> None:
    """A database that has been there from the first schema on, and to which each version wrote before the next came."""
    engine = create_async_engine(database_url(empty_url))
    try:
        for start in REVISIONS:
            await migrate(empty_url, start)
            assert await revision(empty_url) == start
            async with engine.begin() as connection:
                await connection.run_sync(_fill, start)
        await _arrived(engine, REVISIONS)
    finally:
        await engine.dispose()


@pytest.mark.parametrize("start", [None, "0001", REVISIONS[len(REVISIONS) // 2]])
async def test_all_steps_are_taken_in_one_go(empty_url: str, start: str | None) -> None:
    engine = create_async_engine(database_url(empty_url))
    try:
        if start is not None:
            await migrate(empty_url, start)
            async with engine.begin() as connection:
                await connection.run_sync(_fill, start)
        await migrate(empty_url)
        assert await revision(empty_url) == HEAD
        await _arrived(engine, [start] if start else [])
    finally:
        await engine.dispose()


async def _arrived(engine: AsyncEngine, starts: Sequence[str]) -> None:
    """The schema is that of the tables, and the rows of those schemas are there."""
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        for name, row in (pair for start in starts for pair in _rows(start)):
            table = metadata.tables[name]
            kept = {column: value for column, value in row.items() if not column.endswith("_at")}
            key = [table.c[column] == kept[column] for column in ("id", "camera_id", "name") if column in kept]
            found = (await connection.execute(select(*(table.c[column] for column in kept)).where(*key))).mappings()
            assert dict(found.one()) == kept
        if "0001" in starts:
            first = await connection.scalar(text("SELECT search FROM cameras WHERE id = 'C-0001'"))
            assert first == "c-0001 32061201041329000001 朝霞路 zhaoxia zxl"


@asynccontextmanager
async def _upgraded(url: str, start: str, write: Callable[[Connection], None]) -> AsyncIterator[AsyncConnection]:
    """A database to which that earlier version wrote this, at today's schema."""
    engine = create_async_engine(database_url(url))
    try:
        await migrate(url, start)
        async with engine.begin() as connection:
            await connection.run_sync(write)
        await migrate(url)
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def test_r14_a_chain_written_by_an_earlier_version_still_verifies(empty_url: str) -> None:
    async with _upgraded(empty_url, "0002", _old_chain) as connection:
        assert await auditing.verify(connection, "gw1") is None
        shown = await auditing.page(connection)
    assert [(entry.seq, dict(entry.typed), entry.detail) for entry in shown.items] == [
        (2, {}, {"reason": "patrol is over"}),
        (1, {}, {"reason": "patrol is over"}),
    ]


SERVICE: dict[str, Any] = {
    "id": "O-1",
    "login": "drainage",
    "name": "Drainage (sample)",
    "organisation_id": "T-1",
    "password_hash": "-",
    "roles": ["service"],
    "language": "zh-CN",
    "contract": "",
    "failed_count": 0,
    "sample": False,
    "created_at": 1_700_000_000_000_000,
}
TOKEN: dict[str, Any] = {
    "operator_id": "O-1",
    "created_at": 1_700_000_000_000_000,
    "last_seen_at": 1_700_000_000_000_000,
    "expires_at": 1_900_000_000_000_000,
    "remote": "",
    "user_agent": "",
}


async def test_r15_tokens_of_one_persons_issue_are_held_at_the_upgrade(empty_url: str) -> None:
    async with _upgraded(empty_url, "0027", _old_tokens) as connection:
        rows = (await connection.execute(text("SELECT id, kind, issued_by FROM sessions ORDER BY id"))).all()
    assert [tuple(row) for row in rows] == [
        ("anything", "held", None),
        ("ended", "token", None),
        ("lists", "token", None),
        ("person", "sign_in", None),
        ("pictures", "held", "manager"),
    ]


def _old_tokens(connection: Connection) -> None:
    """Tokens as they were issued before it took two people, and a sign-in beside them."""
    there = MetaData()
    there.reflect(connection)
    connection.execute(there.tables["organisations"].insert().values(**ORGANISATION))
    connection.execute(there.tables["operators"].insert().values(**SERVICE))
    for name, kind, scopes, ended in (
        ("pictures", "token", ["directory", "list", "view_live"], None),
        ("lists", "token", ["directory", "list"], None),
        ("anything", "token", None, None),
        ("ended", "token", ["view_live"], 1_700_000_000_000_001),
        ("person", "sign_in", None, None),
    ):
        row = TOKEN | {"id": name, "token_hash": name, "kind": kind, "ended_at": ended}
        row["scopes"] = null() if scopes is None else scopes
        connection.execute(there.tables["sessions"].insert().values(**row))
    line = {"chain": "gw1", "seq": 1, "at": 1_700_000_000_000_000, "actor_id": "manager", "action": "issue_token"}
    line |= {"object_kind": "session", "object_id": "pictures", "canonical": b"{}", "previous": bytes(32)}
    connection.execute(there.tables["audit_entries"].insert().values(**line, hash=bytes(32)))


def _old_chain(connection: Connection) -> None:
    """Two entries as version 0002 wrote them, with the typed reason in the detail."""
    there = MetaData()
    there.reflect(connection)
    previous = bytes(32)
    for seq in (1, 2):
        line = (
            f'{{"action":"revoke_grant","actor":"o1","at":"2026-03-01T08:30:00.000000+00:00","chain":"gw1",'
            f'"detail":{{"reason":"patrol is over"}},"object":["grant","g1"],"seq":{seq}}}'
        ).encode()
        digest = hashlib.sha256(previous + line).digest()
        row = {"chain": "gw1", "seq": seq, "at": 1772353800000000, "actor_id": "o1", "action": "revoke_grant"}
        row |= {"object_kind": "grant", "object_id": "g1", "canonical": line, "previous": previous, "hash": digest}
        connection.execute(there.tables["audit_entries"].insert().values(**row))
        previous = digest


def test_the_list_of_revisions_is_that_of_the_files() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(gateway.storage.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(REVISIONS)


async def test_a_second_start_asks_nothing_of_alembic(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await migrate(empty_url)

    def fail(*_: object) -> None:
        raise AssertionError("migrated again")

    monkeypatch.setattr(migrating, "_upgrade", fail)
    async with open_store(empty_url):
        pass
