"""The office: what every use case of the desk works with, and who is asking."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.disk import DEFAULT_RESERVE, Reserve
from gateway.domain.accounts import DEFAULT_RULES, AccountRules, Hold
from gateway.domain.audit import SHA256
from gateway.domain.deadlines import DEFAULT_CALENDAR, Calendar
from gateway.domain.district import ANY_DISTRICT, District
from gateway.domain.exports import DEFAULT_CAPS, ExportCaps
from gateway.domain.ids import ENTROPY_BYTES, uuid7
from gateway.domain.messages import Message, Topic
from gateway.domain.operators import Operator
from gateway.ports import Bus, Clock
from gateway.services.kept_lists import KeptLists
from gateway.services.touching import Touches
from gateway.storage import auditing
from gateway.storage.epochs import BEFORE_ALL, Scene
from gateway.storage.secrets import SecretBox
from gateway.storage.store import Store

SYSTEM = "system"
"""The actor's name when the gateway itself does something."""


@dataclass(frozen=True, slots=True)
class Office:
    """The store, the clock, the doorbell, this gateway's name (also the name of its audit chain), the data folder,
    the box that seals secrets, the calendar, how much of the disk is left to the database, what is
    the district's own, and what is demanded of accounts.
    """

    store: Store
    clock: Clock
    bus: Bus
    gateway_id: str
    data: Path
    box: SecretBox
    calendar: Calendar = DEFAULT_CALENDAR
    reserve: Reserve = DEFAULT_RESERVE
    district: District = ANY_DISTRICT
    rules: AccountRules = DEFAULT_RULES
    hashing: str = SHA256
    """The algorithm of new audit lines."""
    exports: ExportCaps = DEFAULT_CAPS
    """How much one export may hold, and for how long it can be fetched."""
    touches: Touches = field(default_factory=Touches, compare=False, repr=False)
    lists: KeptLists = field(default_factory=KeptLists, compare=False, repr=False)

    def new_id(self) -> str:
        """A fresh identifier that sorts by birth."""
        return new_id(self.clock.now())

    async def ring(self, topic: Topic, *ids: str) -> None:
        """Tells every gateway that something changed; called after the commit."""
        await self.bus.publish(Message(topic, ids, self.gateway_id))

    async def note(
        self,
        conn: AsyncConnection,
        at: datetime,
        actor: str,
        action: str,
        kind: str,
        object_id: str,
        *,
        typed: Mapping[str, str] | None = None,
        **detail: Any,
    ) -> int:
        """Appends an audit entry in the caller's transaction; returns the number of its line.

        What a person typed (a reason, a name, a note, a file's name) goes into ``typed`` and never into the detail:
        it is kept beside the chain and can be erased by law.
        """
        chain, algorithm = self.gateway_id, self.hashing
        return await auditing.append(conn, chain, at, actor, action, kind, object_id, detail, typed, algorithm)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the operator, the session, its purpose, the address it came from, what holds it, and (for another
    purpose than the shift's own) why: a reason or a ticket. ``scene`` are the epochs that were read with the session.
    """

    operator: Operator
    session_id: str
    purpose: str | None
    remote: str = ""
    hold: Hold | None = None
    ground: str = ""
    ground_ticket: str | None = None
    scene: Scene = BEFORE_ALL


def new_id(at: datetime) -> str:
    """A fresh identifier born at that time."""
    return uuid7(at, os.urandom(ENTROPY_BYTES))
