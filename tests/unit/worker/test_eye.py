import io
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from gateway.domain.events import Phase
from gateway.domain.observations import Box, Observation, ObservationKind
from gateway.domain.packets import Packet
from gateway.domain.rules import Rule
from gateway.worker import budget, clips
from gateway.worker.decoder import Decoder, keyframe_picture, luma
from gateway.worker.eye import BEHIND, MAX_WAITING, Eye
from gateway.worker.stills import jpeg
from gateway.worker.watching import Watcher
from tests.peers.rtsp_replay import encoded

GROUP = 10


@pytest.fixture(scope="module")
def packets() -> list[Packet]:
    """Four groups of ten pictures of a moving square, from a real encoder."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 320, 240, "yuv420p"
    context.framerate, context.time_base, context.gop_size = 10, Fraction(1, 10), GROUP
    context.options = {"tune": "zerolatency", "preset": "ultrafast"}
    made: list[Packet] = []
    for index in range(4 * GROUP):
        picture = np.full((240, 320, 3), 40, np.uint8)
        picture[100:140, index * 5 : index * 5 + 40] = 220
        frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format="yuv420p")
        frame.pts = index
        for raw in context.encode(frame):
            made.append(Packet(index * 9000, raw.is_keyframe, bytes(raw), 1000 + index / 10))
    return made


class Sees:
    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, frame):
        self.shapes.append(frame.luma.shape)
        return [Observation(ObservationKind.ANOMALY, frame.at, Box(0.1, 0.1, 0.2, 0.2), 3.0, 2.0)]


class Fails:
    def detect(self, frame):
        raise RuntimeError("a detector's mistake")


def eye(detector, rules=()):
    return Eye("c", Watcher("c", detector, rules, lambda: "id", 0.0), lambda: 1000.0)


def fed(watching, packets):
    findings = []
    for packet in packets:
        watching.offer(packet)
        findings += watching.work(False)
    return findings


def test_every_picture_is_decoded_and_looked_at(packets):
    sees = Sees()
    watching = eye(sees)
    fed(watching, packets)
    assert watching.decoded == watching.looked == len(packets)
    assert set(sees.shapes) == {(240, 320)}
    assert watching.errors == 0


@pytest.mark.parametrize(
    ("rung", "decoded", "looked"), [(budget.THINNED, 40, 20), (budget.HALVED, 20, 12), (budget.KEYFRAMES, 4, 4)]
)
def test_each_rung_sheds_and_counts(packets, rung, decoded, looked):
    watching = eye(Sees())
    watching._group = GROUP
    watching.rung = rung
    fed(watching, packets)
    assert watching.decoded == decoded
    assert watching.looked == looked
    assert watching.looked + watching.shed == len(packets)


def test_a_camera_nobody_looks_at_is_not_decoded(packets):
    watching = eye(None)
    fed(watching, packets)
    assert watching.decoded == watching.depth == 0


def test_what_is_behind_jumps_to_the_newest_keyframe(packets):
    watching = eye(Sees())
    for packet in packets[: BEHIND + 4]:
        watching.offer(packet)
    watching.work(False)
    assert watching.dropped == 20
    assert watching.decoded == BEHIND + 4 - 20


def test_a_full_queue_takes_nothing_until_the_next_keyframe(packets):
    watching = eye(Sees())
    for index in range(MAX_WAITING + 25):
        watching.offer(packets[index % len(packets)])
    assert watching.depth == MAX_WAITING
    watching.work(False)
    watching.offer(packets[1])
    assert watching.depth == 0
    watching.offer(packets[0])
    assert watching.depth == 1


def test_an_opened_event_has_its_still(packets):
    rule = Rule("odd", frozenset({ObservationKind.ANOMALY}), extend_seconds=0.5)
    findings = fed(eye(Sees(), [rule]), packets)
    assert findings[0].event.phase is Phase.OPEN
    assert findings[0].still is not None
    assert findings[0].still.startswith(b"\xff\xd8")
    assert all(finding.still is None for finding in findings[1:])


def test_a_failing_detector_costs_only_its_findings(packets):
    watching = eye(Fails())
    assert fed(watching, packets) == []
    assert watching.failures == len(packets)


def test_garbage_is_counted_and_the_next_keyframe_heals(packets):
    watching = eye(Sees())
    broken = [Packet(p.pts, p.keyframe, b"\x00\x00\x00\x01\x65" + bytes(200), p.arrived_at) for p in packets[:5]]
    fed(watching, [*broken, *packets[5:10], *packets[10:]])
    assert watching.errors >= 1
    assert watching.decoded >= 30


def test_luma_is_a_view_of_the_decoded_picture(packets):
    (frame,) = Decoder().decode(packets[0])
    view = luma(frame)
    assert view.shape == (240, 320)
    assert not view.flags.owndata
    assert view[120, 20] > 180
    assert view[10, 300] < 80


def test_a_keyframe_gives_a_snapshot_of_the_wanted_width(packets):
    frame = keyframe_picture(packets[10])
    assert frame is not None
    data = jpeg(frame, 160)
    with av.open(io.BytesIO(data), format="mjpeg") as container:
        assert container.streams.video[0].codec_context.width == 160
    assert keyframe_picture(Packet(0, True, b"\x00\x00\x00\x01\x65\x00", 0.0)) is None


def test_a_clip_holds_every_packet_and_plays(packets):
    data = clips.mp4(packets)
    assert b"moov" in data[:64] or data.index(b"moov") < data.index(b"mdat")
    with av.open(io.BytesIO(data)) as container:
        pictures = list(container.decode(video=0))
    assert len(pictures) == len(packets)


def test_r08_a_clip_holds_no_sound(packets):
    with av.open(io.BytesIO(clips.mp4(packets))) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_a_clip_stays_within_one_generation(packets):
    later = [Packet(p.pts, p.keyframe, p.data, p.arrived_at, 1) for p in packets]
    assert clips.playable([*packets[:10], *later]) == later
    assert clips.playable([packets[1], *packets[10:20]]) == packets[10:20]
    assert clips.playable([]) == []


@pytest.fixture(scope="module")
def reordered() -> list[Packet]:
    """Thirty pictures, each brighter than the one shown before it, sent with B pictures out of order."""
    made = encoded(30, (320, 240), tune="film", bf="3", **{"x264-params": "b-adapt=0:scenecut=0"})
    return [
        Packet(
            9000 * index, bool(one.is_keyframe), bytes(one), index / 10, 0, "h264", 9000 * (int(one.pts or 0) - index)
        )
        for index, one in enumerate(made)
    ]


def test_detectors_see_pictures_in_the_order_they_are_shown(reordered):
    decoder = Decoder()
    frames = [frame for packet in reordered for frame in decoder.decode(packet)]
    brightness = [int(luma(frame)[100, 100]) for frame in frames]
    assert brightness == sorted(brightness)
    # What came out of order before that was known is left out, once.
    assert len(brightness) >= 20


def test_a_clip_shows_pictures_in_their_order_and_at_their_time(reordered):
    with av.open(io.BytesIO(clips.mp4(reordered))) as container:
        pictures = list(container.decode(video=0))
        steps = {float((later.pts - earlier.pts) * later.time_base) for earlier, later in pairwise(pictures)}
    brightness = [int(picture.to_ndarray(format="gray")[100, 100]) for picture in pictures]
    assert len(pictures) == 30
    assert brightness == sorted(brightness)
    assert steps == {0.1}
