"""Lists of cameras as they were shown last, kept while nothing that they show has changed.

A thousand consoles ask for the same few lists again and again: those whom the same grants serve are shown the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.services.camera_views import CameraSummary
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.epochs import BEFORE_ALL, Scene
from gateway.storage.kept_grants import Kept
from gateway.storage.paging import Page

MOST = 20_000
"""Rows that are kept; when there are more, all are made anew."""

Summaries = Page[CameraSummary]


@dataclass(frozen=True, slots=True)
class Asked:
    """One page of one list."""

    query: CameraQuery
    after: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class _Shown:
    """A page, and the time in which the same grants were open."""

    page: Summaries
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class KeptLists:
    """Pages that were made under the newest epochs seen. Whatever changes what a page shows bumps one of them in its
    own transaction, a camera's state too; grants that open or close by themselves bound the time of a page. A page is
    shown to those alone whom the same decisions await, and never one of a group's members: who may know the group is
    asked each time.
    """

    def __init__(self) -> None:
        self._scene = BEFORE_ALL
        self._kept: dict[tuple[object, Asked], _Shown] = {}
        self._rows = 0

    def __len__(self) -> int:
        """How many pages are kept."""
        return len(self._kept)

    def known(self, scene: Scene, grants: Kept, asked: Asked, at: datetime) -> Summaries | None:
        """The page as it was made under these epochs by the same grants; None if it was not."""
        if scene != self._scene:
            return None
        shown = self._kept.get((grants.alike, asked))
        return shown.page if shown is not None and shown.holds(at) else None

    def keep(self, scene: Scene, grants: Kept, asked: Asked, at: datetime, page: Summaries) -> None:
        """Keeps what was read under these epochs, unless newer ones were seen meanwhile."""
        if asked.query.group_id is not None or not scene.follows(self._scene):
            return
        if scene != self._scene or self._rows + _rows(page) > MOST:
            self._scene, self._kept, self._rows = scene, {}, 0
        before = self._kept.get((grants.alike, asked))
        self._kept[grants.alike, asked] = _Shown(page, at, grants.held.turns(at))
        self._rows += _rows(page) - (0 if before is None else _rows(before.page))


def _rows(page: Summaries) -> int:
    """How much room a page takes: one that shows nothing has a question to keep, too."""
    return max(1, len(page.items))
