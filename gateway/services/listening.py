"""Listening: a console hears that something changed, but only of things that its operator may know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.messages import Message, Topic
from gateway.services.knowing import Changed, known_of
from gateway.services.office import Caller, Office
from gateway.storage import epochs, sessions

log = structlog.get_logger(__name__)

MAX_IDS = 500
"""Ids that wait for one console and topic; beyond it the console is told to ask for everything."""
GATHER_SECONDS = 0.03
POLL_SECONDS = 1.0
"""How often the permission epoch is read, to find out which listening sessions have ended."""
CHECK_SECONDS = 30.0
"""How often all are asked anyway: a session or an account may end by its own time, which changes no epoch."""
AT_ONCE = 50
"""Consoles that are answered from one reading."""
BREATH_SECONDS = 0.02
"""What lies between two readings: a bell that concerns a thousand must leave time to those who ask for a list."""
_TOLD = frozenset(set(Topic) - {Topic.ASSIGNMENTS})


Waiting = list[tuple[Topic, list[str], bool]]
"""Topic, ids, and whether everything of the topic is to be asked for."""
Said = asyncio.Future[list[tuple[Topic, list[str]]] | None]
"""What a console is going to be told."""


@dataclass(slots=True)
class ListeningTally:
    """Counts since the start."""

    told: int = 0
    overflows: int = 0


class Ear:
    """What waits for one console."""

    def __init__(self, caller: Caller, tally: ListeningTally) -> None:
        self.caller = caller
        self._tally = tally
        self._waiting: dict[Topic, dict[str, None]] = {}
        self._whole: set[Topic] = set()
        self.some = asyncio.Event()
        self.over = False

    @property
    def depth(self) -> int:
        """Ids that wait."""
        return sum(map(len, self._waiting.values()))

    def add(self, message: Message) -> None:
        """Keeps what changed; ids that do not fit become "everything"."""
        topic = message.topic
        ids = self._waiting.setdefault(topic, {})
        ids.update(dict.fromkeys(message.ids))
        if len(ids) > MAX_IDS or not message.ids:
            self._tally.overflows += len(ids) > MAX_IDS
            ids.clear()
            self._whole.add(topic)
        self.some.set()

    def end(self) -> None:
        """Its session has ended: it hears nothing more."""
        self.over = True
        self.some.set()

    def take(self) -> Waiting:
        """What waited."""
        waiting, self._waiting = self._waiting, {}
        whole, self._whole = self._whole, set()
        self.some.clear()
        return [(topic, list(ids), topic in whole) for topic, ids in waiting.items()]


class Listening:
    """Hands messages to consoles. ``run`` must run while anybody listens."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._ears: set[Ear] = set()
        self._due: list[tuple[Ear, Said]] = []
        """Consoles that wait for an answer: never more than there are ears."""
        self._some_due = asyncio.Event()
        self._doubt = asyncio.Event()
        self.tally = ListeningTally()

    @property
    def figures(self) -> tuple[int, int, int]:
        """Consoles that listen, the deepest queue, and how often one overflowed."""
        return len(self._ears), max((ear.depth for ear in self._ears), default=0), self.tally.overflows

    async def run(self) -> None:
        """Hands on every message, and lets nobody listen whose session has ended, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            group.create_task(self._tell())
            async with self._office.bus.subscribe() as messages:
                async for message in messages:
                    if message.topic is Topic.PERMISSIONS:
                        self._doubt.set()
                    if message.topic in _TOLD:
                        for ear in self._ears:
                            ear.add(message)

    async def _watch(self) -> None:
        """Asks after all sessions at once: when bell or epoch say that one may have ended, and now and then."""
        asked_at, known = self._office.clock.now(), -1
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._doubt.wait()
            self._doubt.clear()
            now = self._office.clock.now()
            try:
                async with self._office.store.read() as conn:
                    epoch = await epochs.get(conn, epochs.PERMISSION)
                    if epoch == known and (now - asked_at).total_seconds() < CHECK_SECONDS:
                        continue
                    ears = list(self._ears)
                    living = await sessions.living(conn, {ear.caller.session_id for ear in ears}, now)
            except (SQLAlchemyError, OSError) as problem:
                log.error("listening sessions could not be asked after", problem=str(problem))
                continue
            asked_at, known = now, epoch
            for ear in ears:
                if ear.caller.session_id not in living:
                    ear.end()

    @asynccontextmanager
    async def listen(self, caller: Caller) -> AsyncIterator[Ear]:
        """An ear for the length of the block."""
        ear = Ear(caller, self.tally)
        self._ears.add(ear)
        try:
            yield ear
        finally:
            self._ears.discard(ear)

    async def next(self, ear: Ear) -> list[tuple[Topic, list[str]]] | None:
        """What to tell the console next, cut to what its operator may know; None when its session has ended."""
        await ear.some.wait()
        if ear.over:
            return None
        said: Said = asyncio.get_running_loop().create_future()
        self._due.append((ear, said))
        self._some_due.set()
        return await said

    async def _tell(self) -> None:
        """Answers the consoles for which something waits, a few at a time: lists and pictures go on meanwhile."""
        while True:
            await self._some_due.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._some_due.clear()
            due, self._due = self._due, []
            for first in range(0, len(due), AT_ONCE):
                if first:
                    await asyncio.sleep(BREATH_SECONDS)
                await self._answer([(ear, said) for ear, said in due[first : first + AT_ONCE] if not said.done()])

    async def _answer(self, due: Sequence[tuple[Ear, Said]]) -> None:
        try:
            told = await self._told([ear for ear, _ in due])
        except (SQLAlchemyError, OSError) as problem:
            for _, said in due:
                if not said.done():
                    said.set_exception(problem)
            return
        for (_, said), one in zip(due, told, strict=True):
            if not said.done():
                said.set_result(one)

    async def _told(self, ears: Sequence[Ear]) -> list[list[tuple[Topic, list[str]]] | None]:
        async with self._office.store.read() as conn:
            now = self._office.clock.now()
            live = await sessions.live_many(conn, {ear.caller.session_id for ear in ears}, now)
            taken = [ear.take() if ear.caller.session_id in live else None for ear in ears]
            asking = [
                (live[ear.caller.session_id], {topic: ids for topic, ids, _ in waited})
                for ear, waited in zip(ears, taken, strict=True)
                if waited is not None
            ]
            known = iter(await known_of(conn, self._office.store, asking, now))
        told = [None if waited is None else _cut(waited, next(known)) for waited in taken]
        self.tally.told += sum(len(one) for one in told if one)
        return told


def _cut(waited: Waiting, known: Changed) -> list[tuple[Topic, list[str]]]:
    told: list[tuple[Topic, list[str]]] = []
    for topic, _, whole in waited:
        ids = list(known.get(topic, ()))
        if ids or whole or topic in (Topic.GRANTS, Topic.PERMISSIONS):
            told.append((topic, [] if whole else ids))
    return told
