"""A clock that runs like a real one from a fixed morning, and can be pushed forward."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

from tests.integration.world import START


class MovingClock:
    """Seconds pass as they do; ``skip`` adds some."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._skipped = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=time.monotonic() - self._began + self._skipped)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def skip(self, seconds: float) -> None:
        self._skipped += seconds
