import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.clock import SystemClock
from gateway.domain.events import Event, Phase
from gateway.domain.observations import Box, ObservationKind
from gateway.worker import outbox as outbox_module
from gateway.worker.outbox import Outbox
from gateway.worker.spool import Spool
from tests.peers.worker_process import until

ID = "0190a0b0-0000-7000-8000-00000000000{}"


def event(number: int = 1, phase: Phase = Phase.OPEN) -> Event:
    box = Box(0, 0, 1, 1)
    return Event(ID.format(number), "c", "r", ObservationKind.ANOMALY, phase, 1.0, 2.0, 1.0, box, 3.0, 2.0, False)


class Gateway:
    def __init__(self) -> None:
        self.messages: list[dict] = []
        self.blobs: list[tuple[dict, bytes]] = []

    def control(self, message) -> None:
        self.messages.append(message)

    def blob(self, header, data) -> None:
        self.blobs.append((header, data))

    def of(self, kind: str) -> list[dict]:
        return [message for message in self.messages if message["type"] == kind]


class Line:
    """Which gateway is reached, if any."""

    def __init__(self, gateway: Gateway | None) -> None:
        self.gateway = gateway


@asynccontextmanager
async def running(folder, line: Line) -> AsyncIterator[Outbox]:
    made = Outbox(Spool(folder), SystemClock(), lambda: line.gateway)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(made.run())
        yield made
        task.cancel()


async def test_a_report_is_on_disk_before_it_is_sent_and_gone_once_acknowledged(tmp_path):
    line = Line(Gateway())
    async with running(tmp_path, line) as outbox:
        outbox.report(event())
        await until(lambda: line.gateway.of("event"))
        (message,) = line.gateway.of("event")
        assert [item.serial for item in Spool(tmp_path).events()] == [message["serial"]]
        await outbox.acknowledged(event().id, message["serial"])
        assert outbox.depth == (0, 0)
    assert list(Spool(tmp_path).events()) == []


async def test_what_is_not_acknowledged_comes_again(tmp_path, monkeypatch):
    monkeypatch.setattr(outbox_module, "RESEND_SECONDS", 0.05)
    line = Line(Gateway())
    async with running(tmp_path, line) as outbox:
        outbox.report(event())
        await until(lambda: len(line.gateway.of("event")) >= 3)
    assert len({message["serial"] for message in line.gateway.of("event")}) == 1


async def test_another_gateway_is_told_at_once(tmp_path):
    line = Line(None)
    async with running(tmp_path, line) as outbox:
        outbox.report(event())
        await until(lambda: outbox.depth == (1, 0))
        first, second = Gateway(), Gateway()
        line.gateway = first
        await until(lambda: first.of("event"))
        line.gateway = second
        await until(lambda: second.of("event"))


async def test_evidence_waits_until_its_event_is_known(tmp_path):
    line = Line(Gateway())
    async with running(tmp_path, line) as outbox:
        outbox.report(event())
        await until(lambda: line.gateway.of("event"))
        await outbox.keep(event().id, "still", b"jpeg")
        await outbox.keep_missing(event().id, "clip", "no picture")
        await asyncio.sleep(0.05)
        assert line.gateway.blobs == []
        await outbox.acknowledged(event().id, line.gateway.of("event")[0]["serial"])
        await until(lambda: line.gateway.blobs and line.gateway.of("evidence_missing"))
        header, data = line.gateway.blobs[0]
        assert (header["event"], header["kind"], header["media_type"], data) == (
            ID.format(1),
            "still",
            "image/jpeg",
            b"jpeg",
        )
        for kind in ("still", "clip"):
            await outbox.evidence_acknowledged(event().id, kind)
    assert Spool(tmp_path).evidence() == []


async def test_evidence_that_is_never_taken_does_not_hold_up_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(outbox_module, "EVIDENCE_RESEND_SECONDS", 0.05)
    line = Line(Gateway())
    async with running(tmp_path, line) as outbox:
        for number in range(1, 9):
            await outbox.keep(ID.format(number), "still", b"x")
        await until(lambda: len({header["event"] for header, _ in line.gateway.blobs}) == 8)


async def test_serials_grow_over_restarts(tmp_path):
    serials: list[int] = []
    for count in (1, 2, 3):
        line = Line(Gateway())
        async with running(tmp_path, line) as outbox:
            outbox.report(event(1, Phase.CLOSE))
            await until(lambda line=line, count=count: len(line.gateway.of("event")) == count)
            serials = [message["serial"] for message in line.gateway.of("event")]
    assert serials == sorted(set(serials))
    assert len(serials) == 3


async def test_an_event_left_open_by_a_crash_is_closed_once(tmp_path):
    line = Line(Gateway())
    async with running(tmp_path, line) as outbox:
        outbox.report(event(1))
        outbox.report(event(2))
        outbox.report(event(2, Phase.CLOSE))
        await until(lambda: len(line.gateway.of("event")) == 3)
    again = Line(Gateway())
    async with running(tmp_path, again):
        await until(lambda: len(again.gateway.of("event")) == 4)
    phases = [(message["event"]["id"], message["event"]["phase"]) for message in again.gateway.of("event")]
    assert phases.count((ID.format(1), "close")) == 1
    assert phases.count((ID.format(2), "close")) == 1


@pytest.fixture
def full_disk(monkeypatch):
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)


@pytest.mark.usefixtures("full_disk")
async def test_a_full_disk_still_lets_events_out_and_says_why_evidence_is_missing(tmp_path):
    line = Line(Gateway())
    async with running(tmp_path, line) as outbox:
        outbox.report(event())
        await until(lambda: line.gateway.of("event"))
        assert outbox.unspooled == 1
        await outbox.expect(event().id, ("still",))
        await outbox.keep(event().id, "still", b"jpeg")
        await outbox.acknowledged(event().id, line.gateway.of("event")[0]["serial"])
        await until(lambda: line.gateway.of("evidence_missing"))
        assert line.gateway.of("evidence_missing")[0]["reason"] == "disk full"
        await outbox.evidence_acknowledged(event().id, "still")
        assert outbox.depth == (0, 0)


async def test_an_event_is_on_disk_before_its_evidence_whenever_the_process_dies(tmp_path):
    outbox = Outbox(Spool(tmp_path), SystemClock(), lambda: None)
    outbox.report(event())
    await outbox.expect(event().id, ("still",))
    assert [item.event.id for item in Spool(tmp_path).events()] == [event().id]
    outbox.report(event(2))
    await outbox.keep(event(2).id, "still", b"jpeg")
    assert {item.event.id for item in Spool(tmp_path).events()} == {event().id, event(2).id}
    outbox._disk.shutdown()


async def test_too_many_are_dropped_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(outbox_module, "MAX_UNACKNOWLEDGED", 3)
    async with running(tmp_path, Line(None)) as outbox:
        for number in range(1, 6):
            outbox.report(event(number))
        assert outbox.dropped == 2
