"""Backup and restore: everything comes back, nothing is overwritten, damage is said."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.services.keeping import CannotKeep, backup, restore
from gateway.storage import epochs
from gateway.storage.migrating import SchemaTooNew
from gateway.storage.store import Store, open_store, sqlite_url

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
async def data(store: Store, tmp_path: Path) -> Path:
    folder = Path(store.url.database or "").parent
    (folder / "key").write_text("secret")
    (folder / "key").chmod(0o600)
    for name, content in (("evidence/2026/a.jpg", b"jpeg"), ("run/w1.sock.txt", b""), ("spool/w1/x", b"")):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(content)
    async with store.begin() as connection:
        await epochs.bump(connection, "kept")
    return folder


async def test_a_backup_of_a_running_store_is_restored_whole(store: Store, data: Path, tmp_path: Path) -> None:
    archive, target = data / "backup.tar", tmp_path / "other" / "data"
    async with store.begin() as connection:
        await epochs.bump(connection, "not yet committed")
        kept = backup(str(store.url.render_as_string()), data, archive, NOW)
    assert (kept.files, kept.bytes) == (2, 10)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    url = sqlite_url(target / "gateway.sqlite3")
    restored = restore(archive, url, target)
    assert (restored.files, restored.bytes) == (2, 10)
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()) == [
        "evidence/2026/a.jpg",
        "gateway.sqlite3",
        "key",
    ]
    assert stat.S_IMODE((target / "key").stat().st_mode) == 0o600
    async with open_store(url) as again, again.read() as connection:
        assert await epochs.get(connection, "kept") == 1
        assert await epochs.get(connection, "not yet committed") == 0


async def test_nothing_is_overwritten(store: Store, data: Path, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar"
    backup(str(store.url), data, archive, NOW)
    before = archive.read_bytes()
    with pytest.raises(CannotKeep, match="is there already"):
        backup(str(store.url), data, archive, NOW)
    assert archive.read_bytes() == before
    with pytest.raises(CannotKeep, match="already holds data"):
        restore(archive, str(store.url), data)
    assert (data / "key").exists()


async def test_a_damaged_or_foreign_archive_leaves_nothing_behind(store: Store, data: Path, tmp_path: Path) -> None:
    archive, target = tmp_path / "backup.tar", tmp_path / "new" / "data"
    backup(str(store.url), data, archive, NOW)
    content = bytearray(archive.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200) if any(content[middle : middle + 200]) else b"x" * 200
    archive.write_bytes(content)
    (tmp_path / "noise.tar").write_bytes(b"noise")
    with tarfile.open(tmp_path / "foreign.tar", "w") as foreign:
        foreign.addfile(tarfile.TarInfo("a"), io.BytesIO())
    for name in ("backup.tar", "noise.tar", "foreign.tar", "missing.tar"):
        with pytest.raises(CannotKeep):
            restore(tmp_path / name, sqlite_url(target / "gateway.sqlite3"), target)
    assert not target.exists()
    assert list(target.parent.iterdir()) == []


async def test_an_archive_of_a_newer_version_is_refused(store: Store, data: Path, tmp_path: Path) -> None:
    async with store.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backup(str(store.url), data, tmp_path / "backup.tar", NOW)
    with pytest.raises(SchemaTooNew, match="newer version"):
        restore(tmp_path / "backup.tar", sqlite_url(tmp_path / "new" / "gateway.sqlite3"), tmp_path / "new")


async def test_an_archive_cannot_write_outside_the_folder(store: Store, data: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as evil:
        for name, content in (("manifest.json", json.dumps({"format": 1}).encode()), ("../../outside", b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            evil.addfile(info, io.BytesIO(content))
    with pytest.raises(CannotKeep):
        restore(tmp_path / "evil.tar", sqlite_url(tmp_path / "new" / "gateway.sqlite3"), tmp_path / "new")
    assert not (tmp_path / "outside").exists()


def test_postgresql_is_left_to_its_own_tools(tmp_path: Path) -> None:
    with pytest.raises(CannotKeep, match="use pg_dump and pg_restore for the database, and copy the data folder"):
        backup("postgresql://gateway@db/gateway", tmp_path, tmp_path / "backup.tar", NOW)
