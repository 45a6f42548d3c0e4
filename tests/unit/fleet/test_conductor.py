"""The conductor places cameras over the workers that live, tells each its own, and moves those of a silent one."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.bus.local import LocalBus
from gateway.clock import SystemClock
from gateway.domain.packets import StreamKey, StreamKind
from gateway.domain.rules import rules_from
from gateway.fleet import dialling as dialling_module
from gateway.fleet.address import LinkAddress
from gateway.fleet.conductor import Conductor, Detection
from gateway.fleet.dialling import Dialling
from gateway.fleet.wire import AssignedCamera
from gateway.ports import Credential
from gateway.storage import assignments, cameras, credentials, leases, workers
from gateway.storage.cameras import NewCamera
from gateway.storage.secrets import SecretBox
from gateway.storage.store import Store
from tests.contract.storage import district

RULES = {"rules": [{"id": "still", "kinds": ["freeze"], "fault": True}]}


class Link:
    """A worker that remembers what it was told."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        self.told: list[tuple[list[AssignedCamera], float, int]] = []

    async def assign(self, own: list[AssignedCamera], rules: Any, budget: float, epoch: int = 0) -> None:
        self.told.append((list(own), budget, epoch))

    @property
    def newest(self) -> dict[str, AssignedCamera]:
        return {camera.camera_id: camera for camera in self.told[-1][0]} if self.told else {}


class Fleet(Dialling):
    """Workers that come, speak and go as the test says."""

    def __init__(self, gateway_id: str = "g1") -> None:
        super().__init__(gateway_id, None, SystemClock())  # type: ignore[arg-type]

    def come(self, worker_id: str) -> Link:
        link = Link(worker_id)
        self.links[worker_id] = link  # type: ignore[assignment]
        self.addresses[worker_id] = f"unix:/{worker_id}"
        self.speak(worker_id)
        return link

    def speak(self, worker_id: str) -> None:
        self._hear(worker_id)
        self.changed.set()

    def fall_silent(self, worker_id: str) -> None:
        self._heard[worker_id] -= dialling_module.ALIVE_SECONDS + 1
        self.changed.set()


@pytest.fixture
async def seeded(store: Store) -> tuple[Store, SecretBox]:
    box = SecretBox(secrets.token_bytes(32))
    now = datetime.now(UTC)
    own = district.camera(1, credential_id="camera:C-001")
    async with store.begin() as conn:
        await district.lay(conn)
        await credentials.replace(conn, box, "camera:C-001", Credential("viewer", "the device's password"), now)
        await cameras.replace(conn, [NewCamera(own)], now)
    return store, box


@asynccontextmanager
async def conducting(
    store: Store, box: SecretBox, fleet: Fleet, gateway_id: str = "g1", **detection: Any
) -> AsyncIterator[Conductor]:
    looking = Detection(0.8, tuple(RULES["rules"]), rules_from(RULES), **detection)
    conductor = Conductor(store, SystemClock(), LocalBus(), fleet, gateway_id, box, looking, expected=2)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(conductor.run())
        yield conductor
        running.cancel()


def district_key() -> StreamKey:
    return StreamKey("C-001", StreamKind.SUB)


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_cameras_are_spread_and_each_worker_is_told_its_own(seeded: tuple[Store, SecretBox]) -> None:
    store, box = seeded
    fleet = Fleet()
    one, other = fleet.come("w1"), fleet.come("w2")
    async with conducting(store, box, fleet, max_cameras=2, first=("C-004",)):
        await until(lambda: one.told and other.told)
        whole = one.newest | other.newest
        assert sorted(whole) == ["C-001", "C-002", "C-003", "C-004", "C-005"]
        assert not set(one.newest) & set(other.newest)
        assert {"C-004", "C-005"} <= set(one.newest) or {"C-004", "C-005"} <= set(other.newest)
        assert (whole["C-001"].username, whole["C-001"].password) == ("viewer", "the device's password")
        assert (whole["C-004"].host, whole["C-004"].rtsp_port, whole["C-004"].host_limit) == ("192.0.2.9", 8554, 16)
        assert (whole["C-001"].channel, whole["C-004"].channel) == (None, 1)
        assert whole["C-001"].rules == ("still",)
        assert {camera for camera, told in whole.items() if told.detectors is not None} == {"C-001", "C-004"}
        assert one.told[-1][1] + other.told[-1][1] == pytest.approx(0.8)
        async with store.read() as conn:
            assert await assignments.every(conn) == {
                camera: worker for worker, link in (("w1", one), ("w2", other)) for camera in link.newest
            }
            assert {worker.id for worker in await workers.every(conn)} == {"w1", "w2"}


@pytest.mark.slow
async def test_a_silent_workers_cameras_move_and_it_gets_some_back(seeded: tuple[Store, SecretBox]) -> None:
    store, box = seeded
    fleet = Fleet()
    one, other = fleet.come("w1"), fleet.come("w2")
    async with conducting(store, box, fleet):
        await until(lambda: one.told and other.told)
        fleet.fall_silent("w2")
        await until(lambda: len(one.newest) == 5)
        fleet.speak("w1")
        fleet.speak("w2")
        await until(lambda: len(other.newest) in (2, 3) and len(one.newest) + len(other.newest) == 5)


async def test_a_worker_that_comes_back_within_moments_keeps_its_cameras(seeded: tuple[Store, SecretBox]) -> None:
    store, box = seeded
    fleet = Fleet()
    one, other = fleet.come("w1"), fleet.come("w2")
    async with conducting(store, box, fleet):
        await until(lambda: one.told and other.told)
        before = set(other.newest)
        del fleet.links["w2"]
        fleet.changed.set()
        await asyncio.sleep(0.3)
        again = fleet.come("w2")
        await until(lambda: again.told)
        assert set(again.newest) == before
        assert len(one.told) == 1


async def test_a_changed_address_is_told(seeded: tuple[Store, SecretBox]) -> None:
    store, box = seeded
    fleet = Fleet()
    one, other = fleet.come("w1"), fleet.come("w2")
    async with conducting(store, box, fleet):
        await until(lambda: one.told and other.told)
        async with store.begin() as conn:
            await cameras.replace(conn, [NewCamera(district.camera(2, host="192.0.2.99"))], datetime.now(UTC))
        fleet.changed.set()
        await until(lambda: (one.newest | other.newest)["C-002"].host == "192.0.2.99")


@pytest.mark.slow
async def test_one_conducts_and_the_other_takes_over(seeded: tuple[Store, SecretBox]) -> None:
    store, box = seeded
    first, second = Fleet("g1"), Fleet("g2")
    led, watched = first.come("w1"), second.come("w1")
    async with conducting(store, box, second, "g2") as heir:
        async with store.begin() as conn:
            await leases.acquire(conn, "conductor", "g1", datetime.now(UTC), timedelta(seconds=4))
        heir.leading = False
        heir._renewed = datetime.min.replace(tzinfo=UTC)
        second.changed.set()
        await asyncio.sleep(0.5)
        assert not heir.leading
        told = len(watched.told)
        second.speak("w1")
        await until(lambda: second.speak("w1") or heir.leading)
        await until(lambda: second.speak("w1") or len(watched.told) > told)
    assert not led.told


async def test_pulls_move_with_their_camera() -> None:
    fleet = Fleet()
    ended: list[str] = []
    pull = dialling_module.Pull(fleet, "w1", district_key(), ended.append)
    fleet.pulls.add(pull)
    fleet.owned({"C-001": "w1"}, {})
    assert not ended
    fleet.owned({"C-001": "w2"}, {})
    assert ended == ["the camera has moved to another worker"]
    assert not fleet.pulls


async def test_workers_that_another_gateway_found_are_dialled_too(
    seeded: tuple[Store, SecretBox], tmp_path: Path
) -> None:
    store, box = seeded
    socket, gone = tmp_path / "w7.sock", tmp_path / "w8.sock"
    socket.touch()
    fleet = Fleet("g2")
    async with store.begin() as conn:
        for name, path in (("w7", socket), ("w8", gone)):
            await workers.see(conn, workers.Worker(name, f"unix:{path}", datetime.now(UTC), "g1", 0))
    async with conducting(store, box, fleet, "g2"):
        await until(lambda: fleet._wanted)
        assert fleet._wanted == {LinkAddress(path=str(socket))}


async def test_what_is_at_one_host_has_one_worker_whoever_owns_it(seeded: tuple[Store, SecretBox]) -> None:
    """Two cameras at the recorder's own address, filed as standing alone: the breaker counts for all of them."""
    store, box = seeded
    fleet = Fleet()
    one, other = fleet.come("w1"), fleet.come("w2")
    strangers = [replace(district.camera(number), id=f"X-{number}", host="192.0.2.9") for number in (61, 62, 63)]
    async with store.begin() as conn:
        await cameras.replace(conn, [NewCamera(camera) for camera in strangers], datetime.now(UTC))
    async with conducting(store, box, fleet):
        await until(lambda: one.told and other.told and len(one.newest | other.newest) == 8)
        at_the_host = {"C-004", "C-005", "X-61", "X-62", "X-63"}
        assert at_the_host <= set(one.newest) or at_the_host <= set(other.newest)
        owner = "w1" if "C-004" in one.newest else "w2"
        assert fleet._knocking_at("192.0.2.9").worker_id == owner
