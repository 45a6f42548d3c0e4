"""Three cameras asked for until midnight, narrowed to two, one revoked; midnight ends the other. An emergency too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.services.viewing import POLL_SECONDS
from tests.integration.giving import knows_of_everything
from tests.integration.sockets import Socket
from tests.integration.test_live import Scene, shown, text, watching
from tests.integration.world import DEPARTMENT, START, A, B, signed_in

__all__ = ["shown"]

EVENING = timedelta(hours=14, minutes=57)
"""From nine in the morning to three minutes before midnight in Shanghai."""
MIDNIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


@pytest.fixture
async def evening(shown: Scene) -> Scene:
    """Three minutes before midnight; township B knows of every camera, by directory alone."""
    assert MIDNIGHT - timedelta(minutes=3) == START + EVENING
    await knows_of_everything(shown.world)
    shown.clock.skip(EVENING.total_seconds())
    return shown


@asynccontextmanager
async def desk(one: Scene, login: str) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await signed_in(one.app, login)) as client:
        yield client


async def _done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _code_in_time(one: Scene, socket: Socket, *, moving: bool = True) -> str:
    """Why the picture ended, while the clock runs on by half minutes: a longer leap would look like a dead database."""
    async with asyncio.TaskGroup() as group:
        said = group.create_task(text(socket))
        while not said.done():
            if moving:
                one.clock.skip(30)
            await asyncio.wait({said}, timeout=2 * POLL_SECONDS)
    code: str = said.result()["code"]
    return code


async def test_r10_one_picture_ends_when_it_is_revoked_and_the_other_at_midnight(evening: Scene) -> None:
    ids = [camera.id for camera in evening.world.cameras[DEPARTMENT]]
    async with desk(evening, "jinxin") as township, desk(evening, "transport") as owner:
        wish = {
            "scope": {"kind": "cameras", "ids": ids},
            "actions": ["view_live"],
            "purposes": ["PS-FLOOD"],
            "not_after": MIDNIGHT.isoformat(),
            "reason": "闸口水位 示例",
        }
        request = await _done(await township.post("/requests", json=wish))
        part = request["parts"][0]
        narrowed = {"version": part["version"], "cameras": ids[:2]}
        after = await _done(await owner.post(f"/requests/parts/{part['id']}/approve", json=narrowed))
        given = {camera["id"]: camera["grant_id"] for camera in after["parts"][0]["cameras"] if camera["grant_id"]}
        assert set(given) == set(ids[:2])
        for_flood = "purpose=PS-FLOOD&reason=the water rises at the sluice"
        async with (
            watching(evening, "jinxin", ids[0], for_flood) as first,
            watching(evening, "jinxin", ids[1], for_flood) as second,
            watching(evening, "jinxin", ids[2], for_flood) as third,
        ):
            assert (await text(third))["type"] == "end"
            assert [(await text(socket))["type"] for socket in (first, second)] == ["start", "start"]
            await _done(await owner.post(f"/grants/{given[ids[0]]}/revoke", json={"reason": "用毕 示例"}))
            assert (await text(first))["code"] == "revoked"
            assert len(evening.viewing.running) == 1
            assert await _code_in_time(evening, second) == "expired"
            assert evening.clock.now() >= MIDNIGHT
    await evening.record("expired")
    rows = await evening.records()
    assert {(row["camera_id"], row["result"], row["purpose"]) for row in rows} == {
        (ids[0], "revoked", "PS-FLOOD"),
        (ids[1], "expired", "PS-FLOOD"),
    }
    assert {row["grant_id"] for row in rows} == set(given.values())


@pytest.mark.parametrize(("early", "code"), [(True, "revoked"), (False, "expired")])
async def test_r10_pictures_of_an_emergency_end_with_it(evening: Scene, early: bool, code: str) -> None:
    camera = evening.world.camera(A).id
    async with desk(evening, "district") as duty, desk(evening, "leader") as leader:
        wish = {"name": "险情 示例", "reason": "示例", "widened": [{"organisation_id": B}], "hours": 0.1}
        made = await _done(await duty.post("/emergencies", json=wish))
        await _done(await leader.post(f"/emergencies/{made['id']}/approve"))
        async with watching(
            evening, "jinxin", camera, "purpose=PS-FLOOD&reason=the water rises at the sluice"
        ) as socket:
            assert (await text(socket))["type"] == "start"
            if early:
                await _done(await leader.post(f"/emergencies/{made['id']}/end", json={"reason": "解除 示例"}))
            assert await _code_in_time(evening, socket, moving=not early) == code
        report = await _done(await leader.get(f"/emergencies/{made['id']}/report"))
        assert [(line["camera_id"], line["operator_name"]) for line in report["lines"]] == [(camera, "jinxin 示例")]
