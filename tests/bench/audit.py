"""Verifying ten million lines of the audit, in parallel, with columns, hashes and typed texts.

The chain is written in bulk by the same functions that the gateway writes one line with; one line in fifty carries a
typed text. What is timed is what `gateway audit verify --no-views` does.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.domain.audit import GENESIS, SALT_BYTES, canonical, chained, commitment
from gateway.services.verifying import verify
from gateway.storage.migrating import migrate
from gateway.storage.store import database_url, sqlite_url

LINES = int(os.environ.get("AUDIT_BENCH_LINES", "10000000"))
TYPED_EVERY = 50
FIRST = 1_772_353_800
ACTOR = "01a20000-0000-7000-8000-000000000007"
KEY = "audit_verify_10m_s"


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """Seconds for ten million lines."""
    with TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "gateway.sqlite3"
        asyncio.run(migrate(database_url(sqlite_url(file))))
        began = time.monotonic()
        _write(file)
        size = file.stat().st_size / 1e9
        sys.stderr.write(f"{LINES} lines written in {time.monotonic() - began:.0f} s, {size:.1f} GB\n")
        report = verify(database_url(sqlite_url(file)), frozenset())
        if report.findings or report.lines != LINES:
            raise RuntimeError(f"the chain should hold: {report.findings[:1]}, {report.lines} lines")
        yield {"key": KEY, "value": round(report.seconds * 10_000_000 / LINES, 1), "unit": "s"}


def _write(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        (trigger,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'audit_entries_kept_insert'"
        ).fetchone()
        connection.execute("DROP TRIGGER audit_entries_kept_insert")
        texts: list[tuple[object, ...]] = []
        connection.executemany("INSERT INTO audit_entries VALUES (?,?,?,?,?,?,?,?,?,?)", _lines(texts))
        connection.executemany(
            "INSERT INTO audit_texts (id, chain, seq, field, salt, text) VALUES (?,?,?,?,?,?)", texts
        )
        connection.execute(trigger)
        connection.commit()


def _lines(texts: list[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """Every line of the chain; most are made by a template that is checked against ``canonical`` first."""
    previous, digest = GENESIS, hashlib.sha256
    for seq in range(1, LINES + 1):
        second, micros = FIRST + seq // 4, seq % 1_000_000
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)) + f".{micros:06d}+00:00"
        thing, typed = f"01a20000-0000-7000-8000-{seq:012d}", ""
        if seq % TYPED_EVERY == 0:
            salt, text = os.urandom(SALT_BYTES), f"巡查 sample {seq}"
            typed = f',"typed":{{"reason":"{commitment(salt, text)}"}}'
            texts.append((thing, "gw1", seq, "reason", salt, text))
        line = (
            f'{{"action":"change_camera","actor":"{ACTOR}","at":"{at}","chain":"gw1",'
            f'"detail":{{"fields":["name_zh","purposes"]}},"object":["camera","{thing}"],"seq":{seq}{typed}}}'
        ).encode()
        if seq == 1:
            _check_template(line, thing, second, micros)
        entry = digest(previous + line).digest()
        yield "gw1", seq, second * 1_000_000 + micros, ACTOR, "change_camera", "camera", thing, line, previous, entry
        previous = entry


def _check_template(line: bytes, thing: str, second: int, micros: int) -> None:
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(second, UTC).replace(microsecond=micros)
    detail = {"fields": ["name_zh", "purposes"]}
    written = canonical("gw1", 1, at, ACTOR, "change_camera", "camera", thing, detail)
    if line != written or chained(GENESIS, line) != hashlib.sha256(GENESIS + line).digest():
        raise RuntimeError("the template is not what the gateway writes")
