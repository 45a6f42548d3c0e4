"""Kill -9 at random moments under an event load: what was acknowledged is there exactly once, nothing is invented."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import asyncpg
import pytest
import yaml

from tests.contract.conftest import empty_postgres, postgres
from tests.kill.loaded_worker import STILL
from tests.kill.warm import Forked, Warm, warmed
from tests.running import ROOT, answers, wait_until
from tests.seeded import seed

KILLS = 22
KILLS_ON_POSTGRESQL = 8
__all__ = ["empty_postgres", "postgres"]


class Pair:
    """A gateway and the loaded worker it dials, each of which can be killed and started again."""

    def __init__(self, warm: Warm, folder: Path, port: int, cameras: list[str], database: str | None) -> None:
        self._warm = warm
        self.folder, self.base_url, self.database = folder, f"http://127.0.0.1:{port}", database
        self.data, self.spool, self.journal = folder / "data", folder / "spool", folder / "journal"
        self._address = f"unix:{folder}/w.sock"
        (folder / "cameras").write_text("\n".join(cameras))
        settings = {"server": {"port": port}, "workers": {"listen": [self._address]}, "database": database}
        (folder / "settings.yaml").write_text(yaml.safe_dump(settings))
        self.processes: dict[str, Forked] = {}

    def start(self, name: str) -> None:
        """Starts the gateway or the worker."""
        if name == "gateway":
            module = "gateway"
            arguments = ["run", "--data", str(self.data), "--config", str(self.folder / "settings.yaml")]
        else:
            module = "tests.kill.loaded_worker"
            arguments = [self._address, *map(str, (self.spool, self.journal, self.folder / "cameras"))]
        self.processes[name] = self._warm.run(module, arguments, self.folder / f"{name}.log")

    def kill(self, name: str) -> None:
        """``kill -9``, now."""
        process = self.processes[name]
        assert not process.ended(), f"the {name} ended by itself:\n{self.said(name)}"
        process.send(signal.SIGKILL)
        wait_until(lambda: process.ended(1), f"the {name} to be gone")

    def end(self) -> None:
        """Ends both that are left."""
        for process in self.processes.values():
            if not process.ended():
                process.send(signal.SIGINT)
            if not process.ended(5):
                process.send(signal.SIGKILL)

    def said(self, name: str) -> str:
        """The end of what a process printed."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def ready(self) -> None:
        """Waits until the gateway answers again."""
        wait_until(lambda: answers(self.base_url), "the gateway to answer")

    def told(self, word: str) -> list[list[str]]:
        """The journal's lines that begin with this word."""
        lines = (line.split() for line in self.journal.read_text().splitlines())
        return [line for line in lines if line and line[0] == word]


def rows(pair: Pair, query: str) -> list[tuple[object, ...]]:
    """What the gateway's database answers."""
    if pair.database is not None:
        return asyncio.run(_asked(pair.database, query))
    with sqlite3.connect(f"file:{pair.data / 'gateway.sqlite3'}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


async def _asked(database: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(database)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


@pytest.mark.kill
def test_every_acknowledged_event_is_there_exactly_once(tmp_path: Path, free_port: int) -> None:
    killed(tmp_path, free_port, None, KILLS)


@pytest.mark.kill
def test_every_acknowledged_event_is_there_exactly_once_in_postgresql(
    tmp_path: Path, free_port: int, empty_postgres: str
) -> None:
    killed(tmp_path, free_port, empty_postgres, KILLS_ON_POSTGRESQL)


def killed(folder: Path, port: int, database: str | None, kills: int) -> None:
    """Kills gateway and worker at random moments that many times, and judges what is left."""
    asyncio.run(seed(folder / "data", database))
    cameras = yaml.safe_load((ROOT / "config" / "sample" / "cameras.yaml").read_text("utf-8"))["cameras"]
    with warmed() as warm:
        pair = Pair(warm, folder, port, sorted(camera["id"] for camera in cameras), database)
        try:
            killed_at_random(pair, kills)
            judge(pair)
        finally:
            pair.end()


def killed_at_random(pair: Pair, kills: int) -> None:
    """Kills under load, then lets all that is still on its way arrive."""
    dice = random.Random(20261123)
    pair.start("worker")
    pair.start("gateway")
    pair.ready()
    for _ in range(kills):
        acked = len(pair.told("acked"))
        wait_until(lambda before=acked: len(pair.told("acked")) > before, "events to be acknowledged")
        time.sleep(dice.uniform(0.0, 0.8))
        victims = dice.choice([["gateway"], ["worker"], ["gateway", "worker"]])
        for name in victims:
            pair.kill(name)
        time.sleep(dice.uniform(0.0, 0.3))
        for name in reversed(victims):
            pair.start(name)
        pair.ready()
    pair.processes["worker"].send(signal.SIGUSR1)
    wait_until(lambda: not any((pair.spool / "events").glob("*.json")), "every report to be acknowledged")
    kept = pair.spool / "evidence"
    wait_until(lambda: not any(kept.glob("*.jpg")), "every still to be acknowledged")


def judge(pair: Pair) -> None:
    """Holds the journal against the database."""
    born = {line[1]: line[3] for line in pair.told("born")}
    acknowledged = {line[1] for line in pair.told("acked")}
    stored = Counter(str(row[0]) for row in rows(pair, "select id from events"))
    candidates = Counter(str(row[0]) for row in rows(pair, "select event_id from candidates"))
    assert len(acknowledged) > 200, "the load was too light to prove anything"
    assert acknowledged <= stored.keys(), f"lost: {sorted(acknowledged - stored.keys())[:5]}"
    assert set(stored.values()) == {1}
    assert set(candidates.values()) == {1}
    assert stored.keys() <= born.keys(), "an event is stored that was never born"
    assert candidates.keys() == stored.keys()
    # One fault is one piece of work: never two open maintenance tickets for one camera, never a number twice.
    open_faults = "select camera_id, category, count(*) from tickets where kind = 'maintenance' and closed_at is null"
    assert all(row[2] == 1 for row in rows(pair, f"{open_faults} group by camera_id, category"))
    # A fault that is over is noted once in its ticket, however often its end was reported.
    ended = rows(pair, "select camera_id from events where fault and state = 'closed' and extends_id is null")
    noted = rows(
        pair,
        "select tickets.camera_id from ticket_moves join tickets on tickets.id = ticket_moves.ticket_id "
        "where ticket_moves.operation = 'note'",
    )
    assert Counter(noted) == Counter(ended)
    assert ended
    # Evidence: what was acknowledged is there once with its file, and nothing that was never made.
    stored_pieces = rows(pair, "select event_id, kind, path from evidence where path <> ''")
    pieces = Counter((str(event_id), str(kind)) for event_id, kind, _ in stored_pieces)
    kept = {(line[1], line[2]) for line in pair.told("kept")}
    assert kept
    assert kept <= pieces.keys(), f"lost: {sorted(kept - pieces.keys())[:5]}"
    assert set(pieces.values()) == {1}
    assert pieces.keys() <= {(line[1], line[2]) for line in pair.told("made")}
    assert {(pair.data / "evidence" / str(path)).read_bytes() for _, _, path in stored_pieces} == {STILL}
    numbers = [row[0] for row in rows(pair, "select number from tickets")]
    assert len(numbers) == len(set(numbers)) > 0
