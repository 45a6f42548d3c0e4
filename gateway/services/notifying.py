"""Notifying: telling people what concerns them, once, and showing each what they were told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.messages import Topic
from gateway.domain.notices import Notice, Recipient
from gateway.services.office import Caller, Office, new_id
from gateway.storage import notices
from gateway.storage.paging import Page

KEPT = timedelta(days=90)
"""How long a notice is kept."""


async def tell(
    conn: AsyncConnection,
    at: datetime,
    to: Iterable[Recipient],
    kind: str,
    about: tuple[str, str],
    *,
    key: str = "",
    **detail: str | int | float | bool | None,
) -> tuple[str, ...]:
    """Tells each recipient once, in the caller's transaction; returns the ids of the notices that are new.

    ``kind`` is a word under ``notices.kinds`` of the console, ``about`` the object's kind and id, and ``detail`` what
    fills the sentence: no secrets, nothing that a recipient may not know. The same kind, object, recipient and ``key``
    are told once, however often it is called. After the commit ``ring_for`` shows the new ones at once.
    """
    told: list[str] = []
    for recipient in dict.fromkeys(to):
        notice = Notice(new_id(at), at, recipient, kind, about[0], about[1], detail, key)
        if await notices.insert(conn, notice):
            told.append(notice.id)
    return tuple(told)


async def ring_for(office: Office, told: Sequence[str]) -> None:
    """Lets open consoles ask for new notices; does nothing if there are none."""
    if told:
        await office.ring(Topic.NOTICES, *told)


async def mine(office: Office, caller: Caller, *, unseen: bool, after: str | None, limit: int) -> Page[Notice]:
    """What the caller was told, newest first."""
    async with office.store.read() as conn:
        return await notices.page(conn, caller.operator, unseen=unseen, after=after, limit=limit)


async def waiting(office: Office, caller: Caller) -> int:
    """How many notices the caller has not seen."""
    async with office.store.read() as conn:
        return await notices.unseen_count(conn, caller.operator)


async def seen(office: Office, caller: Caller, ids: Sequence[str] | None) -> int:
    """Notes what the caller has seen (None: everything); returns how many still wait. Foreign ids change nothing."""
    async with office.store.begin() as conn:
        fresh = await notices.mark_seen(conn, caller.operator, ids, office.clock.now())
        left = await notices.unseen_count(conn, caller.operator)
    if fresh:
        await office.ring(Topic.NOTICES)
    return left


async def forget_old(office: Office, at: datetime) -> None:
    """A sweep: deletes notices that are older than ``KEPT``."""
    async with office.store.begin() as conn:
        await notices.forget(conn, at - KEPT)
