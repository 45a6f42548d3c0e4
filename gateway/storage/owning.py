"""Whose the files of the data folder are: a command that is run as root leaves none that the service cannot read."""

from __future__ import annotations

import os
from pathlib import Path


def give(descriptor: int, data: Path) -> None:
    """Gives an open file or folder to the owner of the data folder, if we are root.

    It must have been opened without following a link: the owner of the folder may have put one there.
    """
    if os.geteuid() != 0:
        return
    owner, held = data.stat(), os.fstat(descriptor)
    if (held.st_uid, held.st_gid) != (owner.st_uid, owner.st_gid):
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def make_given(folder: Path, data: Path) -> bool:
    """Makes a folder in the data folder unless it is there, and gives it to its owner; True if it was made."""
    made = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        give(descriptor, data)
    finally:
        os.close(descriptor)
    return made


def sync_folder(folder: Path) -> None:
    """Waits until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
