"""Kill -9 at random moments under an event load: what was acknowledged is there exactly once, nothing is invented."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.running import GATEWAY, answers, end, wait_until
from tests.seeded import seed

KILLS = 22


class Pair:
    """A gateway and the loaded worker it dials, each of which can be killed and started again."""

    def __init__(self, folder: Path, port: int, cameras: list[str]) -> None:
        self.folder, self.base_url = folder, f"http://127.0.0.1:{port}"
        self.data, self.spool, self.journal = folder / "data", folder / "spool", folder / "journal"
        self._address = f"unix:{folder}/w.sock"
        (folder / "cameras").write_text("\n".join(cameras))
        settings = {"server": {"port": port}, "workers": {"listen": [self._address]}}
        (folder / "settings.yaml").write_text(yaml.safe_dump(settings))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Starts the gateway or the worker."""
        if name == "gateway":
            command = [str(GATEWAY), "run", "--data", str(self.data), "--config", str(self.folder / "settings.yaml")]
        else:
            script = Path(__file__).with_name("loaded_worker.py")
            files = [str(self.spool), str(self.journal), str(self.folder / "cameras")]
            command = [sys.executable, str(script), self._address, *files]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "."}
            )

    def kill(self, name: str) -> None:
        """``kill -9``, now."""
        process = self.processes[name]
        assert process.poll() is None, f"the {name} ended by itself:\n{self.said(name)}"
        process.send_signal(signal.SIGKILL)
        process.wait()

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
    with sqlite3.connect(f"file:{pair.data / 'gateway.sqlite3'}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.kill
def test_every_acknowledged_event_is_there_exactly_once(tmp_path: Path, free_port: int) -> None:
    asyncio.run(seed(tmp_path / "data"))
    with sqlite3.connect(tmp_path / "data" / "gateway.sqlite3") as connection:
        cameras = [row[0] for row in connection.execute("select id from cameras order by id")]
    pair, dice = Pair(tmp_path, free_port, cameras), random.Random(20261123)
    try:
        pair.start("worker")
        pair.start("gateway")
        pair.ready()
        for _ in range(KILLS):
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
        pair.processes["worker"].send_signal(signal.SIGUSR1)
        wait_until(lambda: not any((pair.spool / "events").glob("*.json")), "every report to be acknowledged")
        judge(pair)
    finally:
        for process in pair.processes.values():
            end(process, 5)


def judge(pair: Pair) -> None:
    """Holds the journal against the database."""
    born = {line[1]: line[3] for line in pair.told("born")}
    acknowledged = {line[1] for line in pair.told("acked")}
    stored = Counter(str(row[0]) for row in rows(pair, "select id from events"))
    candidates = Counter(str(row[0]) for row in rows(pair, "select event_id from candidates"))
    assert len(acknowledged) > 500, "the load was too light to prove anything"
    assert acknowledged <= stored.keys(), f"lost: {sorted(acknowledged - stored.keys())[:5]}"
    assert set(stored.values()) == {1}
    assert set(candidates.values()) == {1}
    assert stored.keys() <= born.keys(), "an event is stored that was never born"
    assert candidates.keys() == stored.keys()
    # One fault is one piece of work: never two open maintenance tickets for one camera, never a number twice.
    open_faults = "select camera_id, category, count(*) from tickets where kind = 'maintenance' and closed_at is null"
    assert all(row[2] == 1 for row in rows(pair, f"{open_faults} group by camera_id, category"))
    numbers = [row[0] for row in rows(pair, "select number from tickets")]
    assert len(numbers) == len(set(numbers)) > 0
