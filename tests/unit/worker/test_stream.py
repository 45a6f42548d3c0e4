import pytest

from gateway.domain.cameras import CameraState
from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.worker.stream import LEAST_BYTES, MOST_BYTES, PREROLL_SECONDS, SILENT_SECONDS, Stream

SETS = bytes.fromhex("000000016764001facd9405005bb011000000300100000030320f18319600000000168ebe3cb22c0")
KEY = StreamKey("c", StreamKind.SUB)


def packet(index: int, key: bool, generation: int = 0) -> Packet:
    data = SETS + b"\x00\x00\x00\x01\x65\x88" if key else b"\x00\x00\x00\x01\x41\x9a"
    return Packet(index * 9000, key, data, 1000 + index / 10, generation)


class Reader:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def described(self, description) -> None:
        self.heard.append(("described", description.generation, description.width, description.height))

    def packet(self, packet) -> None:
        self.heard.append((packet.generation, packet.pts // 9000))

    def ended(self, reason) -> None:
        self.heard.append(reason)


def made():
    changes: list[CameraState] = []
    stream = Stream(KEY, lambda: changes.append(stream.state))
    return stream, changes


def test_a_reader_gets_the_newest_group_at_once_and_then_what_comes():
    stream, _ = made()
    for index in range(15):
        stream.take(packet(index, index % 10 == 0))
    reader = Reader()
    stream.attach(reader)
    stream.take(packet(15, False))
    assert reader.heard == [("described", 0, 1280, 720), *((0, index) for index in range(10, 16))]


def test_a_reader_before_the_first_keyframe_gets_its_description_with_it():
    stream, _ = made()
    reader = Reader()
    stream.attach(reader)
    stream.take(packet(0, False))
    stream.take(packet(1, True))
    assert reader.heard == [("described", 0, 1280, 720), (0, 1)]


def test_a_new_connection_is_a_new_generation_that_begins_at_a_keyframe():
    stream, _ = made()
    reader = Reader()
    stream.begin()
    stream.take(packet(0, True))
    stream.attach(reader)
    stream.begin()
    stream.take(packet(0, False))
    stream.take(packet(1, True))
    assert reader.heard[2:] == [("described", 1, 1280, 720), (1, 1)]
    assert [p.generation for p in stream.ring] == [1]


def test_states_are_told_once_each_and_retries_do_not_flap():
    stream, changes = made()
    stream.take(packet(0, True))
    stream.say(CameraState.OFFLINE, "gone")
    stream.say(CameraState.CONNECTING, "")
    stream.say(CameraState.OFFLINE, "gone")
    stream.take(packet(1, True))
    assert changes == [CameraState.ONLINE, CameraState.OFFLINE, CameraState.ONLINE]


def test_silence_is_noticed():
    stream, _ = made()
    stream.take(packet(0, True))
    stream.tick(1000.0)
    stream.tick(1000.0 + SILENT_SECONDS + 1)
    assert stream.state is CameraState.OFFLINE


def test_pictures_and_bits_are_counted():
    stream, _ = made()
    stream.tick(999.0)
    for second in range(30):
        for index in range(10):
            stream.take(packet(second * 10 + index, index == 0))
        stream.tick(1000.0 + second)
    assert 9 < stream.fps <= 10.01


def test_a_detached_reader_hears_nothing_and_an_ended_stream_says_why():
    stream, _ = made()
    gone, stays = Reader(), Reader()
    stream.attach(gone)
    stream.attach(stays)
    stream.detach(gone)
    stream.end("over")
    assert (gone.heard, stays.heard) == ([], ["over"])
    assert stream.readers == 0


def flow(kind: StreamKind, megabits: float, group_seconds: int, seconds: int) -> Stream:
    """A stream of that rate at ten pictures a second, the keyframe a tenth of its group."""
    stream = Stream(StreamKey("c", kind), lambda: None)
    group = group_seconds * 10
    size = int(megabits * 1e6 / 8 * group_seconds)
    for index in range(seconds * 10):
        key = index % group == 0
        data = packet(index, key).data + bytes(size // 10 if key else size * 9 // 10 // (group - 1))
        stream.take(Packet(index * 9000, key, data, 1000 + index / 10))
        if index % 10 == 9:
            stream.tick(1000 + index / 10)
    return stream


@pytest.mark.parametrize("kind", list(StreamKind))
@pytest.mark.parametrize(("megabits", "group"), [(0.5, 2), (4.0, 4), (8.0, 4), (6.0, 10)])
def test_the_pre_roll_has_room_for_what_the_stream_really_sends(kind, megabits, group):
    """A camera with one encoding is watched on a large one: its groups of pictures must not fall out of the ring."""
    stream = flow(kind, megabits, group, 60)
    kept = list(stream.ring)
    assert stream.ring.overflows == 0
    assert kept[-1].arrived_at - kept[0].arrived_at >= PREROLL_SECONDS


def test_the_pre_roll_stays_bounded_whatever_is_sent():
    stream = flow(StreamKind.MAIN, 60.0, 4, 20)
    assert stream.ring.size <= MOST_BYTES
    assert flow(StreamKind.SUB, 0.5, 2, 20).ring.max_bytes == LEAST_BYTES
