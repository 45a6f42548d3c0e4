"""What a grant says of the picture is kept: the stream, the masks, the watermark, the hours, the purposes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from gateway.bus.local import LocalBus
from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.domain.hours import Hours
from gateway.domain.messages import Topic
from gateway.domain.schedules import schedule_from
from gateway.services.office import new_id
from gateway.storage import grants
from gateway.storage.tables import grants as grant_rows
from tests.integration.test_live import Scene, Worker, scene, text, watching
from tests.integration.world import START, A, B, World, policy


@pytest.fixture
async def one(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as found:
        yield found


async def _given(one: Scene, **more: Any) -> Grant:
    """Jinxin's people may watch all that Jinsha owns, as far as ``more`` says."""
    whole = policy((GranteeKind.ORGANISATION, B), (TargetKind.OWNED_BY, A), frozenset({Action.VIEW_LIVE}))
    async with one.office.store.begin() as conn:
        return await grants.insert(conn, replace(whole, **more))


async def _answer(one: Scene, query: str = "stream=sub", login: str = "jinxin") -> dict[str, Any]:
    async with watching(one, login, one.world.camera(A).id, query) as socket:
        return await text(socket)


async def test_r10_a_grant_of_the_sub_stream_refuses_the_main_one(one: Scene) -> None:
    await _given(one, conditions=frozenset({Condition.SUB_ONLY}))
    assert (await _answer(one, "stream=sub"))["type"] == "start"
    refused = await _answer(one, "stream=main")
    assert (refused["type"], refused["code"]) == ("end", "refused")
    assert "sub stream" in refused["message"]
    assert [row["stream"] for row in await one.records()] == ["sub"]


async def test_r10_masked_only_shows_nothing_while_there_is_no_mask(one: Scene) -> None:
    await _given(one, conditions=frozenset({Condition.MASKED_ONLY}))
    for query in ("stream=sub", "stream=main"):
        refused = await _answer(one, query)
        assert (refused["type"], refused["code"]) == ("end", "refused")
        assert "masks" in refused["message"]
    assert await one.records() == []


async def test_a_watermark_is_told_to_who_shows_the_picture(one: Scene) -> None:
    await _given(one, conditions=frozenset({Condition.WATERMARK}))
    assert (await _answer(one))["conditions"] == ["watermark"]
    assert (await _answer(one, login="jinsha"))["conditions"] == []


async def test_the_least_binding_grant_is_relied_on(one: Scene) -> None:
    await _given(one, conditions=frozenset({Condition.SUB_ONLY}))
    free = await _given(one, id=new_id(START), not_after=START + timedelta(hours=1))
    assert (await _answer(one))["conditions"] == []
    assert (await one.records())[-1]["grant_id"] == free.id


async def test_a_picture_ends_when_it_may_only_be_shown_otherwise(one: Scene) -> None:
    free = await _given(one)
    async with watching(one, "jinxin", one.world.camera(A).id) as socket:
        await text(socket)
        await _given(one, id=new_id(START), conditions=frozenset({Condition.WATERMARK}))
        async with one.office.store.begin() as conn:
            await grants.revoke(conn, free.id, one.clock.now(), "leader", "narrowed")
        await one.office.ring(Topic.PERMISSIONS)
        ended = await text(socket)
        assert (ended["code"], "other conditions" in ended["message"]) == ("revoked", True)
    assert (await _answer(one))["conditions"] == ["watermark"]


async def test_r10_the_end_of_the_hours_ends_the_picture(one: Scene) -> None:
    """START is nine in the morning in Shanghai."""
    await _given(one, hours=Hours(schedule_from({"hours": ["08:00-09:10"]})))
    async with watching(one, "jinxin", one.world.camera(A).id) as socket:
        assert (await text(socket))["type"] == "start"
        one.clock.skip(11 * 60)
        assert (await text(socket))["code"] == "expired"
    assert (await _answer(one))["type"] == "end"


async def test_r10_a_deny_that_begins_later_ends_the_picture_then(one: Scene) -> None:
    await _given(one)
    begins = START + timedelta(minutes=5)
    await _given(one, id=new_id(START), effect=Effect.DENY, not_before=begins, reason="closed for an inquiry")
    async with watching(one, "jinxin", one.world.camera(A).id) as socket:
        assert (await text(socket))["type"] == "start"
        one.clock.skip(6 * 60)
        assert (await text(socket))["type"] == "end"


async def test_r10_a_purpose_that_is_taken_away_ends_the_pictures_of_that_purpose(one: Scene) -> None:
    given = await _given(one, purposes=frozenset({"PS-FLOOD", "PS-ORDER"}))
    asked = "stream=sub&purpose=PS-FLOOD&reason=the water rises at the sluice"
    async with watching(one, "jinxin", one.world.camera(A).id, asked) as socket:
        assert (await text(socket))["type"] == "start"
        async with one.office.store.begin() as conn:
            narrowed = update(grant_rows).where(grant_rows.c.id == given.id).values(purposes=["PS-ORDER"])
            await conn.execute(narrowed)
            await grants.revoke(conn, "nobody", one.clock.now(), "leader", "x")
            await grants.insert(conn, policy((GranteeKind.OPERATOR, "x"), (TargetKind.ALL, ""), frozenset()))
        await one.office.ring(Topic.PERMISSIONS)
        assert (await text(socket))["code"] == "revoked"
