"""What a view is: the wish for it, the lease it runs under, and what is counted of all views."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.conditions import Condition, obstacle
from gateway.domain.packets import StreamKey, StreamKind
from gateway.services.marks import stream_words
from gateway.services.office import Caller


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to look at, how and why. ``purpose`` None means the session's shift purpose."""

    camera_id: str
    action: Action
    transport: str
    stream: StreamKind | None = None
    purpose: str | None = None
    reason: str = ""
    ticket_id: str | None = None
    wall: bool = False
    """One of many pictures of a wall or a tour."""

    def hindered_by(self, conditions: frozenset[Condition]) -> Condition | None:
        """The condition under which the wished for picture may not be shown; None if it may."""
        return obstacle(conditions, self.stream is StreamKind.MAIN)

    @property
    def moving(self) -> bool:
        """True for live pictures and clips. Single pictures are marked for everybody, as they are made."""
        return self.transport not in ("jpeg", "evidence-still")

    @property
    def kept(self) -> bool:
        """True for clips: a file that stays with whoever took it, so it names them, under whatever conditions."""
        return self.transport == "evidence-clip"


@dataclass(slots=True, eq=False)
class Lease:
    """A running view. The transport counts ``bytes`` and stops as soon as ``end`` is called on it."""

    view_id: str
    caller: Caller
    camera: Camera
    wish: Wish
    purpose: str
    epoch: int
    until: datetime | None
    conditions: frozenset[Condition]
    marked: bool = False
    """True if the viewer's account, unit and the time are burned into every picture of it."""
    bytes: int = 0
    code: str = ""
    message: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    on_end: list[Callable[[str, str], None]] = field(default_factory=list)

    @property
    def shown(self) -> StreamKey:
        """The stream that is sent; marked pictures are made of the sub stream."""
        kind = StreamKind.SUB if self.marked else self.wish.stream or StreamKind.SUB
        return StreamKey(self.wish.camera_id, kind)

    @property
    def words(self) -> str:
        """What a worker burns into the live pictures, and beside it the time; "" if it leaves them as they are."""
        return stream_words(self.caller.operator) if self.marked else ""

    def end(self, code: str, message: str) -> None:
        """Ends the view for everyone who carries it; the first reason counts."""
        if self.over.is_set():
            return
        self.code, self.message = code, message
        self.over.set()
        for hear in self.on_end:
            hear(code, message)


@dataclass(slots=True)
class ViewingTally:
    """Counts since the start."""

    opened: int = 0
    refused: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    checks: int = 0
    failures: int = 0
    unclosed_dropped: int = 0
