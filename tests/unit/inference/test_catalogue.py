"""The default set takes whatever pictures come, in bounded memory."""

import tracemalloc

import numpy as np
import pytest

from gateway.ports import Frame
from inference.catalogue import build
from tests.unit.inference.scenes import filmed, place, walker


@pytest.mark.parametrize("shape", [(1, 1), (1, 640), (360, 1), (3, 1000), (17, 9), (50, 50), (361, 641), (1080, 1920)])
def test_any_size_is_looked_at_without_an_error(shape: tuple[int, int]) -> None:
    detector = build({})
    random = np.random.default_rng(2)
    for index in range(40):
        detector.detect(Frame(random.integers(0, 255, shape, dtype=np.uint8), index * 0.7, False))


def test_sizes_and_times_may_jump_about() -> None:
    detector = build({})
    random = np.random.default_rng(2)
    shapes = [(360, 640), (288, 352), (1, 1), (720, 1280)]
    for index in range(120):
        at = index * 2.0 if index % 10 else -index * 50.0
        detector.detect(Frame(random.integers(0, 255, shapes[index // 7 % 4], dtype=np.uint8), at, True))


def test_a_plane_with_padded_rows_is_taken_as_it_is() -> None:
    detector = build({})
    for frame in filmed(place(), 30, change=walker):
        padded = np.zeros((180, 352), np.uint8)
        padded[:, :320] = frame.luma
        view = padded[:, :320]
        view.flags.writeable = False
        detector.detect(Frame(view, frame.at, frame.keyframe))


def test_boxes_lie_within_the_picture() -> None:
    detector = build({})
    for frame in filmed(place(241, 427), 120, change=walker):
        for observation in detector.detect(frame):
            box = observation.box
            assert box.x >= 0
            assert box.y >= 0
            assert box.x + box.width <= 1 + 1e-9
            assert box.y + box.height <= 1 + 1e-9


def test_a_camera_costs_less_than_one_and_a_half_megabytes() -> None:
    frames = list(filmed(place(360, 640), 200, change=walker))
    warm = build({})
    for frame in frames[:60]:
        warm.detect(frame)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        detector = build({})
        for frame in frames:
            detector.detect(frame)
        middle = tracemalloc.get_traced_memory()[0]
        for turn in range(1, 4):
            for frame in frames:
                detector.detect(Frame(frame.luma, frame.at + 20 * turn, frame.keyframe))
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 1.5e6
    assert after - middle < 0.2e6


@pytest.mark.parametrize("settings", [{"faces": True}, {"motion": 1}, {"scene": "off"}])
def test_unknown_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="detector"):
        build(settings)
