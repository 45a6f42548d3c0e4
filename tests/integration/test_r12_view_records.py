"""R11, R12: a look has a purpose and leaves a whole record; a wall leaves one, and still says who saw which camera."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import update

from gateway.bus.local import LocalBus
from gateway.domain.cameras import Camera
from gateway.services.verifying import verify
from gateway.storage.tables import sessions
from tests.integration.sockets import connected
from tests.integration.test_live import Scene, Worker, cookie_of, first_pictures, scene, text, watching
from tests.integration.world import OWNERS, PASSWORD, A, B, World, client_of, signed_in

SPOKEN = "寻找走失老人（示例）"


@pytest.fixture
async def shown(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as one:
        yield one


async def _register(one: Scene, **query: Any) -> list[dict[str, Any]]:
    async with aclosing(await signed_in(one.app, "audit")) as auditor:
        answer = await auditor.get("/view-records", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def _proved(one: Scene, url: str = "") -> list[tuple[str, int]]:
    report = verify(url or one.office.store.url, frozenset(), processes=1, views=True)
    return [(finding.message, finding.seq) for finding in report.findings]


async def test_r11_a_purpose_beside_the_shifts_needs_a_ticket_or_a_reason(shown: Scene) -> None:
    address = f"/cameras/{shown.world.camera(B).id}/snapshot"
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        for query in ({"purpose": "PS-FLOOD"}, {"purpose": "PS-FLOOD", "reason": "too short"}):
            refused = await client.get(address, params=query)
            assert (refused.status_code, refused.json()["error"]["detail"]) == (403, {"field": "reason"})
        unknown = await client.get(address, params={"purpose": "PS-FLOOD", "ticket": "TZ-unknown"})
        assert unknown.status_code == 404
        assert (await client.get(address, params={"purpose": "PS-FLOOD", "reason": SPOKEN})).status_code == 200
        assert (await client.get(address)).status_code == 200
    assert [row["purpose"] for row in await shown.records()] == ["PS-FLOOD", "PS-ORDER"]


async def _register_of(one: Scene) -> list[tuple[str, str, str | None]]:
    return [(row["purpose"], row["reason"], row["ticket_id"]) for row in await _register(one)]


async def test_r11_a_sessions_other_purpose_needs_the_same_and_every_record_under_it_carries_it(shown: Scene) -> None:
    address = f"/cameras/{shown.world.camera(B).id}/snapshot"
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        for ground in ({}, {"reason": "too short"}, {"reason": "          "}):
            refused = await client.patch("/session", json={"purpose": "PS-FLOOD", **ground})
            assert (refused.status_code, refused.json()["error"]["detail"]) == (403, {"field": "reason"})
        unknown = await client.patch("/session", json={"purpose": "PS-FLOOD", "ticket": "TZ-unknown"})
        assert unknown.status_code == 404
        assert (await client.get("/session")).json()["purpose"] == "PS-ORDER"
        chosen = await client.patch("/session", json={"purpose": "PS-FLOOD", "reason": SPOKEN})
        assert (chosen.status_code, chosen.json()["purpose"]) == (200, "PS-FLOOD")
        for query in ({}, {"purpose": "PS-FLOOD"}):
            assert (await client.get(address, params=query)).status_code == 200
        instead = await client.get(address, params={"reason": "x"})
        assert (instead.status_code, instead.json()["error"]["detail"]) == (403, {"field": "reason"})
        assert (await client.get(address, params={"purpose": "PS-FIRE"})).status_code == 403
        assert (await client.patch("/session", json={"purpose": "PS-ORDER", "reason": SPOKEN})).status_code == 200
        assert (await client.get(address)).status_code == 200
    flood = ("PS-FLOOD", SPOKEN, None)
    assert await _register_of(shown) == [("PS-ORDER", "", None), flood, flood]
    async with aclosing(await signed_in(shown.app, "audit")) as auditor:
        lines = (await auditor.get("/audit", params={"action": "choose_purpose"})).json()["items"]
    texts = [{name: text["text"] for name, text in line["typed"].items()} for line in lines]
    assert texts == [{}, {"reason": SPOKEN}], "recorded once, and never for the shift's own purpose"
    assert _proved(shown) == []


async def test_r11_a_ticket_is_the_ground_of_a_session_while_it_is_open_and_for_its_own_surroundings(
    shown: Scene,
) -> None:
    world = shown.world
    near, far = world.camera(A), world.camera(B)
    async with aclosing(await signed_in(shown.app, "leader")) as client:
        confirmed = {"category": "3206120102", "version": 1}
        ticket = (await client.post(f"/candidates/{world.candidates[near.id]}/confirm", json=confirmed)).json()
        chosen = await client.patch("/session", json={"purpose": "PS-FLOOD", "ticket": ticket["id"]})
        assert chosen.status_code == 200, chosen.text
        assert (await client.get(f"/cameras/{near.id}/snapshot")).status_code == 200
        assert (await client.get(f"/cameras/{far.id}/snapshot")).status_code == 422
        spoken = {"reason": SPOKEN}
        assert (await client.get(f"/cameras/{far.id}/snapshot", params=spoken)).status_code == 200
    found = [("PS-FLOOD", SPOKEN, None), ("PS-FLOOD", "", ticket["id"])]
    assert await _register_of(shown) == found


async def test_r11_a_session_without_a_ground_for_its_purpose_shows_nothing_until_it_gives_one(shown: Scene) -> None:
    address = f"/cameras/{shown.world.camera(B).id}/snapshot"
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        chosen = await client.patch("/session", json={"purpose": "PS-FLOOD", "reason": SPOKEN})
        assert chosen.status_code == 200, chosen.text
        async with shown.office.store.begin() as conn:
            await conn.execute(update(sessions).values(ground=""))  # as an erasure leaves it
        refused = await client.get(address)
        assert (refused.status_code, refused.json()["error"]["detail"]) == (403, {"field": "reason"})
        assert (await client.get(address, params={"reason": SPOKEN})).status_code == 200


async def test_r11_nobody_signs_in_for_another_purpose_than_the_shifts_own(shown: Scene) -> None:
    async with aclosing(client_of(shown.app)) as client:
        wish = {"login": "jinxin", "password": PASSWORD, "purpose": "PS-FLOOD"}
        refused = await client.post("/session", json=wish)
        assert (refused.status_code, refused.json()["error"]["detail"]["field"]) == (422, "purpose")


async def test_r11_only_an_open_ticket_of_the_camera_or_its_township_is_a_ground(shown: Scene) -> None:
    world = shown.world
    near, far = world.camera(A), world.camera(B)

    async def asked(client: httpx.AsyncClient, camera: Camera) -> tuple[int, str]:
        query = {"purpose": "PS-FLOOD", "ticket": ticket["id"]}
        answer = await client.get(f"/cameras/{camera.id}/snapshot", params=query)
        return answer.status_code, "" if answer.is_success else answer.json()["error"]["message"]

    async with aclosing(await signed_in(shown.app, "leader")) as client:
        confirmed = {"category": "3206120102", "version": 1}
        made = await client.post(f"/candidates/{world.candidates[near.id]}/confirm", json=confirmed)
        ticket = made.json()
        assert await asked(client, near) == (200, "")
        assert near.township_code == world.camera(A, 1).township_code != far.township_code
        assert await asked(client, world.camera(A, 1)) == (200, "")
        elsewhere = await asked(client, far)
        assert (elsewhere[0], "another place" in elsewhere[1]) == (422, True)
        ended = {"to": "FORCED", "why": "settled by telephone", "version": ticket["version"]}
        assert (await client.post(f"/tickets/{ticket['id']}/moves", json=ended)).status_code == 200
        closed = await asked(client, near)
        assert (closed[0], "closed" in closed[1]) == (422, True)
    assert {row["camera_id"] for row in await shown.records()} == {world.camera(A, 1).id, near.id}


async def test_r12_a_session_leaves_a_record_with_every_fact(shown: Scene) -> None:
    camera_id = shown.world.camera(B).id
    async with watching(shown, "jinxin", camera_id, f"purpose=PS-FLOOD&reason={quote(SPOKEN)}") as socket:
        await text(socket)
        await first_pictures(socket, 3)
    await shown.record("done")
    (row,) = await _register(shown, camera=camera_id, operator=shown.world.people["jinxin"].id, purpose="PS-FLOOD")
    assert (row["organisation_id"], row["camera_id"], row["action"]) == (B, camera_id, "view_live")
    assert (row["reason"], row["transport"], row["stream"]) == (SPOKEN, "ws-fmp4", "sub")
    assert row["bytes"] > 0
    assert all(row[name] for name in ("session_id", "grant_id", "remote", "started_at", "ended_at", "result"))
    assert await _register(shown, camera=camera_id, purpose="UM-ENV") == []
    assert await _register(shown, organisation=A) == []
    assert await _register(shown, since=row["started_at"]) != []
    assert await _register(shown, until=row["started_at"]) == []


async def test_r12_a_wall_is_one_record_and_each_camera_tells_its_own_viewers(shown: Scene) -> None:
    cameras = [camera.id for owner in OWNERS for camera in shown.world.cameras[owner]]
    async with aclosing(await signed_in(shown.app, "leader")) as client, AsyncExitStack() as wall:
        cookie = await cookie_of(client)
        for camera_id in cameras:
            address = f"/api/v1/cameras/{camera_id}/live?wall=1"
            socket = await wall.enter_async_context(connected(shown.app, address, cookie))
            await socket.receive()
            await text(socket)
        running = await _register(shown)
        assert [(row["camera_id"], row["spans"], row["result"]) for row in running] == [("", len(cameras), "open")]
    async with asyncio.timeout(60):
        while (row := (await _register(shown))[0])["result"] == "open":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert row["ended_at"] is not None
    spans = await _register(shown, wall=row["wall_id"])
    assert {span["camera_id"] for span in spans} == set(cameras)
    for camera_id in cameras:
        (seen,) = await _register(shown, camera=camera_id)
        assert (seen["operator_id"], seen["wall_id"]) == (shown.world.people["leader"].id, row["wall_id"])
    assert await _register(shown, operator=shown.world.people["jinsha"].id) == []
    async with aclosing(await signed_in(shown.app, "jinsha")) as owner:
        own = shown.world.camera(A).id
        asked = (await owner.get(f"/cameras/{own}/view-records")).json()["items"]
        assert [item["operator_id"] for item in asked] == [shown.world.people["leader"].id]
    assert await shown.records() == []
    assert _proved(shown) == []


async def test_r14_the_chain_covers_every_record_and_its_end(shown: Scene, world: World) -> None:
    async with watching(
        shown, "jinxin", shown.world.camera(B).id, f"purpose=PS-FLOOD&reason={quote(SPOKEN)}"
    ) as socket:
        await text(socket)
    await shown.record("done")
    async with watching(shown, "leader", shown.world.camera(A).id, "wall=1") as socket:
        await text(socket)
    async with asyncio.timeout(60):
        while (await _register(shown))[0]["result"] == "open":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert _proved(shown) == []
    changes = {
        "UPDATE view_records SET camera_id = 'other'": "began",
        "UPDATE view_records SET operator_id = 'other'": "began",
        "UPDATE view_records SET reason = 'other'": "reason",
        "UPDATE view_records SET bytes = 0": "ended",
        "DELETE FROM view_records": "began",
        "UPDATE wall_views SET operator_id = 'other'": "began",
        "UPDATE wall_spans SET ended_at = ended_at - 1000000": "ended",
        "DELETE FROM wall_spans": "began",
    }
    file = str(world.office.store.url.database)
    for number, (change, word) in enumerate(changes.items()):
        copy = f"{file}.{number}"
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("VACUUM INTO ?", (copy,))
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute(change)
            connection.commit()
        found = _proved(shown, f"sqlite:///{copy}")
        assert word in found[0][0], change
        assert found[0][1] > 0


async def test_views_that_open_together_are_written_together(shown: Scene) -> None:
    """Twelve at once make one line of the audit, and each is durable before its first byte."""
    camera_id = shown.world.camera(A).id
    async with aclosing(await signed_in(shown.app, "leader")) as client:

        async def look() -> httpx.Response:
            return await client.get(f"/cameras/{camera_id}/snapshot")

        answers = await asyncio.gather(*(look() for _ in range(12)))
    assert {answer.status_code for answer in answers} == {200}
    async with aclosing(await signed_in(shown.app, "audit")) as auditor:
        lines = (await auditor.get("/audit")).json()["items"]
    counts = [line["detail"]["count"] for line in lines if line["action"] == "begin_views"]
    assert sum(counts) == 12
    assert len(counts) <= 3
