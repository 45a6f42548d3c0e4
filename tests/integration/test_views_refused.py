"""Views that must not begin, whichever way they are asked for; and what a viewer is told of the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from gateway.bus.local import LocalBus
from gateway.storage import grants, view_records
from gateway.storage.tables import events as event_rows
from tests.integration.test_live import Scene, Worker, scene, text, watching
from tests.integration.test_live_webrtc import peer
from tests.integration.world import B, World, signed_in
from tests.unit.media.test_fmp4 import encoded


@pytest.fixture
async def looked_at(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as one:
        yield one


async def test_r13_without_a_record_there_is_no_snapshot_no_webrtc_and_no_evidence(
    looked_at: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise OperationalError("insert", {}, OSError("database or disk is full"))

    async with looked_at.office.store.read() as conn:
        by_camera = event_rows.c.camera_id == looked_at.world.camera(B).id
        event_id = (await conn.execute(select(event_rows.c.id).where(by_camera).limit(1))).scalar_one()
    monkeypatch.setattr(view_records, "begin", full)
    address = f"/cameras/{looked_at.world.camera(B).id}"
    async with aclosing(await signed_in(looked_at.app, "jinxin")) as client, peer() as browser:
        offer = {"content": browser.localDescription.sdp, "headers": {"Content-Type": "application/sdp"}}
        answers = [
            await client.get(f"{address}/snapshot"),
            await client.post(f"{address}/whep", **offer),
            await client.get(f"/evidence/{event_id}/still"),
        ]
    for answer in answers:
        assert answer.status_code == 503
        assert answer.json()["error"]["message"] == "the view record cannot be written, so no picture is shown"
    assert looked_at.hub.tally.packets == 0


async def test_foreign_and_unknown_ids_take_the_same_way(looked_at: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for_operator = grants.for_operator

    async def counted(*arguments: Any) -> Any:
        asked.append("grants")
        return await for_operator(*arguments)

    monkeypatch.setattr(grants, "for_operator", counted)
    async with looked_at.office.store.read() as conn:
        by_camera = event_rows.c.camera_id == looked_at.world.camera(B).id
        event_id = (await conn.execute(select(event_rows.c.id).where(by_camera).limit(1))).scalar_one()
    pairs = [
        [f"/cameras/{one}/snapshot" for one in (looked_at.world.camera(B).id, "TZ-nowhere")],
        [f"/evidence/{one}/still" for one in (event_id, "01900000-0000-7000-8000-000000000000")],
    ]
    async with aclosing(await signed_in(looked_at.app, "jinsha")) as client:
        for pair in pairs:
            ways = []
            for address in pair:
                asked.clear()
                answer = await client.get(address)
                ways.append((answer.status_code, answer.content, len(asked)))
            assert ways[0] == ways[1]
            assert ways[0][0] == 404
    assert not await looked_at.records()


async def test_disabling_the_account_ends_the_picture(looked_at: Scene) -> None:
    async with watching(looked_at, "jinxin", looked_at.world.camera(B).id) as socket:
        await text(socket)
        async with aclosing(await signed_in(looked_at.app, "system")) as manager:
            account = looked_at.world.people["jinxin"].id
            assert (await manager.patch(f"/operators/{account}", json={"disabled": True})).status_code == 200
        assert (await text(socket))["code"] == "signed_out"


async def test_an_h265_stream_is_named_so_that_a_browser_can_say_whether_it_plays_it(
    world: World, tmp_path: Path
) -> None:
    pictures = encoded("libx265", frames=20, size=(160, 96))
    camera_id = world.camera(B).id
    async with (
        scene(world, tmp_path, LocalBus(), Worker(pictures)) as one,
        watching(one, "jinxin", camera_id) as socket,
    ):
        assert (await text(socket))["mime"].startswith('video/mp4; codecs="hvc1.')
