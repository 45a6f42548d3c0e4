from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gateway.storage.store import Store, database_url, open_store, sqlite_url


@pytest.mark.parametrize("url", ["mysql://a/b", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not supported: give|must be a SQLite file"):
        database_url(url)


def test_drivers_are_ours_to_choose(tmp_path: Path) -> None:
    assert database_url(sqlite_url(tmp_path / "x")).drivername == "sqlite+aiosqlite"
    assert database_url("postgresql://u@h/d").drivername == "postgresql+asyncpg"


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30000)],
)
async def test_sqlite_is_set_to_lose_nothing(store: Store, pragma: str, value: object) -> None:
    async with store.begin() as connection:
        assert await connection.scalar(text(f"PRAGMA {pragma}")) == value
    async with store.read() as connection:
        assert await connection.scalar(text(f"PRAGMA {pragma}")) == value


async def test_a_reading_connection_cannot_write(store: Store) -> None:
    async with store.read() as connection:
        with pytest.raises(OperationalError, match="readonly"):
            await connection.execute(text("DELETE FROM epochs"))


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()]


async def test_only_its_owner_reads_a_sqlite_file_however_open_its_folder_is(tmp_path: Path) -> None:
    path = tmp_path / "data.sqlite3"
    for _ in range(2):
        async with open_store(sqlite_url(path)) as store:
            async with store.begin() as connection:
                await connection.execute(text("DELETE FROM epochs"))
            assert modes(tmp_path) == [0o600] * 3, "the file and its two journals"
        path.chmod(0o644)
