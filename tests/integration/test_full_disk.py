"""A full disk: evidence and photos are refused and say why; the database beside them goes on, and pictures with it."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from gateway.disk import DiskFull
from gateway.domain.actions import Action
from gateway.domain.events import Event, Phase
from gateway.domain.observations import WHOLE_PICTURE, ObservationKind
from gateway.services.evidence import EvidenceRoom
from gateway.services.leasing import Wish
from gateway.services.office import Caller
from gateway.services.viewing import Viewing
from gateway.services.watching import Watching
from gateway.storage import evidence as evidence_rows
from gateway.storage import sessions
from gateway.storage.store import open_store, sqlite_url
from gateway.storage.tables import candidates, view_records
from gateway.web.api import create_api
from gateway.worker.spool import Spool, SpooledEvent
from tests.integration import world as district
from tests.integration.moving_clock import MovingClock
from tests.integration.world import START, A, B, World, signed_in

DISK_MB = 32
PIECE = b"\xff\xd8\xff" + bytes(3 << 20) + b"\xff\xd9"
LOSS = Event("", "C", "r", ObservationKind.SIGNAL_LOSS, Phase.OPEN, 1.0, 1.0, 1.0, WHOLE_PICTURE, 12.0, 10.0, True)
DIGEST = hashlib.sha256(PIECE).hexdigest()


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of its own, of which a few pieces of evidence fill the most part.

    Who may not mount one gets a folder that is only measured like one.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: measured(folder))
        yield folder
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def measured(folder: Path) -> shutil._ntuple_diskusage:
    """The folder as if it were a disk of ``DISK_MB``."""
    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return shutil._ntuple_diskusage(DISK_MB << 20, used, max(0, (DISK_MB << 20) - used))


@pytest.fixture
async def world(small_disk: Path, migrated_sqlite: Path) -> AsyncIterator[World]:
    """The district with its database and its data folder on the small disk."""
    shutil.copyfile(migrated_sqlite, small_disk / "gateway.sqlite3")
    async with open_store(sqlite_url(small_disk / "gateway.sqlite3")) as store:
        yield await district.build(store, small_disk)


async def session_of(world: World, login: str) -> Caller:
    """The caller that the person's newest session makes."""
    operator = world.people[login]
    async with world.office.store.read() as conn:
        (session,) = await sessions.of_operator(conn, operator.id, START)
    return Caller(operator, session.id, None)


async def test_a_full_disk_refuses_evidence_with_the_reason_and_pictures_go_on(world: World, small_disk: Path) -> None:
    clock = MovingClock()
    office = replace(world.office, clock=clock)
    room = EvidenceRoom(office, small_disk / "evidence", 1 << 40, timedelta(days=30))
    watching = Watching(office, room)
    async with office.store.read() as conn:
        ids = (await conn.scalars(select(candidates.c.event_id))).all()
    for kind in ("still", "clip"):
        for event_id in ids:
            await watching.evidence("w1", event_id, kind, PIECE, DIGEST, "image/jpeg", None)
    async with office.store.read() as conn:
        kept = await evidence_rows.of_events(conn, ids)
    reasons = [piece.missing_reason for pieces in kept.values() for piece in pieces.values()]
    assert reasons.count("") >= 3, "while there was room it was kept"
    assert reasons.count("disk full") >= 3
    assert set(reasons) == {"", "disk full"}
    # folders, the rows that say what is missing and the last pages of files take some room of their own
    assert shutil.disk_usage(small_disk).free >= (DISK_MB << 20) // 10 - (128 << 10)

    async with aclosing(await signed_in(create_api(office), "district")) as client:
        ticket = await client.post(
            f"/candidates/{world.candidates[world.camera(A).id]}/confirm", json={"category": "3206120102", "version": 1}
        )
        assert ticket.status_code == 200, ticket.text
        photo = {"file": ("spot.jpg", PIECE[: 8 << 20], "image/jpeg")}
        refused = await client.post(f"/tickets/{ticket.json()['id']}/photos", files=photo)
        assert (refused.status_code, "disk is full" in refused.text) == (503, True)
        await assert_a_view_goes_on(world, Viewing(office), clock, await session_of(world, "district"))


async def assert_a_view_goes_on(world: World, viewing: Viewing, clock: MovingClock, caller: Caller) -> None:
    """Opens a view and lets it run through several of its record's heartbeats."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(viewing.run())
        async with viewing.open(caller, Wish(world.camera(B).id, Action.VIEW_LIVE, "ws")) as lease:
            for _ in range(6):
                clock.skip(16)
                before = viewing._written_at
                async with asyncio.timeout(60):
                    while viewing._written_at == before:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
            assert not lease.over.is_set(), "its record is written to all the time, so the picture goes on"
        running.cancel()
    async with world.office.store.read() as conn:
        record = (await conn.execute(select(view_records).where(view_records.c.id == lease.view_id))).mappings().one()
    assert record["ended_at"] is not None
    assert viewing.tally.failures == 0


def test_a_worker_keeps_its_reports_and_leaves_out_what_is_bulky(small_disk: Path) -> None:
    spool = Spool(small_disk / "spool")
    for number in range(3):
        spool.keep(f"event-{number}", "clip", PIECE)
    (small_disk / "other").write_bytes(bytes(shutil.disk_usage(small_disk).free - (5 << 20)))
    with pytest.raises(DiskFull, match="disk full"):
        spool.keep("event-3", "clip", PIECE)
    spool.add([SpooledEvent(number, replace(LOSS, id=str(UUID(int=number)))) for number in range(200)])
    assert len(list(spool.events())) == 200
