"""Live view over the whole application: permitted, recorded before the first byte, ended when it must be."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from gateway.bus.local import LocalBus
from gateway.domain.messages import Message, Topic
from gateway.domain.packets import Packet, StreamKey
from gateway.media.channel import Subscription
from gateway.media.hub import Hub, open_hub
from gateway.services import viewing as viewing_module
from gateway.services.evidence import EvidenceRoom
from gateway.services.marked_copies import MarkedCopies
from gateway.services.office import Office
from gateway.services.viewing import Viewing
from gateway.storage import grants, sessions, view_records
from gateway.storage.store import Store
from gateway.storage.tables import epochs
from gateway.storage.tables import grants as grant_rows
from gateway.storage.tables import view_records as record_rows
from gateway.web import evidence, live, whep
from gateway.web.api import create_api
from tests.integration.exporting import Hand
from tests.integration.moving_clock import MovingClock
from tests.integration.sockets import Socket, connected
from tests.integration.world import B, World, signed_in
from tests.unit.media.test_fmp4 import encoded

PICTURES = encoded(frames=20, size=(160, 96))
JPEG = b"\xff\xd8picture\xff\xd9"


class Worker:
    """An upstream that sends the same two seconds of pictures for as long as somebody pulls."""

    def __init__(self, packets: list[Packet] = PICTURES) -> None:
        self.packets = packets
        self.sinks: list[Callable[[Packet], None]] = []
        self.words: list[str] = []

    def subscribe(
        self, key: StreamKey, sink: Callable[[Packet], None], ended: Callable[[str], None], words: str = ""
    ) -> Subscription:
        self.sinks.append(sink)
        return self

    def close(self) -> None:
        self.sinks.clear()

    async def still(self, camera_id: str, width: int | None, words: str = "") -> bytes:
        self.words.append(words)
        return JPEG

    async def run(self) -> None:
        count = 0
        while True:
            packet = self.packets[count % len(self.packets)]
            for sink in self.sinks:
                sink(replace(packet, dts=9000 * count, generation=0))
            count += bool(self.sinks)
            await asyncio.sleep(0.02)


class SilentBus(LocalBus):
    """A doorbell that is out of order."""

    async def publish(self, message: Message) -> None:
        pass


@dataclass
class Scene:
    """The application with a worker behind it."""

    app: FastAPI
    world: World
    office: Office
    clock: MovingClock
    viewing: Viewing
    hub: Hub
    worker: Worker

    async def records(self) -> list[Any]:
        async with self.office.store.read() as conn:
            return list((await conn.execute(select(record_rows).order_by(record_rows.c.started_at))).mappings())

    async def record(self, result: str) -> Any:
        """The newest record, once it has that result."""
        async with asyncio.timeout(60):
            while (row := (await self.records())[-1])["result"] != result:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return row


@asynccontextmanager
async def scene(world: World, tmp_path: Path, bus: LocalBus, worker: Worker) -> AsyncIterator[Scene]:
    clock = MovingClock()
    office = replace(world.office, clock=clock, bus=bus)
    viewing = Viewing(office)
    room = EvidenceRoom(office, tmp_path / "evidence", 1 << 20, timedelta(days=1))
    async with (
        asyncio.TaskGroup() as group,
        open_hub(worker, linger=0.05) as hub,
        whep.open_rooms(viewing, hub) as rooms,
    ):
        running = [group.create_task(viewing.run()), group.create_task(worker.run())]
        pictures = evidence.router(viewing, room, MarkedCopies(Hand(), clock))
        routers = (live.router(viewing, hub, worker, clock.now), whep.router(rooms), pictures)
        yield Scene(create_api(office, routers=routers), world, office, clock, viewing, hub, worker)
        for task in running:
            task.cancel()


@pytest.fixture
async def shown(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as one:
        yield one


async def cookie_of(client: httpx.AsyncClient) -> str:
    return f"seg_session={client.cookies['seg_session']}"


@asynccontextmanager
async def watching(one: Scene, login: str, camera_id: str, query: str = "") -> AsyncIterator[Socket]:
    async with aclosing(await signed_in(one.app, login)) as client:
        address = f"/api/v1/cameras/{camera_id}/live?{query}"
        async with connected(one.app, address, await cookie_of(client)) as socket:
            assert (await socket.receive())["type"] == "websocket.accept"
            yield socket


async def text(socket: Socket) -> dict[str, Any]:
    """The next text message; pictures on the way are passed over."""
    async with asyncio.timeout(60):
        while not (message := await socket.receive()).get("text"):
            assert message["type"] == "websocket.send", message
    found: dict[str, Any] = json.loads(message["text"])
    return found


async def first_pictures(socket: Socket, count: int = 3) -> bytes:
    found = [message["bytes"] for message in [await socket.receive() for _ in range(count)]]
    return b"".join(found)


async def revoke(one: Scene, owner: str) -> None:
    """Takes back the standing rule by which an organisation watches its own cameras."""
    async with one.office.store.begin() as conn:
        statement = select(grant_rows.c.id).where(grant_rows.c.grantee_id == owner, grant_rows.c.policy == "own")
        grant_id = (await conn.execute(statement)).scalar_one()
        await grants.revoke(conn, grant_id, one.clock.now(), "leader", "a test")


async def test_the_record_is_there_before_the_picture_and_the_picture_plays(shown: Scene) -> None:
    camera = shown.world.camera(B)
    async with watching(shown, "jinxin", camera.id, "stream=sub&reason=look") as socket:
        start = await text(socket)
        assert start["type"] == "start"
        assert start["mime"].startswith('video/mp4; codecs="avc1.')
        assert (start["width"], start["height"]) == (160, 96)
        (row,) = await shown.records()
        assert (row["id"], row["result"], row["camera_id"]) == (start["view_id"], "open", camera.id)
        assert (row["transport"], row["stream"], row["purpose"], row["reason"]) == (
            "ws-fmp4",
            "sub",
            "PS-ORDER",
            "look",
        )
        with av.open(io.BytesIO(await first_pictures(socket, 12))) as container:
            assert len(list(container.decode(video=0))) == 11
    row = await shown.record("done")
    assert row["bytes"] > 1000
    assert row["ended_at"] is not None


async def test_revoking_ends_the_picture_at_once_by_the_doorbell(shown: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing_module, "POLL_SECONDS", 3600.0)
    async with watching(shown, "jinxin", shown.world.camera(B).id) as socket:
        await text(socket)
        await revoke(shown, B)
        await shown.office.ring(Topic.PERMISSIONS)
        ended = await text(socket)
        assert (ended["type"], ended["code"]) == ("end", "revoked")
        assert (await socket.receive())["type"] == "websocket.close"
    await shown.record("revoked")


async def test_revoking_ends_the_picture_with_the_doorbell_out_of_order(world: World, tmp_path: Path) -> None:
    async with scene(world, tmp_path, SilentBus(), Worker()) as one:
        async with watching(one, "jinxin", world.camera(B).id) as socket:
            await text(socket)
            await revoke(one, B)
            await one.office.ring(Topic.PERMISSIONS)
            assert (await text(socket))["code"] == "revoked"
        await one.record("revoked")


async def test_an_untouched_grant_keeps_its_picture_when_others_change(shown: Scene) -> None:
    async with (
        watching(shown, "jinxin", shown.world.camera(B).id) as socket,
        watching(shown, "district", shown.world.camera(B).id) as other,
    ):
        await text(socket)
        await text(other)
        await revoke(shown, B)
        await shown.office.ring(Topic.PERMISSIONS)
        assert (await text(socket))["code"] == "revoked"
        await first_pictures(other, 20)
        assert len(shown.viewing.running) == 1


async def test_a_grant_that_runs_out_ends_the_picture(shown: Scene) -> None:
    async with shown.office.store.begin() as conn:
        until = shown.clock.now() + timedelta(seconds=60)
        await conn.execute(update(grant_rows).where(grant_rows.c.grantee_id == B).values(not_after=until))
    async with watching(shown, "jinxin", shown.world.camera(B).id) as socket:
        await text(socket)
        shown.clock.skip(61)
        assert (await text(socket))["code"] == "expired"
    await shown.record("expired")


async def test_signing_out_ends_the_picture(shown: Scene) -> None:
    async with watching(shown, "jinxin", shown.world.camera(B).id) as socket:
        await text(socket)
        async with shown.office.store.begin() as conn:
            await sessions.end_all(conn, shown.world.people["jinxin"].id, shown.clock.now())
        assert (await text(socket))["code"] == "signed_out"


async def test_a_session_that_runs_out_ends_the_picture(shown: Scene) -> None:
    async with watching(shown, "jinxin", shown.world.camera(B).id) as socket:
        await text(socket)
        shown.clock.skip(13 * 3600)
        assert (await text(socket))["code"] == "signed_out"


@pytest.mark.parametrize(
    ("login", "code"), [("jinsha", "not_found"), ("transport", "not_found"), ("system", "refused"), ("", "signed_out")]
)
async def test_who_may_not_watch_is_told_so_without_a_hint(shown: Scene, login: str, code: str) -> None:
    answers = []
    for camera_id in (shown.world.camera(B).id, "TZ-nowhere"):
        cookie = ""
        if login:
            async with aclosing(await signed_in(shown.app, login)) as client:
                cookie = await cookie_of(client)
        async with connected(shown.app, f"/api/v1/cameras/{camera_id}/live", cookie) as socket:
            await socket.receive()
            answers.append(await text(socket))
    assert answers[0]["code"] == code
    if code != "refused":
        assert answers[0] == answers[1]
    assert not await shown.records()


async def test_r13_without_a_record_there_is_no_picture(shown: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any) -> None:
        raise OperationalError("insert", {}, OSError("database or disk is full"))

    monkeypatch.setattr(view_records, "begin", full)
    async with watching(shown, "jinxin", shown.world.camera(B).id) as socket:
        ended = await text(socket)
    assert ended["code"] == "unavailable"
    assert "record" in ended["message"]
    assert shown.hub.tally.packets == 0


async def test_r13_running_pictures_end_within_a_minute_when_records_cannot_be_written(
    shown: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise OperationalError("update", {}, OSError("database or disk is full"))

    async with watching(shown, "jinxin", shown.world.camera(B).id) as socket:
        await text(socket)
        monkeypatch.setattr(view_records, "progress", full)
        shown.clock.skip(16)
        await first_pictures(socket, 5)
        shown.clock.skip(31)
        ended = await text(socket)
        assert ended["code"] == "unavailable"
        monkeypatch.undo()
    await shown.record("unavailable")


@pytest.mark.parametrize("hanging", ["read", "begin"])
async def test_r13_running_pictures_end_when_the_database_hangs(
    shown: Scene, monkeypatch: pytest.MonkeyPatch, hanging: str
) -> None:
    @asynccontextmanager
    async def never(_: Store) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield

    async with watching(shown, "jinxin", shown.world.camera(B).id) as socket:
        await text(socket)
        monkeypatch.setattr(viewing_module, "PATIENCE_SECONDS", 0.05)
        monkeypatch.setattr(Store, hanging, never)
        shown.clock.skip(46)
        ended = await text(socket)
        assert ended["code"] == "unavailable"
        monkeypatch.undo()
    await shown.record("unavailable")


async def test_opening_and_leaving_a_thousand_times_leaves_nothing_behind(shown: Scene) -> None:
    chance = random.Random(7)
    camera_id = shown.world.camera(B).id
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        cookie, address = await cookie_of(client), f"/api/v1/cameras/{camera_id}/live"

        async def look() -> None:
            async with connected(shown.app, address, cookie) as socket:
                for _ in range(chance.choice((0, 0, 1, 2, 5))):
                    await socket.receive()

        async def crowd(rounds: int) -> None:
            for _ in range(rounds):
                async with asyncio.TaskGroup() as group:
                    for _ in range(20):
                        group.create_task(look())

        idle = len(asyncio.all_tasks())
        await crowd(3)  # opens the connections that the database pool keeps
        files = len(os.listdir("/proc/self/fd"))
        await crowd(50)
    async with asyncio.timeout(60):
        while shown.hub.channels or len(asyncio.all_tasks()) > idle or shown.viewing.waiting_closings:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (shown.viewing.running, shown.hub.viewers) == ((), 0)
    assert len(os.listdir("/proc/self/fd")) <= files
    assert [row["id"] for row in await shown.records() if row["ended_at"] is None] == []
    assert len(await shown.records()) >= 300, "most stayed long enough to be recorded"


async def test_a_stream_without_parameter_sets_is_called_unplayable(world: World, tmp_path: Path) -> None:
    bare = [Packet(0, True, b"\0\0\0\1\x65abc", 0.0)]
    camera_id = world.camera(B).id
    async with scene(world, tmp_path, LocalBus(), Worker(bare)) as one, watching(one, "jinxin", camera_id) as socket:
        ended = await text(socket)
    assert ended["code"] == "unplayable"
    assert "other stream" in ended["message"]


async def test_a_page_of_another_site_gets_nothing(shown: Scene) -> None:
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        address = f"/api/v1/cameras/{shown.world.camera(B).id}/live"
        async with connected(shown.app, address, await cookie_of(client), "http://evil.example") as socket:
            assert (await socket.receive())["type"] in ("websocket.close", "websocket.http.response.start")
    assert not await shown.records()


async def test_a_snapshot_is_recorded_and_not_kept_by_anybody(shown: Scene) -> None:
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        answer = await client.get(f"/cameras/{shown.world.camera(B).id}/snapshot?width=320")
        assert (answer.status_code, answer.content) == (200, JPEG)
        assert answer.headers["cache-control"] == "private, no-store"
        row = await shown.record("done")
        assert (row["action"], row["transport"], row["bytes"]) == ("snapshot", "jpeg", len(JPEG))
        assert shown.worker.words[0].startswith(f"jinxin {B} 20"), "R16: who looks stands on the picture"
    async with aclosing(await signed_in(shown.app, "jinsha")) as stranger:
        assert (await stranger.get(f"/cameras/{shown.world.camera(B).id}/snapshot")).status_code == 404


async def test_records_left_open_by_a_killed_gateway_are_closed(world: World, tmp_path: Path) -> None:
    async with scene(world, tmp_path, LocalBus(), Worker()) as one:
        async with one.office.store.begin() as conn:
            await conn.execute(epochs.delete())
        async with watching(one, "jinxin", world.camera(B).id) as socket:
            await text(socket)
            (row,) = await one.records()
            again = Viewing(one.office)
            async with asyncio.TaskGroup() as group:
                running = group.create_task(again.run())
                assert (await one.record("gateway_killed"))["id"] == row["id"]
                running.cancel()
