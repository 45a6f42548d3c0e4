"""Marked copies: what a worker has just marked for somebody, held for them alone so that asking twice is one wait."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

from gateway.domain.exports import Region
from gateway.domain.operators import Operator
from gateway.ports import Clock, Refused, Unavailable
from gateway.services.marks import stream_words, viewer_words

HELD = timedelta(seconds=60)
"""How long a copy may be handed out again: the time that it bears is then that long ago."""
MOST_BYTES = 64 << 20
MOST_OF_ONE = 24 << 20
"""Of them, what one person's copies may take: nobody pushes out what others wait for."""


class Marker(Protocol):
    """Who writes on pictures: the workers."""

    async def mark(self, data: bytes, media_type: str, words: str, regions: Sequence[Region] = ()) -> bytes:
        """The picture with the words across it. Raises ``Unavailable`` or ``Refused``."""
        ...


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whom a copy names and what it is of: account and unit too, which may change while the person stays."""

    operator_id: str
    words: str
    path: Path


@dataclass(frozen=True, slots=True)
class _Copy:
    data: bytes
    until: datetime


class MarkedCopies:
    """Has pictures marked, and holds the clips among them for a minute. Who may have one is asked before, each time."""

    def __init__(self, marker: Marker, clock: Clock, most: int = MOST_BYTES, most_of_one: int = MOST_OF_ONE) -> None:
        self._marker, self._clock = marker, clock
        self._most, self._most_of_one = most, most_of_one
        self._held: OrderedDict[_Whose, _Copy] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def size(self) -> int:
        """What is held now."""
        return sum(len(copy.data) for copy in self._held.values())

    async def still(self, operator: Operator, path: Path) -> bytes:
        """The still with the viewer's account, unit and the time now. Raises ``Unavailable``."""
        return await self._marked(operator, path, "image/jpeg")

    async def clip(self, operator: Operator, path: Path) -> bytes:
        """The clip with the viewer's account, unit and the time, which is at most a minute ago. Raises ``Unavailable``.

        Clips of one person are made one after the other, so that who asks again while one is being made gets that one.
        """
        whose = _Whose(operator.id, stream_words(operator), path)
        turn = self._turns.setdefault(operator.id, asyncio.Lock())
        async with turn:
            self._forget_old()
            if (held := self._held.get(whose)) is not None:
                return held.data
            data = await self._marked(operator, path, "video/mp4")
            self._hold(whose, data)
            return data

    async def _marked(self, operator: Operator, path: Path, media_type: str) -> bytes:
        words = viewer_words(operator, self._clock.now())
        data = await asyncio.to_thread(path.read_bytes)
        try:
            return await self._marker.mark(data, media_type, words)
        except Refused as problem:
            raise Unavailable(f"the picture cannot be marked: {problem}") from None

    def _forget_old(self) -> None:
        now = self._clock.now()
        for whose in [whose for whose, copy in self._held.items() if copy.until <= now]:
            del self._held[whose]

    def _hold(self, whose: _Whose, data: bytes) -> None:
        """Keeps the copy within what one person's and everybody's may take; the oldest go first."""
        self._held[whose] = _Copy(data, self._clock.now() + HELD)
        own = [one for one in self._held if one.operator_id == whose.operator_id]
        for one in own:
            if sum(len(self._held[other].data) for other in own if other in self._held) > self._most_of_one:
                del self._held[one]
        while self.size > self._most:
            self._held.popitem(last=False)
