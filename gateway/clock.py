"""The real clock, and identifiers that carry its time."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime

from gateway.domain.ids import ENTROPY_BYTES, uuid7
from gateway.ports import Clock


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current moment, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Waits that long."""
        await asyncio.sleep(seconds)


def new_id(clock: Clock) -> str:
    """A fresh UUIDv7 of this moment."""
    return uuid7(clock.now(), secrets.token_bytes(ENTROPY_BYTES))
