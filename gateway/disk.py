"""Room on the disk: files of evidence stop short of its end, because the database beside them must go on growing.

A view needs its record and an event its row; a still does not need to be kept. So the last part of a disk belongs to
the database: whoever writes bulk asks here first.
"""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

FULL = "disk full"
"""What is said of a file that was not kept for want of room, on both sides of the link."""
RESERVE_MB = 512
SMALL_DISK_SHARE = 10
"""On a small disk the reserve is at most this part (one in so many) of it."""


class DiskFull(OSError):
    """The file would take room that is left free for the database."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, FULL)


@dataclass(frozen=True, slots=True)
class Reserve:
    """How many bytes of a disk bulky files leave free."""

    bytes: int = RESERVE_MB << 20

    def refuses(self, folder: Path, wanted: int) -> bool:
        """Whether a file of ``wanted`` bytes in ``folder`` (or where it will be made) would use the reserve."""
        usage = shutil.disk_usage(_existing(folder))
        return usage.free - wanted < min(self.bytes, usage.total // SMALL_DISK_SHARE)

    def check(self, folder: Path, wanted: int) -> None:
        """Raises ``DiskFull`` if such a file would use the reserve."""
        if self.refuses(folder, wanted):
            raise DiskFull


DEFAULT_RESERVE = Reserve()


def is_full(problem: OSError) -> bool:
    """Whether it was for want of room that a file was not written."""
    return problem.errno in (errno.ENOSPC, errno.EDQUOT)


def _existing(folder: Path) -> Path:
    return next((place for place in (folder, *folder.absolute().parents) if os.path.isdir(place)), Path("/"))
