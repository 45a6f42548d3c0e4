"""Listening: a console hears that something changed, but only of things that its operator may know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.messages import Message, Topic
from gateway.domain.operators import Operator
from gateway.services import export_views
from gateway.services.office import Caller, Office
from gateway.storage import epochs, sessions
from gateway.storage import notices as notice_rows
from gateway.storage import tickets as ticket_rows
from gateway.storage.reaching import reach
from gateway.storage.tables import cameras, candidates, notices, tickets
from gateway.storage.upserting import chunks

log = structlog.get_logger(__name__)

MAX_IDS = 500
"""Ids that wait for one console and topic; beyond it the console is told to ask for everything."""
GATHER_SECONDS = 0.03
POLL_SECONDS = 1.0
"""How often the permission epoch is read, to find out which listening sessions have ended."""
CHECK_SECONDS = 30.0
"""How often all are asked anyway: a session or an account may end by its own time, which changes no epoch."""
AT_ONCE = 2
"""Consoles that are told something at the same time. A bell that concerns a thousand must leave the database to those
who ask for a list meanwhile."""
_TOLD = frozenset(set(Topic) - {Topic.ASSIGNMENTS})


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

    def take(self) -> list[tuple[Topic, list[str], bool]]:
        """What waited: topic, ids, and whether everything of the topic is to be asked for."""
        waiting, self._waiting = self._waiting, {}
        whole, self._whole = self._whole, set()
        self.some.clear()
        return [(topic, list(ids), topic in whole) for topic, ids in waiting.items()]


class Listening:
    """Hands messages to consoles. ``run`` must run while anybody listens."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._ears: set[Ear] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)
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
        await asyncio.sleep(GATHER_SECONDS)
        if ear.over:
            return None
        async with self._turn, self._office.store.read() as conn:
            now = self._office.clock.now()
            live = await sessions.live_by_id(conn, ear.caller.session_id, now)
            if live is None:
                return None
            told: list[tuple[Topic, list[str]]] = []
            for topic, ids, whole in ear.take():
                known = await self._known(conn, live[1], topic, ids)
                if known or whole or topic in (Topic.GRANTS, Topic.PERMISSIONS):
                    told.append((topic, [] if whole else known))
        self.tally.told += len(told)
        return told

    async def _known(self, conn: AsyncConnection, operator: Operator, topic: Topic, ids: Sequence[str]) -> list[str]:
        """Those of the ids that the operator may know of; grants are never named."""
        at = self._office.clock.now()
        scope: ColumnElement[bool]
        match topic:
            case Topic.CAMERAS:
                column, scope = cameras.c.id, (await reach(conn, operator, Action.DIRECTORY, at)).condition()
            case Topic.CANDIDATES:
                column = candidates.c.id
                events = await reach(conn, operator, Action.SEE_EVENTS, at)
                seen = select(cameras.c.id).where(events.condition())
                scope = candidates.c.camera_id.in_(seen)
            case Topic.TICKETS:
                column, scope = tickets.c.id, await ticket_rows.visible(conn, operator, at)
            case Topic.EXPORTS:
                return await export_views.known(conn, operator, ids, at)
            case Topic.NOTICES:
                column, scope = notices.c.id, notice_rows.readable(operator)
            case _:
                return []
        found: list[str] = []
        for chunk in chunks(ids):
            found += (await conn.scalars(select(column).where(column.in_(chunk), scope))).all()
        return found
