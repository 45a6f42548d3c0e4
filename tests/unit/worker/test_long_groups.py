"""Cameras with a keyframe every five or ten seconds: rules still see while pictures are shed, and stills are exact."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from gateway.domain.events import Event, Phase
from gateway.domain.observations import Box, Observation, ObservationKind
from gateway.domain.packets import Packet
from gateway.domain.rules import Rule
from gateway.worker import budget, stills
from gateway.worker.decoder import luma
from gateway.worker.eye import LONG_GROUP, Eye
from gateway.worker.watching import Watcher

ODD = Rule("odd", frozenset({ObservationKind.ANOMALY}), min_seconds=3, gap_seconds=2.5, quiet_seconds=10)
RUNGS = [budget.FULL, budget.THINNED, budget.HALVED, budget.KEYFRAMES]


class AlwaysSees:
    """A detector that finds something in every picture it is shown, from ``begin`` on."""

    def __init__(self, begin: float = 0.0) -> None:
        self.begin = begin
        self.shown: list[np.ndarray] = []

    def detect(self, frame):
        self.shown.append(frame.luma.copy())
        if frame.at < self.begin:
            return []
        return [Observation(ObservationKind.ANOMALY, frame.at, Box(0.1, 0.1, 0.2, 0.2), 3.0, 2.0)]


def encoded(pictures: int, group: int, size: tuple[int, int] = (64, 48), **options: str) -> list[Packet]:
    """Packets of a moving texture at 10 pictures a second, as a camera with such groups sends them."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.framerate, context.time_base, context.gop_size = 10, Fraction(1, 10), group
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0", **options}
    dice = np.random.default_rng(7)
    texture = cv2.GaussianBlur(dice.integers(0, 255, (size[1], size[0] * 3)).astype(np.uint8), (0, 0), 2)
    made: list[Packet] = []
    for index in range(pictures):
        picture = np.roll(texture, 3 * index, axis=1)[:, : size[0]]
        frame = av.VideoFrame.from_ndarray(picture, "gray").reformat(format="yuv420p")
        frame.pts = index
        for raw in context.encode(frame):
            made.append(Packet(index * 9000, raw.is_keyframe, bytes(raw), 1000 + index / 10))
    assert sum(packet.keyframe for packet in made) == pictures // group
    return made


def eye_of(detector: AlwaysSees) -> Eye:
    ids = iter(f"id-{number}" for number in range(100))
    return Eye("c", Watcher("c", detector, [ODD], lambda: next(ids), 1000.0), lambda: 1e9)


def watched(eye: Eye, packets: list[Packet]) -> list[Event]:
    """What the eye tells of these packets, with a second's tick whenever one has passed."""
    told: list[Event] = []
    second = packets[0].arrived_at
    for packet in packets:
        while packet.arrived_at >= second + 1:
            second += 1
            told += [finding.event for finding in eye.tick(second)]
        eye.offer(packet)
        told += [finding.event for finding in eye.work(False)]
    return told


@pytest.mark.parametrize("group", [50, 100])
@pytest.mark.parametrize("rung", RUNGS)
def test_what_goes_on_is_one_event_on_every_rung(group: int, rung: int) -> None:
    eye = eye_of(AlwaysSees())
    eye.rung, eye._group = rung, float(group)
    phases = [event.phase for event in watched(eye, encoded(600, group)) if event.phase is not Phase.EXTEND]
    assert phases == [Phase.OPEN], "a minute without a pause of the scene's own"


@pytest.mark.parametrize("rung", RUNGS)
def test_a_camera_that_was_away_itself_is_not_bridged(rung: int) -> None:
    packets = encoded(400, 50)
    eye = eye_of(AlwaysSees(begin=1018.0))
    eye.rung, eye._group = rung, 50.0
    before = [packet for packet in packets if packet.arrived_at < 1020]
    after = [Packet(p.pts, p.keyframe, p.data, p.arrived_at + 12) for p in packets if 1020 <= p.arrived_at < 1021]
    assert watched(eye, [*before, *after]) == [], "two seconds before an outage and one after it are no three"


@pytest.mark.parametrize("group", [20, 100])
def test_a_still_is_the_picture_as_the_camera_meant_it(group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    packets = encoded(3 * group, group, (320, 240), crf="38", deblock="0:0", **{"x264-params": "no-deblock=0"})
    context = av.CodecContext.create("h264", "r")
    exact = [luma(frame).copy() for packet in packets for frame in context.decode(av.Packet(packet.data))]
    taken: list[np.ndarray] = []
    monkeypatch.setattr(stills, "still", lambda frame, event: bytes(taken.append(luma(frame).copy()) or b"still"))
    detector = AlwaysSees(begin=1000 + (3 * group - 1) / 10 - 3.5)
    opened = [event for event in watched(eye_of(detector), packets) if event.phase is Phase.OPEN]
    assert len(opened) == len(taken) == 1
    index = round((opened[0].picture_at - 1000) * 10)
    assert np.array_equal(taken[0], exact[index])
    if group > LONG_GROUP:
        assert np.array_equal(detector.shown[-1], exact[-1]), "in long groups the detectors see no errors that add up"
    else:
        assert not np.array_equal(detector.shown[-1], exact[-1]), "in short ones they save the filter"
