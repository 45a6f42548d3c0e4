"""Notices on both databases: told once also when two gateways tell at the same time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.domain.notices import to_operator, to_organisation
from gateway.services import notifying
from gateway.storage import notices
from gateway.storage.store import Store
from tests.integration.world import START, A, World, build


async def _tell(world: World) -> int:
    async with world.office.store.begin() as conn:
        to = (to_organisation(A), to_operator(world.people["jinsha"].id))
        return len(await notifying.tell(conn, START, to, "request_to_decide", ("request", "R-1"), cameras=3))


async def test_of_many_tellers_one_tells(store: Store, tmp_path: Path) -> None:
    world = await build(store, tmp_path)
    assert sum(await asyncio.gather(*(_tell(world) for _ in range(5)))) == 2
    me = world.people["jinsha"]
    async with store.begin() as conn:
        page = await notices.page(conn, me)
        assert [item.detail for item in page.items] == [{"cameras": 3}] * 2
        assert await notices.mark_seen(conn, me, [page.items[0].id], START) == 1
        assert await notices.mark_seen(conn, me, None, START) == 1
        assert await notices.unseen_count(conn, me) == 0
        assert await notices.forget(conn, START) == 0
