from __future__ import annotations

import itertools
import struct
from pathlib import Path

from gateway.samples.device import SampleCamera
from gateway.samples.faults import Fault
from gateway.samples.plan import Channel
from gateway.samples.players import RtpPlayer, Tally
from gateway.samples.tape import GOP, TICKS_PER_FRAME, Shelf, Unit

FOOTAGE = Path(__file__).resolve().parents[3] / "config" / "sample" / "footage"


class Recording(RtpPlayer):
    """Keeps what it would send."""

    def __init__(self, camera: SampleCamera, kind: str = "sub") -> None:
        super().__init__(camera, kind, Tally())
        self.units: list[Unit] = []
        self.headers: list[tuple[int, int, int]] = []
        self.pictures: list[bytes] = []
        self.reports: list[bytes] = []
        self.ended = False

    def write(self, data: bytearray, unit: Unit) -> None:
        self.units.append(unit)
        self.pictures.append(bytes(data))
        self.headers += [struct.unpack_from(">HII", data, start) for start in unit.starts]

    def write_report(self, report: bytes) -> None:
        self.reports.append(report)

    def end(self) -> None:
        self.ended = True


def camera(offset: int = 33) -> SampleCamera:
    return SampleCamera(Channel(1, "TZ-001-001", "avenue-bus", offset, "/main", "/sub"), Shelf(FOOTAGE), slot=0)


def play(filmed: SampleCamera, player: Recording, ticks: range) -> None:
    if player not in filmed.players:
        filmed.join(player, ticks.start)
    for tick in ticks:
        filmed.tick(tick)


def test_sequence_and_time_run_on_over_the_end_of_the_tape() -> None:
    filmed = camera()
    player = Recording(filmed)
    player.sequence, player.time_base = 65_500, 2**32 - 500_000
    play(filmed, player, range(200))
    sequences = [header[0] for header in player.headers]
    assert sequences == [(65_500 + i) & 0xFFFF for i in range(len(sequences))]
    stamps = sorted({header[1] for header in player.headers}, key=[h[1] for h in player.headers].index)
    assert len(stamps) == 200
    assert all((b - a) & 0xFFFFFFFF == TICKS_PER_FRAME for a, b in itertools.pairwise(stamps))
    assert {header[2] for header in player.headers} == {player.ssrc}


def test_a_new_client_gets_the_present_not_a_keyframe() -> None:
    filmed = camera(offset=33)
    player = Recording(filmed)
    play(filmed, player, range(20))
    tape = filmed.tape("sub")
    assert player.units[0] is tape.units[33]
    assert not player.units[0].keyframe
    assert [unit.keyframe for unit in player.units].index(True) == 7


def test_picture_faults_begin_and_end_at_keyframes() -> None:
    filmed = camera(offset=0)
    player = Recording(filmed)
    play(filmed, player, range(5))
    filmed.faults.add(Fault.BLACK)
    play(filmed, player, range(5, 45))
    filmed.faults.discard(Fault.BLACK)
    play(filmed, player, range(45, 70))
    tape, black = filmed.tape("sub"), Shelf(FOOTAGE).tape("black", "sub")
    assert [u.data for u in player.units[:20]] == [u.data for u in tape.units[:20]]
    assert player.units[20].data == black.units[20].data
    assert player.units[59].data == black.units[19].data
    assert player.units[60] is tape.units[60]


def test_a_frozen_camera_repeats_one_keyframe() -> None:
    filmed = camera(offset=0)
    filmed.faults.add(Fault.FREEZE)
    player = Recording(filmed)
    play(filmed, player, range(5, 85))
    keyframes = [unit for unit in player.units if unit.keyframe]
    assert len(keyframes) == 80 // GOP
    assert len({unit.data for unit in keyframes}) == 1


def test_garbage_keeps_the_headers() -> None:
    filmed = camera()
    filmed.faults.add(Fault.GARBAGE)
    player = Recording(filmed)
    play(filmed, player, range(3))
    for unit, sent in zip(player.units, player.pictures, strict=True):
        assert len(sent) == len(unit.data)
        assert sent[unit.starts[0] + 10 :] != unit.data[unit.starts[0] + 10 :]
        assert all(sent[start - 6 : start] == unit.data[start - 6 : start] for start in unit.starts)


def test_silence_sends_nothing_and_slow_sends_bursts() -> None:
    filmed = camera()
    player = Recording(filmed)
    filmed.faults.add(Fault.SILENCE)
    play(filmed, player, range(30))
    assert not player.units
    filmed.faults = {Fault.SLOW}
    play(filmed, player, range(31, 40))
    assert not player.units
    play(filmed, player, range(40, 41))
    assert len(player.units) == 10
    filmed.faults = set()
    play(filmed, player, range(41, 42))
    assert len(player.units) == 11


def test_a_time_jump_is_an_hour_and_goes_back() -> None:
    filmed = camera()
    player = Recording(filmed)
    before = player.time_stamp(7)
    filmed.faults.add(Fault.TIME_JUMP)
    assert (player.time_stamp(7) - before) & 0xFFFFFFFF == 3600 * 90_000
    filmed.faults.discard(Fault.TIME_JUMP)
    assert player.time_stamp(7) == before


def test_sender_reports_name_the_time_of_the_media_every_five_seconds() -> None:
    filmed = camera()
    player = Recording(filmed)
    play(filmed, player, range(101))
    assert len(player.reports) == 3
    report = player.reports[1]
    kind, length, ssrc = report[1], struct.unpack_from(">H", report, 2)[0], struct.unpack_from(">I", report, 4)[0]
    assert (kind, length, ssrc) == (200, 6, player.ssrc)
    assert struct.unpack_from(">I", report, 16)[0] == player.time_stamp(50)
    assert len(report) % 4 == 0
    assert report[29] == 202
    assert struct.unpack_from(">H", report, 30)[0] * 4 + 4 == len(report) - 28
