"""Gathering: what comes in within a few milliseconds is committed together, and everyone waits for the one commit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

GATHER_SECONDS = 0.008
MOST = 200
"""Items of one commit."""


class Gathering(Generic[Item, Outcome]):
    """``commit`` is given the items that wait and returns one outcome for each, an exception for one that failed.

    There is no task in the background: whoever's turn it is commits for all who wait. One who is cancelled in the
    middle leaves the others' items to the next in turn; if the commit fails, it fails for everybody in it.
    """

    def __init__(self, commit: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome | Exception]]]) -> None:
        self._commit = commit
        self._turn = asyncio.Lock()
        self._waiting: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()

    async def add(self, item: Item) -> Outcome:
        """The item's outcome, once it is committed. Raises what the commit raised."""
        mine: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        entry = (item, mine)
        self._waiting.append(entry)
        try:
            async with self._turn:
                if not mine.done():
                    await asyncio.sleep(GATHER_SECONDS)
                while not mine.done():
                    await self._commit_some()
        except BaseException:
            mine.cancel()
            raise
        return mine.result()

    async def _commit_some(self) -> None:
        batch: list[tuple[Item, asyncio.Future[Outcome]]] = []
        while self._waiting and len(batch) < MOST:
            entry = self._waiting.popleft()
            if not entry[1].done():  # who was cancelled wants nothing any more
                batch.append(entry)
        try:
            outcomes = await self._commit([item for item, _ in batch])
        except Exception as problem:
            for _, future in batch:
                if not future.done():
                    future.set_exception(problem)
            return
        except BaseException:
            self._waiting.extendleft(reversed(batch))
            raise
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
