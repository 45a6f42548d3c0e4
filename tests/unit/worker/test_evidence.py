import asyncio
from collections import defaultdict
from dataclasses import replace

from gateway.domain.events import Event, Phase
from gateway.domain.observations import Box, ObservationKind
from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.worker import evidence as evidence_module
from gateway.worker.evidence import AFTER_SECONDS, BEFORE_SECONDS, EvidenceMaker
from gateway.worker.eye import Finding
from gateway.worker.stream import PREROLL_SECONDS, Stream
from tests.hand_clock import HandClock

BOX = Box(0.1, 0.1, 0.2, 0.2)
SETS = bytes.fromhex("000000016764001facd9405005bb011000000300100000030320f18319600000000168ebe3cb22c0")


def event(phase: Phase = Phase.OPEN, at: float = 20.0) -> Event:
    return Event("id", "c", "r", ObservationKind.ANOMALY, phase, at, at, at, BOX, 3.0, 2.0, False)


class Outbox:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.missing: dict[str, str] = {}
        self.expected: list[str] = []

    async def expect(self, event_id, kinds):
        self.expected += kinds

    async def keep(self, event_id, kind, data):
        self.kept[kind] = data

    async def keep_missing(self, event_id, kind, reason):
        self.missing[kind] = reason


def streaming(until_second: int = 20) -> Stream:
    stream = Stream(StreamKey("c", StreamKind.SUB), lambda: None)
    feed(stream, 0, until_second)
    return stream


def feed(stream: Stream, begin: int, end: int) -> None:
    for tenth in range(begin * 10, end * 10):
        key = tenth % 20 == 0
        data = (SETS if key else b"") + b"\x00\x00\x00\x01" + (b"\x65" if key else b"\x41") + bytes(20)
        stream.take(Packet(tenth * 9000, key, data, tenth / 10))


class LiveClock(HandClock):
    """While the clip runs on, the stream does."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(at=20.0)
        self._stream = stream

    async def sleep(self, seconds: float) -> None:
        begin = round(self.now().timestamp())
        self.advance(seconds)
        feed(self._stream, begin, begin + int(seconds))
        await asyncio.sleep(0)


def recorded(monkeypatch) -> dict[str, list[Packet]]:
    calls: dict[str, list[Packet]] = defaultdict(list)

    def mp4(packets):
        calls["clip"] = list(packets)
        return b"mp4"

    monkeypatch.setattr(evidence_module.clips, "mp4", mp4)
    return calls


async def test_a_clip_begins_five_seconds_before_at_a_keyframe_and_has_no_packet_twice(monkeypatch):
    calls, outbox, stream = recorded(monkeypatch), Outbox(), streaming()
    maker = EvidenceMaker(outbox, LiveClock(stream), lambda camera_id: stream)
    await maker.make(Finding(event(), b"jpeg"))
    assert outbox.expected == ["still", "clip"]
    assert outbox.kept == {"still": b"jpeg", "clip": b"mp4"}
    times = [packet.arrived_at for packet in calls["clip"]]
    assert times == sorted(set(times))
    assert 12.9 <= times[0] <= 15.0
    assert calls["clip"][0].keyframe
    assert times[-1] >= 20 + AFTER_SECONDS - 0.2
    assert stream.readers == 0


async def test_what_a_slow_disk_costs_is_not_taken_from_the_seconds_before(monkeypatch):
    calls, stream = recorded(monkeypatch), streaming()
    clock = LiveClock(stream)

    class SlowDisk(Outbox):
        async def expect(self, event_id, kinds):
            await clock.sleep(6)  # meanwhile the pre-roll moves on

    await EvidenceMaker(SlowDisk(), clock, lambda camera_id: stream).make(Finding(event(), b"jpeg"))
    times = [packet.arrived_at for packet in calls["clip"]]
    assert 12.9 <= times[0] <= 15.0
    assert times == sorted(set(times))
    assert 29.8 <= times[-1] <= 31.0, "the clip ends 10 s after the event, not after the disk"


async def test_detectors_may_lag_three_seconds_and_the_clip_still_begins_five_before(monkeypatch):
    calls, stream = recorded(monkeypatch), streaming(23)
    clock = LiveClock(stream)
    clock.advance(3)
    await EvidenceMaker(Outbox(), clock, lambda camera_id: stream).make(Finding(event(at=20.0), b"jpeg"))
    assert calls["clip"][0].arrived_at <= 15.0
    assert PREROLL_SECONDS >= BEFORE_SECONDS + 3


async def test_the_clip_of_a_lost_signal_shows_the_seconds_before_the_loss(monkeypatch):
    calls, stream = recorded(monkeypatch), streaming(20)
    clock = HandClock(at=62.0)
    loss = replace(event(at=62.0), kind=ObservationKind.SIGNAL_LOSS, fault=True)
    await EvidenceMaker(Outbox(), clock, lambda camera_id: stream).make(Finding(loss))
    times = [packet.arrived_at for packet in calls["clip"]]
    assert 12.9 <= times[0] <= 15.0
    assert times[-1] == 19.9


async def test_only_an_opening_makes_evidence():
    outbox = Outbox()
    await EvidenceMaker(outbox, HandClock(), lambda camera_id: None).make(Finding(event(Phase.EXTEND)))
    assert (outbox.expected, outbox.kept, outbox.missing) == ([], {}, {})


async def test_a_camera_that_has_left_has_no_evidence_and_says_so():
    outbox = Outbox()
    await EvidenceMaker(outbox, HandClock(), lambda camera_id: None).make(Finding(event()))
    assert set(outbox.missing) == {"still", "clip"}


async def test_an_event_without_a_picture_takes_its_still_from_the_last_keyframe(monkeypatch):
    recorded(monkeypatch)
    monkeypatch.setattr(evidence_module, "_last_picture", lambda key, event: b"last" if key.keyframe else None)
    outbox, stream = Outbox(), streaming()
    await EvidenceMaker(outbox, LiveClock(stream), lambda camera_id: stream).make(Finding(event()))
    assert outbox.kept["still"] == b"last"


async def test_a_mistake_costs_that_piece_only(monkeypatch):
    def broken(packets):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(evidence_module.clips, "mp4", broken)
    outbox, stream = Outbox(), streaming()
    await EvidenceMaker(outbox, LiveClock(stream), lambda camera_id: stream).make(Finding(event(), b"jpeg"))
    assert outbox.kept == {"still": b"jpeg"}
    assert "failed" in outbox.missing["clip"]


async def test_too_many_clips_at_once_are_refused_with_the_reason(monkeypatch):
    monkeypatch.setattr(evidence_module, "MAX_CLIPS", 0)
    outbox, stream = Outbox(), streaming()
    await EvidenceMaker(outbox, LiveClock(stream), lambda camera_id: stream).make(Finding(event(), b"jpeg"))
    assert "too many" in outbox.missing["clip"]
