"""The processes that run beside the gateway: its workers, and the sample cameras."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.app.footing import CannotRun, command
from gateway.fleet.address import LinkAddress
from gateway.settings import Settings

_SOCKET_PATH_MAX = 100
"""Bytes; the kernel takes 108."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A child process, and where it listens if the gateway dials it."""

    name: str
    argv: Sequence[str]
    address: LinkAddress | None = None


def workers_of(settings: Settings) -> list[Companion]:
    """The workers to start. Raises ``CannotRun`` if the data folder's path is too long for a socket."""
    return [_worker(settings, f"w{number}") for number in range(1, settings.workers.children + 1)]


def _worker(settings: Settings, name: str) -> Companion:
    data = settings.data
    path = str((data / "run" / f"{name}.sock").absolute())
    if len(os.fsencode(path)) > _SOCKET_PATH_MAX:
        raise CannotRun(f"the path of the data folder is too long to hold the socket {path}: choose a shorter one")
    spool = str(data / "spool" / name)
    argv = command("worker", "--listen", f"unix:{path}", "--spool", spool, "--id", name, "--while-parent")
    reserve = ("--reserve-mb", str(settings.evidence.reserve_mb))
    return Companion(f"worker {name}", (*argv, *reserve), LinkAddress(path=path))


def sample_cameras_of(settings: Settings, folder: Path, password_file: Path) -> Companion:
    """The sample cameras."""
    control = (settings.data / "run" / "cameras.sock").absolute()
    argv = command("sample-cameras", "--config-dir", str(folder), "--password-file", str(password_file))
    return Companion("sample cameras", (*argv, "--control", f"unix:{control}", "--while-parent"))
