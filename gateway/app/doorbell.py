"""The doorbell that the settings name: the process's own, or Redis, whose client is imported only where it is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

from gateway.bus.local import LocalBus
from gateway.clock import SystemClock
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.bus.redis import RedisBus

Carrier: TypeAlias = "LocalBus | RedisBus"


@asynccontextmanager
async def open_bus(settings: Settings) -> AsyncIterator[Carrier]:
    """The doorbell these settings name."""
    if settings.redis is None:
        yield LocalBus()
        return
    from gateway.bus.redis import open_redis_bus

    async with open_redis_bus(settings.redis, SystemClock()) as bus:
        yield bus
