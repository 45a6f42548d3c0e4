"""Pictures that our page does not show are marked: those of programs, and of everybody under the watermark."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import cv2
import httpx
import numpy as np
import pytest
from sqlalchemy import select

from gateway.bus.local import LocalBus
from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.media.channel import Subscription
from gateway.services.evidence import EvidenceRoom
from gateway.services.office import new_id
from gateway.storage import grants
from gateway.storage.tables import events
from gateway.worker.clips import mp4
from gateway.worker.rendition import Press
from tests.integration.sockets import Socket, connected
from tests.integration.test_live import Scene, Worker, scene, text, watching
from tests.integration.test_live_webrtc import peer
from tests.integration.test_service_accounts import system, whole
from tests.integration.world import DEPARTMENT, START, A, B, World, policy, signed_in
from tests.unit.media.test_fmp4 import encoded
from tests.unit.worker.test_marking import legible

PICTURES = encoded(frames=20, size=(640, 360))
SOME = 12
TIME = "2026-11-23 09:00:00"


class MarkingWorker(Worker):
    """A worker whose renditions are made by what makes them in a real one."""

    def __init__(self) -> None:
        super().__init__(PICTURES)
        self.asked: list[tuple[StreamKey, str]] = []
        self.full = False

    def subscribe(
        self, key: StreamKey, sink: Callable[[Packet], None], ended: Callable[[str], None], words: str = ""
    ) -> Subscription:
        self.asked.append((key, words))
        if words and self.full:
            asyncio.get_running_loop().call_soon(ended, "this worker marks 24 live pictures already")
            return self
        press = Press(lambda: f"{words} {TIME}")

        def marked(packet: Packet) -> None:
            for _, one in press.printed([packet]):
                sink(one)

        taken = marked if words else sink
        self.sinks.append(taken)
        return _Pull(self, taken)


class _Pull:
    def __init__(self, worker: Worker, sink: Callable[[Packet], None]) -> None:
        self._worker, self._sink = worker, sink

    def close(self) -> None:
        if self._sink in self._worker.sinks:
            self._worker.sinks.remove(self._sink)


@pytest.fixture
async def one(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), MarkingWorker()) as found:
        yield found


async def _token(one: Scene, login: str, home: str) -> str:
    """The token of an organisation's system that may watch its own cameras."""
    body = {"login": login, "name": "System (sample)", "organisation_id": home}
    async with (
        aclosing(await signed_in(one.app, "system")) as keeper,
        aclosing(await signed_in(one.app, "security")) as security,
    ):
        made = await keeper.post("/service-accounts", json=body)
        assert made.status_code == 201, made.text
        scopes = ["directory", "list", "view_live", "see_events"]
        return await whole(keeper, security, made.json()["id"], scopes=scopes, purpose="PS-ORDER")


@asynccontextmanager
async def _program(one: Scene, token: str, camera_id: str, query: str = "stream=sub") -> AsyncIterator[Socket]:
    async with connected(one.app, f"/api/v1/cameras/{camera_id}/live?{query}", token=token) as socket:
        assert (await socket.receive())["type"] == "websocket.accept"
        yield socket


async def _pictures(socket: Socket, start: dict[str, Any]) -> list[np.ndarray]:
    """What a player shows of the next fragments."""
    assert start["type"] == "start", start
    found: list[bytes] = []
    while len(found) < SOME:
        message = await socket.receive()
        if "bytes" in message:
            found.append(message["bytes"])
    with av.open(io.BytesIO(b"".join(found))) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def _same(pictures: list[np.ndarray], others: list[np.ndarray]) -> bool:
    """True if every picture is one of the others, but for the coding."""
    return all(min(np.abs(one.astype(int) - other).max() for other in others) < 20 for one in pictures)


def _legible(pictures: list[np.ndarray], words: str) -> bool:
    greys = [cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR) for picture in pictures]
    return all(legible(picture, words) > 0.5 for picture in greys)


async def test_r16_a_program_gets_every_picture_marked_and_its_record_says_so(one: Scene) -> None:
    camera = one.world.camera(DEPARTMENT)
    token = await _token(one, "drainage", DEPARTMENT)
    async with watching(one, "transport", camera.id) as socket:
        start = await text(socket)
        assert (start["marked"], start["conditions"]) == (False, [])
        bare = await _pictures(socket, start)
    async with _program(one, token, camera.id, "stream=main") as socket:
        start = await text(socket)
        assert (start["marked"], start["width"], start["height"]) == (True, 640, 360)
        marked = await _pictures(socket, start)
        assert (await one.records())[-1]["stream"] == "marked"
        assert one.hub.marked == 1
    assert _same(bare, bare)
    assert not any(_same([picture], bare) for picture in marked)
    assert _legible(marked, f"drainage {DEPARTMENT} {TIME}")
    assert not _legible(bare, f"drainage {DEPARTMENT} {TIME}")
    worker = one.worker
    assert isinstance(worker, MarkingWorker)
    assert worker.asked[-1] == (StreamKey(camera.id, StreamKind.SUB), f"drainage {DEPARTMENT}")
    await one.record("done")
    assert one.hub.marked == 0


async def test_r16_two_programs_are_told_apart_by_their_pictures(one: Scene) -> None:
    camera = one.world.camera(DEPARTMENT)
    seen = []
    for login in ("drainage", "signals"):
        async with _program(one, await _token(one, login, DEPARTMENT), camera.id) as socket:
            seen.append(await _pictures(socket, await text(socket)))
    assert _legible(seen[0], f"drainage {DEPARTMENT} {TIME}")
    assert _legible(seen[1], f"signals {DEPARTMENT} {TIME}")
    assert not any(_same([picture], seen[1]) for picture in seen[0])


async def _under_watermark(one: Scene, actions: frozenset[Action]) -> None:
    """Jinxin's people may use Jinsha's cameras, with the watermark."""
    shared = policy((GranteeKind.ORGANISATION, B), (TargetKind.OWNED_BY, A), actions)
    async with one.office.store.begin() as conn:
        bound = replace(shared, id=new_id(START), conditions=frozenset({Condition.WATERMARK}))
        await grants.insert(conn, bound)


async def test_r16_the_watermark_condition_marks_the_pictures_of_a_person_too(one: Scene) -> None:
    await _under_watermark(one, frozenset({Action.VIEW_LIVE}))
    async with watching(one, "jinxin", one.world.camera(A).id) as socket:
        start = await text(socket)
        assert (start["marked"], start["conditions"]) == (True, ["watermark"])
        assert _legible(await _pictures(socket, start), f"jinxin {B} {TIME}")
    async with watching(one, "jinxin", one.world.camera(B).id) as socket:
        assert (await text(socket))["marked"] is False, "their own cameras are marked by the page"
    assert [row["stream"] for row in await one.records()] == ["marked", "sub"]


async def test_r16_webrtc_carries_the_marked_pictures(one: Scene) -> None:
    camera = one.world.camera(DEPARTMENT)
    token = await _token(one, "drainage", DEPARTMENT)
    async with aclosing(system(one.app, token)) as client, peer() as browser:
        came: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        browser.on("track", came.set_result)
        answer = await client.post(
            f"/cameras/{camera.id}/whep",
            content=browser.localDescription.sdp,
            headers={"Content-Type": "application/sdp"},
        )
        assert answer.status_code == 201, answer.text
        assert answer.headers["view-marked"] == "true"
        await browser.setRemoteDescription(type(browser.localDescription)(answer.text, "answer"))
        async with asyncio.timeout(60):
            track = await came
            pictures = [(await track.recv()).to_ndarray(format="bgr24") for _ in range(4)]
        assert _legible(pictures, f"drainage {DEPARTMENT} {TIME}")
        (row,) = await one.records()
        assert (row["transport"], row["stream"]) == ("whep", "marked")
        assert (await client.delete(answer.headers["location"].removeprefix("/api/v1"))).status_code == 204
    await one.record("done")
    assert one.hub.marked == 0


async def test_r16_more_than_workers_can_mark_is_refused_in_one_sentence_and_never_shown_bare(one: Scene) -> None:
    camera, token = one.world.camera(DEPARTMENT), await _token(one, "drainage", DEPARTMENT)
    assert isinstance(one.worker, MarkingWorker)
    one.worker.full = True
    async with _program(one, token, camera.id) as socket:
        said = await text(socket)
        assert (said["type"], said["code"]) == ("end", "unavailable")
        assert said["message"] == "this worker marks 24 live pictures already"
        assert not any("'bytes': b" in message for message in socket.said)
    async with aclosing(system(one.app, token)) as client, peer() as browser:
        headers = {"Content-Type": "application/sdp"}
        offer = browser.localDescription.sdp
        answer = await client.post(f"/cameras/{camera.id}/whep", content=offer, headers=headers)
        assert (answer.status_code, "marks 24 live pictures" in answer.text) == (503, True)


async def _with_clip(one: Scene, folder: Path) -> tuple[str, bytes]:
    """The address of a clip of Jinsha's event, and the clip as it is kept."""
    clip = mp4(PICTURES)
    async with one.office.store.read() as conn:
        found = select(events.c.id).where(events.c.camera_id == one.world.camera(A).id)
        event_id = str((await conn.execute(found)).scalar_one())
    room = EvidenceRoom(one.office, folder / "evidence", 1 << 20, timedelta(days=1))
    await room.take(event_id, "clip", clip, hashlib.sha256(clip).hexdigest(), "video/mp4")
    return f"/evidence/{event_id}/clip", clip


def _frames(answer: httpx.Response) -> list[np.ndarray]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4"), answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    with av.open(io.BytesIO(answer.content)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


async def test_r16_a_clip_names_whoever_takes_it_and_its_record_says_so(one: Scene, tmp_path: Path) -> None:
    token = await _token(one, "drainage", A)
    await _under_watermark(one, frozenset({Action.SEE_EVENTS}))
    address, _ = await _with_clip(one, tmp_path)
    asking = {
        f"jinsha {A}": await signed_in(one.app, "jinsha"),
        f"drainage {A}": system(one.app, token),
        f"jinxin {B}": await signed_in(one.app, "jinxin"),
    }
    for words, client in asking.items():
        async with aclosing(client):
            pictures = _frames(await client.get(address))
        assert len(pictures) == len(PICTURES)
        assert _legible([pictures[0], pictures[1], pictures[-1]], f"{words} {one.clock.now():%Y-%m-%d} 09:0")
    assert [row["stream"] for row in await one.records()] == ["marked", "marked", "marked"]


async def test_r16_a_clip_asked_for_twice_is_burned_once_and_for_its_taker_alone(one: Scene, tmp_path: Path) -> None:
    address, clip = await _with_clip(one, tmp_path)
    async with (
        aclosing(await signed_in(one.app, "jinsha")) as owner,
        aclosing(await signed_in(one.app, "district")) as other,
    ):
        first, again = await asyncio.gather(owner.get(address), owner.get(address))
        assert first.content == again.content != clip
        assert _legible(_frames(await other.get(address))[:3], "district ")
        assert (await owner.get(address)).content == first.content
        one.clock.skip(61)
        later = await owner.get(address)
        assert later.content != first.content, "another time stands in it"
        assert len(await one.records()) == 5, "every asking is a look of its own"
