"""Backup and restore of the data folder: one archive with a consistent copy of the database, the key and the files.

Whoever has the archive has the device passwords: it is written for its owner alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from gateway.storage.migrating import REVISIONS, SchemaTooNew
from gateway.storage.note_files import FOLDER

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.sqlite3"

_PASSING = frozenset({"run", "logs", "spool", "tmp", FOLDER})
"""Folders of the data folder that mean nothing on another day: sockets, logs, events that workers still hold, and notes
of how the audit ends, which may be ahead of the copy of the database.
"""


class CannotKeep(Exception):
    """Backup or restore cannot be done; the text is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an archive holds: how many files besides the database, and their bytes together."""

    files: int
    bytes: int
    revision: str
    made_at: str
    """When the archive was made."""


def backup(database: str, data: Path, archive: Path, at: datetime) -> Kept:
    """Writes an archive of the database and the data folder; the gateway may go on running. Blocks: use a thread.

    The database is copied first: every file it names was on disk before its row. Raises ``CannotKeep``.
    """
    source = _sqlite_file(database, "backed up")
    if not source.exists():
        raise CannotKeep(f"there is no database at {source}: give the data folder that the gateway runs with")
    if archive.exists():
        raise CannotKeep(f"{archive} is there already: name a new file, or move the old one away")
    partial = archive.with_name(f".{archive.name}.partial")
    try:
        with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".backup-") as scratch:
            copy = Path(scratch) / DATABASE
            with closing(sqlite3.connect(source)) as connection:
                connection.execute("PRAGMA busy_timeout = 60000")
                connection.execute("VACUUM INTO ?", (str(copy),))
            kept = _write(partial, copy, data, source, {archive.resolve(), partial.resolve()}, at)
        os.replace(partial, archive)
    except (OSError, sqlite3.Error) as error:
        raise CannotKeep(f"the backup could not be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(archive.parent)
    return kept


def restore(archive: Path, database: str, data: Path) -> Kept:
    """Puts an archive back into an empty (or missing) data folder. Blocks: use a thread.

    Everything is unpacked and checked beside the folder first; with any fault the folder stays as it was.
    Raises ``CannotKeep``, or ``SchemaTooNew`` for an archive of a newer version.
    """
    target = _sqlite_file(database, "restored")
    if target.exists() or (data.exists() and any(data.iterdir())):
        raise CannotKeep(f"{data} already holds data: stop the gateway and move the folder away first")
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data.parent, prefix=".restore-") as scratch:
        unpacked = Path(scratch) / "data"
        try:
            with tarfile.open(archive) as opened:
                opened.extractall(unpacked, filter="data")
        except (OSError, tarfile.TarError) as error:
            raise CannotKeep(f"{archive} cannot be read as a backup: {error}") from error
        kept = _checked(archive, unpacked)
        (unpacked / MANIFEST).unlink()
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = unpacked / DATABASE
        if target.parent.resolve() == data.resolve():
            copy.rename(unpacked / target.name)
        else:
            shutil.move(copy, target)
        if data.exists():
            data.rmdir()
        unpacked.rename(data)
    data.chmod(0o700)
    _sync_folder(data.parent)
    return kept


def _sqlite_file(database: str, what: str) -> Path:
    url = make_url(database)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise CannotKeep(
            f"a PostgreSQL database is not {what} by this command: use pg_dump and pg_restore for the database, "
            "and copy the data folder (key, evidence, photos) beside it"
        )
    return Path(url.database)


def _write(partial: Path, copy: Path, data: Path, source: Path, skipped: set[Path], at: datetime) -> Kept:
    revision = _revision(copy)
    own = {source.resolve(), *(source.with_name(source.name + end).resolve() for end in ("-wal", "-shm", "-journal"))}
    files, size = 0, 0
    # Opened for the owner alone from the first byte: the key is in it.
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        with tarfile.open(fileobj=target, mode="w") as archive:
            manifest = {
                "format": FORMAT,
                "made_at": at.isoformat(),
                "revision": revision,
                "database_sha256": _digest(copy),
            }
            _add_text(archive, MANIFEST, json.dumps(manifest, indent=1), at)
            archive.add(copy, DATABASE, recursive=False, filter=_anonymous)
            for path in _files(data):
                if path.resolve() in own | skipped:
                    continue
                try:
                    opened = path.open("rb")
                except FileNotFoundError:
                    continue  # evidence that expired while we were reading
                with opened:
                    info = _anonymous(archive.gettarinfo(arcname=str(path.relative_to(data)), fileobj=opened))
                    archive.addfile(info, opened)
                files, size = files + 1, size + info.size
        target.flush()
        os.fsync(target.fileno())
    return Kept(files, size, revision, at.isoformat())


def _files(data: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(data):
        if Path(folder) == data:
            names[:] = [name for name in names if name not in _PASSING]
        names[:] = sorted(name for name in names if not name.startswith((".backup-", ".restore-")))
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _add_text(archive: tarfile.TarFile, name: str, text: str, at: datetime) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(text.encode()), int(at.timestamp()), 0o600
    archive.addfile(info, io.BytesIO(text.encode()))


def _checked(archive: Path, unpacked: Path) -> Kept:
    copy = unpacked / DATABASE
    try:
        manifest: dict[str, Any] = json.loads((unpacked / MANIFEST).read_bytes())
        whole = manifest["format"] == FORMAT and "made_at" in manifest and manifest["database_sha256"] == _digest(copy)
    except (OSError, ValueError, KeyError, TypeError):
        raise CannotKeep(f"{archive} is not a backup of this gateway") from None
    if not whole:
        raise CannotKeep(f"{archive} is damaged, or of a format this version does not know: use another backup")
    revision = _revision(copy)
    if revision not in REVISIONS:
        raise SchemaTooNew(revision)
    with closing(sqlite3.connect(copy)) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise CannotKeep(f"the database in {archive} is damaged ({found}): use another backup")
    others = [path for path in _files(unpacked) if path.name not in (MANIFEST, DATABASE)]
    return Kept(len(others), sum(path.stat().st_size for path in others), revision, str(manifest["made_at"]))


def _revision(copy: Path) -> str:
    with closing(sqlite3.connect(copy)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.Error:
            row = None
    if row is None:
        raise CannotKeep("the database is not one of this gateway")
    return str(row[0])


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
