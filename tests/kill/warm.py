"""A process that has read all modules and forks itself into whatever it is told to run: that is there in a moment.

A gateway spends seconds on reading its modules, and a test that kills dozens of them would mostly wait for that.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.running import ROOT

READ = ("gateway.app.running", "gateway.app.working", "tests.kill.loaded_worker")


@dataclass
class Forked:
    """A process that somebody else forked."""

    pid: int
    handle: int

    def ended(self, seconds: float = 0) -> bool:
        """True if it has ended, at the latest after so many seconds."""
        return bool(select.select([self.handle], [], [], seconds)[0])

    def send(self, word: signal.Signals) -> None:
        """Sends it a signal."""
        signal.pidfd_send_signal(self.handle, word)


@dataclass
class Warm:
    """The process that forks."""

    told: IO[str]
    tells: IO[str]

    def run(self, module: str, arguments: list[str], log: Path) -> Forked:
        """As ``python -m module arguments``, printing to the end of that file."""
        self.told.write(json.dumps([module, arguments, str(log)]) + "\n")
        self.told.flush()
        pid = int(self.tells.readline())
        return Forked(pid, os.pidfd_open(pid))


@contextmanager
def warmed() -> Iterator[Warm]:
    """A process that forks until the block ends."""
    command = [sys.executable, "-m", "tests.kill.warm"]
    # More threads than one would not survive a fork.
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env
    ) as process:
        assert process.stdin
        assert process.stdout
        yield Warm(process.stdin, process.stdout)


def _fork_when_told() -> None:
    for name in READ:
        importlib.import_module(name)
    gc.freeze()
    # Nobody waits for those that end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        module, arguments, log = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(module, arguments, log)
        print(pid, flush=True)


def _become(module: str, arguments: list[str], log: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    printed = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for given, number in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(given, number)
    sys.argv = [module, *arguments]
    status = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _fork_when_told()
