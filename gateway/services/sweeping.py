"""Sweeping: whatever must happen later (starts, endings, reminders, deletions) is looked for in the database by rounds.

A sweep is idempotent and may run on every gateway at once: what it changes it changes only where it is still due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.ports import Unavailable
from gateway.services.office import Office

log = structlog.get_logger(__name__)

EVERY_SECONDS = 20.0
PATIENCE_SECONDS = 300.0
"""How long one sweep may take: a database that hangs must not keep the others from their turn for ever."""

Sweep = Callable[[Office, datetime], Awaitable[None]]


@dataclass(slots=True)
class SweepTally:
    """Counts of one sweep since the start."""

    runs: int = 0
    failures: int = 0


class Sweeping:
    """Runs named sweeps one after the other, now and every ``EVERY_SECONDS``, until cancelled.

    One that fails is logged and counted, and tried again in the next round; it never keeps the others from running.
    """

    def __init__(self, office: Office, sweeps: Mapping[str, Sweep]) -> None:
        self._office = office
        self._sweeps = sweeps
        self.tally = {name: SweepTally() for name in sweeps}

    async def run(self) -> None:
        """Sweeps until cancelled."""
        while True:
            await self.round()
            await self._office.clock.sleep(EVERY_SECONDS)

    async def round(self) -> None:
        """Every sweep once."""
        for name, sweep in self._sweeps.items():
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await sweep(self._office, self._office.clock.now())
                self.tally[name].runs += 1
            except (SQLAlchemyError, OSError, Unavailable) as problem:
                self.tally[name].failures += 1
                log.error("a sweep failed", sweep=name, problem=str(problem))
