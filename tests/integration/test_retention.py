"""Retention: floors that cannot be undercut, deletion with receipts, and what a legal hold keeps."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from gateway.domain.operators import Operator, Role
from gateway.services.office import new_id
from gateway.services.receipting import digest
from gateway.storage import auditing, operators
from gateway.storage.deletion_receipts import DeletionReceipt
from gateway.storage.operators import Account
from gateway.storage.tables import deletion_receipts, events
from gateway.web.api import create_api
from tests.integration.conftest import Browsers
from tests.integration.watched import HASH as STILL_HASH
from tests.integration.watched import STILL, Scene, scene
from tests.integration.world import HASH, START, A, B, World, new_camera, signed_in

DAY = 24 * 3600
DESKS = ("jinxin", "jinxin2", "jinsha", "audit", "security")


async def test_r22_no_way_sets_a_retention_below_the_floor_of_its_class(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    address = f"/cameras/{camera.id}"
    for change in (
        {"record_save_days": 29},
        {"retention_class": "key"},
        {"retention_class": "key", "record_save_days": 89},
    ):
        refused = await owner.patch(address, json={"version": 1} | change)
        assert refused.status_code == 422, change
        items = [{"id": camera.id, "version": 1}]
        bulk = await owner.post("/cameras/bulk", json={"items": items, "changes": change})
        assert bulk.status_code in (409, 422), change
    preview = {"ids": [camera.id], "changes": {"retention_class": "key"}}
    (seen,) = (await owner.post("/cameras/bulk/preview", json=preview)).json()["items"]
    assert (seen["field"], "at least 90" in seen["refused"]) == ("record_save_days", True)
    key = {"version": 1, "retention_class": "key", "record_save_days": 90}
    assert (await owner.patch(address, json=key)).status_code == 200
    lower = await owner.patch(address, json={"version": 2, "record_save_days": 60})
    assert (lower.status_code, lower.json()["error"]["detail"]["least"]) == (422, 90)
    assert (await owner.patch(address, json={"version": 2, "retention_class": "ordinary"})).status_code == 200


async def test_r22_a_new_camera_and_a_file_keep_to_the_floor(world: World, browser_of: Browsers) -> None:
    owner, leader = await browser_of("jinsha"), await browser_of("leader")
    for days, kind, status in ((29, "ordinary", 422), (30, "ordinary", 201), (89, "key", 422), (90, "key", 201)):
        filing = {"need_statement": "路口(示例)", "record_save_days": days, "retention_class": kind}
        answer = await owner.post("/cameras", json=new_camera(filing=filing))
        assert answer.status_code == status, (days, kind, answer.text)
    head = "id,gb_id,name_zh,kind,owner_id,township_code,site_id,latitude,longitude,host,sub_path,purposes"
    head += ",need_statement,record_save_days,retention_class"
    fixed = f"路口,road,{A},320612001,{world.camera(A).site_id},32,121,192.0.2.1,/s,PS-ORDER,x"
    cells = ["29,", "60,key", "90,key", "0,ordinary"]
    rows = [f"X-{one},'3206120104132900000{one},{fixed},{cell}" for one, cell in enumerate(cells, 1)]
    text = "\n".join([head, *rows]).encode()
    upload = {"file": ("cameras.csv", io.BytesIO(text), "text/csv")}
    answer = await leader.post("/cameras/load", files=upload)
    told = answer.json()
    assert [(one["row"], one["column"]) for one in told["problems"]] == [
        (2, "record_save_days"),
        (3, "record_save_days"),
        (5, "record_save_days"),
    ], answer.text


@pytest.fixture
async def shown(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    await _second_desk(world)
    async with scene(world, tmp_path) as one:
        yield one


async def _second_desk(world: World) -> None:
    """Another person at B's desk."""
    operator = Operator(new_id(START), "jinxin2", "jinxin2 示例", B, frozenset({Role.TOWNSHIP_OPERATOR}))
    async with world.office.store.begin() as conn:
        await operators.insert(conn, Account(operator, HASH, 0, None, START))


async def _stored(shown: Scene, index: int = 0) -> str:
    """A still of an event on a camera of B; returns the event."""
    async with shown.office.store.read() as conn:
        found = await conn.execute(select(events.c.id).where(events.c.camera_id == shown.world.camera(B, index).id))
        event_id = str(found.scalar_one())
    await shown.watching.evidence("w1", event_id, "still", STILL, STILL_HASH, "image/jpeg", None)
    return event_id


async def _receipts(shown: Scene) -> list[DeletionReceipt]:
    async with shown.office.store.read() as conn:
        rows = (await conn.execute(select(deletion_receipts).order_by(deletion_receipts.c.id))).mappings().all()
    return [DeletionReceipt(**row) for row in rows]


@pytest.fixture
async def desks(shown: Scene) -> AsyncIterator[dict[str, AsyncClient]]:
    app = create_api(shown.office)
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(aclosing(await signed_in(app, name))) for name in DESKS}


async def test_r23_what_is_deleted_in_time_leaves_a_receipt(shown: Scene) -> None:
    event_id = await _stored(shown)
    shown.clock.skip(2 * DAY)
    await shown.room.sweep()
    assert await shown.room.find(event_id, "still") is None
    (receipt,) = await _receipts(shown)
    facts = (receipt.what, receipt.object_id, receipt.camera_id, receipt.sha256, receipt.bytes, receipt.rule)
    assert facts == ("still", event_id, shown.world.camera(B).id, STILL_HASH, len(STILL), "time")
    async with shown.office.store.read() as conn:
        noted = [one for one in (await auditing.page(conn, limit=50)).items if one.action == "delete_evidence"]
    assert [dict(one.detail) for one in noted] == [
        {"count": 1, "bytes": len(STILL), "rule": "time", "digest": digest([receipt])}
    ]
    await shown.room.sweep()
    assert len(await _receipts(shown)) == 1, "once"
    seen, app = {}, create_api(shown.office)
    for name in DESKS:
        async with aclosing(await signed_in(app, name)) as client:
            answer = await client.get("/deletion-receipts")
        assert answer.status_code == 200 or name == "security", (name, answer.text)
        seen[name] = [one["id"] for one in answer.json().get("items", [])]
    assert seen == {
        "jinxin": [receipt.id],
        "jinxin2": [receipt.id],
        "jinsha": [],
        "audit": [receipt.id],
        "security": [],
    }


async def test_r23_eviction_for_want_of_room_leaves_receipts_too(world: World, tmp_path: Path) -> None:
    async with scene(world, tmp_path, quota=len(STILL)) as one:
        first, second = await _stored(one), await _stored(one, 1)
        assert [(item.object_id, item.rule) for item in await _receipts(one)] == [(first, "quota")]
        assert await one.room.find(second, "still") is not None


async def test_r22_evidence_of_a_key_target_stays_ninety_days_whatever_the_settings_say(
    shown: Scene, desks: dict[str, AsyncClient]
) -> None:
    address = f"/cameras/{shown.world.camera(B).id}"
    key, ordinary = await _stored(shown), await _stored(shown, 1)
    change = {"version": 1, "retention_class": "key", "record_save_days": 90}
    assert (await desks["jinxin"].patch(address, json=change)).status_code == 200, "also what was there before"
    for days, kept in ((2, True), (87, True), (2, False)):
        shown.clock.skip(days * DAY)
        await shown.room.sweep()
        assert await shown.room.find(ordinary, "still") is None
        assert (await shown.room.find(key, "still") is not None) is kept, days
    assert [item.object_id for item in await _receipts(shown)] == [ordinary, key]


async def test_r22_evidence_of_a_key_target_is_not_removed_for_want_of_room(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    owner = await browser_of("jinxin")
    change = {"version": 1, "retention_class": "key", "record_save_days": 90}
    assert (await owner.patch(f"/cameras/{world.camera(B).id}", json=change)).status_code == 200
    async with scene(world, tmp_path, quota=len(STILL)) as one:
        key, other = await _stored(one), await _stored(one, 1)
        assert await one.room.find(key, "still") is not None
        assert await one.room.find(other, "still") is None
        assert await _receipts(one) == []


async def test_r23_a_legal_hold_keeps_evidence_until_it_ends(shown: Scene, desks: dict[str, AsyncClient]) -> None:
    held, passing = await _stored(shown), await _stored(shown, 1)
    wish = {"event_id": held, "reason": "事故调查(示例)", "letter": "示例字〔2026〕1号"}
    wish["ends_at"] = (shown.clock.now() + timedelta(days=10)).isoformat()
    assert (await desks["jinsha"].post("/legal-holds", json=wish)).status_code == 404, "not theirs"
    endless = {name: value for name, value in wish.items() if name != "ends_at"}
    assert (await desks["jinxin"].post("/legal-holds", json=endless)).status_code == 422, "an end is compulsory"
    asked = await desks["jinxin"].post("/legal-holds", json=wish)
    assert asked.status_code == 201, asked.text
    address = f"/legal-holds/{asked.json()['id']}"
    decision = f"{address}/decision"
    assert (await desks["jinxin"].post(decision, json={"approve": True})).status_code == 403, "two people"
    assert (await desks["jinsha"].post(decision, json={"approve": True})).status_code == 404
    assert (await desks["jinxin2"].post(decision, json={"approve": True})).json()["state"] == "held"
    shown.clock.skip(5 * DAY)
    await shown.room.sweep()
    assert await shown.room.find(passing, "still") is None
    assert await shown.room.find(held, "still") is not None
    later = {"ends_at": (shown.clock.now() + timedelta(days=20)).isoformat(), "reason": "仍在调查(示例)"}
    app = create_api(shown.office)
    async with aclosing(await signed_in(app, "jinxin")) as one, aclosing(await signed_in(app, "jinxin2")) as two:
        assert (await one.post(f"{address}/extension", json=later)).json()["wish"] == "extend"
        assert (await one.post(decision, json={"approve": True})).status_code == 403, "two people again"
        assert (await two.post(decision, json={"approve": True})).json()["wish"] == ""
    shown.clock.skip(19 * DAY)
    await shown.room.sweep()
    assert await shown.room.find(held, "still") is not None, "the later end holds"
    shown.clock.skip(2 * DAY)
    await shown.room.sweep()
    assert await shown.room.find(held, "still") is None
    assert {item.object_id for item in await _receipts(shown)} == {held, passing}


async def test_r23_a_hold_is_lifted_by_two_and_one_that_nobody_approved_lapses(
    shown: Scene, desks: dict[str, AsyncClient]
) -> None:
    event_id = await _stored(shown)
    camera = shown.world.camera(B)
    wish = {"camera_id": camera.id, "reason": "示例", "letter": "示例-2"}
    wish["ends_at"] = (shown.clock.now() + timedelta(days=30)).isoformat()
    asked = (await desks["jinxin"].post("/legal-holds", json=wish)).json()
    shown.clock.skip(2 * DAY)
    await shown.room.sweep()
    assert await shown.room.find(event_id, "still") is not None, "what is asked for protects for three days"
    app = create_api(shown.office)
    async with aclosing(await signed_in(app, "jinxin")) as one, aclosing(await signed_in(app, "jinxin2")) as two:
        address = f"/legal-holds/{asked['id']}"
        assert (await two.post(f"{address}/decision", json={"approve": True})).status_code == 200
        assert (await two.post(f"{address}/lifting", json={"reason": "已结案(示例)"})).status_code == 200
        assert (await two.post(f"{address}/decision", json={"approve": True})).status_code == 403
        await shown.room.sweep()
        assert await shown.room.find(event_id, "still") is not None, "it stands until another person says so"
        lifted = (await one.post(f"{address}/decision", json={"approve": True})).json()
        assert lifted["state"] == "lifted"
    await shown.room.sweep()
    assert await shown.room.find(event_id, "still") is None
    async with shown.office.store.read() as conn:
        noted = [one.action for one in (await auditing.page(conn, limit=50)).items if one.object_id == asked["id"]]
    assert sorted(noted) == ["approve_hold", "approve_hold", "ask_hold", "ask_lift_hold"]


async def test_r23_a_hold_on_a_camera_keeps_its_span_alone_and_lapses_unapproved(
    shown: Scene, desks: dict[str, AsyncClient]
) -> None:
    event_id = await _stored(shown)
    later = shown.clock.now() + timedelta(days=1)
    wish = {"camera_id": shown.world.camera(B).id, "reason": "示例", "letter": "示例-3"}
    wish |= {"since": later.isoformat(), "ends_at": (later + timedelta(days=9)).isoformat()}
    assert (await desks["jinxin"].post("/legal-holds", json=wish)).status_code == 201
    other = await _stored(shown, 1)
    wish |= {"camera_id": shown.world.camera(B, 1).id}
    del wish["since"]
    assert (await desks["jinxin"].post("/legal-holds", json=wish)).status_code == 201
    shown.clock.skip(2 * DAY)
    await shown.room.sweep()
    assert await shown.room.find(event_id, "still") is None, "outside the span"
    assert await shown.room.find(other, "still") is not None
    shown.clock.skip(2 * DAY)
    await shown.room.sweep()
    assert await shown.room.find(other, "still") is None, "nobody approved within three days"


async def test_r23_holds_are_listed_by_where_they_stand_with_names_and_who_may_decide(
    shown: Scene, desks: dict[str, AsyncClient]
) -> None:
    camera = shown.world.camera(B)
    wish = {"camera_id": camera.id, "reason": "示例", "letter": "示例-4"}
    wish["ends_at"] = (shown.clock.now() + timedelta(days=30)).isoformat()
    asked = (await desks["jinxin"].post("/legal-holds", json=wish)).json()
    address = f"/legal-holds/{asked['id']}"

    async def seen(name: str, stage: str) -> list[tuple[str, bool, bool]]:
        items = (await desks[name].get("/legal-holds", params={"stage": stage})).json()["items"]
        return [(one["camera_name_zh"], one["may_decide"], one["may_wish"]) for one in items]

    called = camera.name_zh
    assert await seen("jinxin", "asked") == [(called, False, False)], "nobody decides what they asked for"
    assert await seen("jinxin2", "asked") == [(called, True, False)]
    assert await seen("audit", "asked") == [(called, False, False)]
    assert await seen("jinsha", "asked") == await seen("jinxin", "standing") == await seen("jinxin", "ended") == []
    assert (await desks["jinsha"].get(address)).status_code == 404
    await desks["jinxin2"].post(f"{address}/decision", json={"approve": True})
    assert await seen("jinxin2", "asked") == []
    assert await seen("jinxin2", "standing") == [(called, False, True)]
    await desks["jinxin2"].post(f"{address}/lifting", json={"reason": "已结案(示例)"})
    assert await seen("jinxin", "asked") == [(called, True, True)], "a standing hold waits for the other's word"
    await desks["jinxin"].post(f"{address}/decision", json={"approve": True})
    assert await seen("jinxin", "standing") == []
    assert await seen("jinxin", "ended") == [(called, False, False)]
    told = (await desks["jinxin2"].get("/notices")).json()["items"]
    assert [one["kind"] for one in told if one["object_id"] == asked["id"]].count("hold_to_decide") == 2
    assert not [
        one for one in (await desks["jinsha"].get("/notices")).json()["items"] if one["object_id"] == asked["id"]
    ]


async def test_r23_receipts_are_searched_by_event_rule_and_day(shown: Scene) -> None:
    first, second = await _stored(shown), await _stored(shown, 1)
    shown.clock.skip(2 * DAY)
    await shown.room.sweep()
    app = create_api(shown.office)
    now = shown.clock.now()
    async with aclosing(await signed_in(app, "jinxin")) as client:

        async def found(**query: str) -> set[str]:
            answer = await client.get("/deletion-receipts", params=query)
            return {one["object_id"] for one in answer.json()["items"]}

        assert await found() == await found(rule="time") == {first, second}
        assert await found(event=first) == {first}
        assert await found(rule="quota") == await found(until=(now - timedelta(days=1)).isoformat()) == set()
        assert await found(since=(now - timedelta(days=1)).isoformat()) == {first, second}
