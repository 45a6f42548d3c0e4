"""Evidence is kept under a quota and for a time; what is missing says why."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.observations import ObservationKind
from gateway.services import evidence as evidence_module
from gateway.services.evidence import NotYet
from gateway.services.marked_copies import MarkedCopies
from gateway.services.viewing import Viewing
from gateway.storage import evidence as evidence_rows
from gateway.storage.tables import events
from gateway.web import evidence as evidence_web
from gateway.web.api import create_api
from tests.integration.exporting import Hand, photo
from tests.integration.watched import HASH, STILL, Scene, scene, until
from tests.integration.world import B, World, event_of, signed_in


@pytest.fixture
async def shown(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path) as one:
        yield one


async def stored_event(shown: Scene) -> str:
    async with shown.office.store.read() as conn:
        found = await conn.execute(select(events.c.id).where(events.c.camera_id == shown.world.camera(B).id))
        return str(found.scalar_one())


async def test_evidence_is_kept_and_shown_to_those_who_may_see_the_event(shown: Scene) -> None:
    event_id = await stored_event(shown)
    picture = photo()
    digest = hashlib.sha256(picture).hexdigest()
    await shown.watching.evidence("w1", event_id, "still", picture, digest, "image/jpeg", None)
    await shown.watching.evidence("w1", event_id, "clip", None, None, None, "the pre-roll was empty")
    assert shown.worker.evidence == [(event_id, "still"), (event_id, "clip")]
    copies = MarkedCopies(Hand(), shown.clock)
    app = create_api(shown.office, routers=[evidence_web.router(Viewing(shown.office), shown.room, copies)])
    async with aclosing(await signed_in(app, "jinxin")) as client:
        answer = await client.get(f"/evidence/{event_id}/still")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        # R16: what is handed out bears who looks at it; what is kept does not
        async with aclosing(await signed_in(app, "district")) as other:
            assert (await other.get(f"/evidence/{event_id}/still")).content != answer.content != picture
        # R11: what was kept needs a ground like what is live, where the purpose is not the shift's own
        for query, status in (({}, 403), ({"reason": "too short"}, 403), ({"reason": "寻找走失老人（示例）"}, 200)):
            wish = {"purpose": "PS-FLOOD", **query}
            assert (await client.get(f"/evidence/{event_id}/still", params=wish)).status_code == status
        kept = await shown.room.find(event_id, "still")
        assert kept is not None
        assert kept.read_bytes() == picture
        assert answer.headers["cache-control"] == "private, no-store"
        assert (await client.get(f"/evidence/{event_id}/clip")).status_code == 404
    async with aclosing(await signed_in(app, "jinsha")) as stranger:
        refused, unknown = await stranger.get(f"/evidence/{event_id}/still"), await stranger.get("/evidence/x/still")
        assert (refused.status_code, unknown.status_code) == (404, 404)
        assert refused.json() == unknown.json()


async def test_evidence_that_is_early_comes_again(shown: Scene) -> None:
    with pytest.raises(NotYet):
        await shown.watching.evidence("w1", "not-there-yet", "still", STILL, HASH, "image/jpeg", None)
    assert shown.worker.evidence == []


async def test_a_full_disk_is_said_in_the_evidence_and_events_go_on(
    shown: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(evidence_module, "_write_file", full)
    event_id = await stored_event(shown)
    await shown.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
    async with shown.office.store.read() as conn:
        assert (await evidence_rows.of_event(conn, event_id))["still"].missing_reason == "disk full"
    assert shown.worker.evidence == [(event_id, "still")]
    await shown.watching.evidence("w1", event_id, "clip", None, None, None, "the worker's disk is full")
    async with aclosing(await signed_in(create_api(shown.office), "jinxin")) as client:
        listed = (await client.get("/candidates?limit=50")).json()["items"]
    (seen,) = [item for item in listed if item["event_id"] == event_id]
    assert (seen["still"], seen["still_missing"]) == (None, "disk full")
    assert (seen["clip"], seen["clip_missing"]) == (None, "the worker's disk is full")


async def test_the_oldest_unconfirmed_evidence_goes_when_room_is_short(world: World, tmp_path: Path) -> None:
    async with scene(world, tmp_path, quota=len(STILL) * 2) as one:
        async with one.office.store.read() as conn:
            ids = list((await conn.execute(select(events.c.id).order_by(events.c.id))).scalars())[:3]
        for event_id in ids:
            await one.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
            one.clock.skip(1)
        async with one.office.store.read() as conn:
            kept = await evidence_rows.of_events(conn, ids)
        files = [path for path in one.folder.rglob("*") if path.is_file()]
        assert one.room.tally.bytes <= len(STILL) * 2
        assert len(files) == sum(bool(kept[event_id]["still"].path) for event_id in ids)
        assert "quota" in kept[ids[0]]["still"].missing_reason
        one.clock.skip(2 * 24 * 3600)
        await one.room.sweep()
        assert not [path for path in one.folder.rglob("*") if path.is_file()]


async def fault_with_evidence(shown: Scene, data: bytes = STILL) -> str:
    """A device fault whose maintenance ticket was opened, with a still."""
    fault = event_of(shown.world.camera(B, 1), shown.clock.now(), ObservationKind.FREEZE)
    await shown.watching.event("w1", 1, fault)
    await until(lambda: (fault.id, 1) in shown.worker.acknowledged)
    digest = hashlib.sha256(data).hexdigest()
    await shown.watching.evidence("w1", fault.id, "still", data, digest, "image/jpeg", None)
    return fault.id


async def test_evidence_of_faults_that_nobody_confirmed_goes_when_room_is_short_and_in_time(
    world: World, tmp_path: Path
) -> None:
    async with scene(world, tmp_path, quota=len(STILL)) as one:
        fault_id = await fault_with_evidence(one)
        event_id = await stored_event(one)
        await one.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
        assert await one.room.find(fault_id, "still") is None, "a flapping camera does not starve real candidates"
        assert await one.room.find(event_id, "still") is not None
    async with scene(world, tmp_path / "other") as one:
        fault_id = await fault_with_evidence(one)
        one.clock.skip(2 * 24 * 3600)
        await one.room.sweep()
        assert await one.room.find(fault_id, "still") is None


async def test_a_clip_that_comes_after_the_confirmation_is_kept_for_good(shown: Scene) -> None:
    event_id = await stored_event(shown)
    async with aclosing(await signed_in(create_api(shown.office), "jinxin")) as client:
        candidate_id = shown.world.candidates[shown.world.camera(B).id]
        body = {"category": "3206120102", "version": 1}
        assert (await client.post(f"/candidates/{candidate_id}/confirm", json=body)).status_code == 200
    await shown.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
    shown.clock.skip(2 * 24 * 3600)
    await shown.room.sweep()
    assert await shown.room.find(event_id, "still") is not None


async def test_what_is_larger_than_the_quota_is_refused_before_anything_is_evicted(
    world: World, tmp_path: Path
) -> None:
    async with scene(world, tmp_path, quota=len(STILL) * 3) as one:
        event_id = await stored_event(one)
        await one.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
        large = STILL * 4
        digest = hashlib.sha256(large).hexdigest()
        await one.watching.evidence("w1", event_id, "clip", large, digest, "video/mp4", None)
        async with one.office.store.read() as conn:
            kept = await evidence_rows.of_event(conn, event_id)
        assert "quota" in kept["clip"].missing_reason
        assert await one.room.find(event_id, "still") is not None
        assert one.room.tally.evicted == 0


async def test_files_of_a_process_that_died_are_tidied_away_and_nothing_else(shown: Scene) -> None:
    event_id = await stored_event(shown)
    await shown.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
    (kept,) = (path for path in shown.folder.rglob("*") if path.is_file())
    half, orphan, young = kept.with_name(".clip.mp4.part"), kept.with_name("orphan.jpg"), kept.with_name("young.jpg")
    for path in (half, orphan, young):
        path.write_bytes(STILL)
    for path in (kept, half, orphan):
        os.utime(path, (0, 0))
    assert await shown.room.tidy() == 2
    assert {path for path in shown.folder.rglob("*") if path.is_file()} == {kept, young}


async def test_what_is_confirmed_while_it_is_being_evicted_stays(shown: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = await stored_event(shown)
    await shown.watching.evidence("w1", event_id, "still", STILL, HASH, "image/jpeg", None)
    forget = evidence_rows.forget

    async def late(conn: AsyncConnection, items: Sequence[evidence_rows.Evidence], reason: str, at: datetime) -> Any:
        await evidence_rows.keep(conn, event_id)
        return await forget(conn, items, reason, at)

    monkeypatch.setattr(evidence_rows, "forget", late)
    shown.clock.skip(2 * 24 * 3600)
    await shown.room.sweep()
    assert shown.room.tally.expired == 0
    assert await shown.room.find(event_id, "still") is not None
