"""A clock that a test sets for a gateway in its own process: it goes as the machine's does, but so much ahead."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).with_name("steered")


@dataclass
class SteeredClock:
    """How far the gateway's clock is ahead, in a file that the gateway reads whenever it asks for the time."""

    file: Path
    ahead: timedelta = timedelta()

    def set_to(self, moment: datetime) -> None:
        """Makes it that moment now."""
        self.ahead = moment - datetime.now(UTC)
        with self.file.open("r+b" if self.file.exists() else "wb") as opened:
            opened.write(struct.pack("d", self.ahead.total_seconds()))

    def now(self) -> datetime:
        """What the gateway takes for the present."""
        return datetime.now(UTC) + self.ahead

    def env(self) -> dict[str, str]:
        """The environment in which a gateway goes by this clock."""
        return {"PYTHONPATH": str(FOLDER), "STEERED_CLOCK": str(self.file), "OMP_NUM_THREADS": "1"}
