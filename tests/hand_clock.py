"""A clock that stands still unless it is slept on."""

import asyncio
from datetime import UTC, datetime, timedelta


class HandClock:
    """Time passes only by ``advance`` and by sleeping; sleeping takes no real time."""

    def __init__(self, at: float = 1_800_000_000.0) -> None:
        self._now = datetime.fromtimestamp(at, UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
