"""Motion: quiet when nothing happens, a box where something does, calm when the light changes."""

import numpy as np
import pytest

from gateway.ports import Frame
from inference.catalogue import build
from inference.motion import MOST_BOXES, Motion
from inference.picture import reduced
from tests.unit.inference.scenes import filmed, kinds, place, walker, watched

ONLY_MOTION = {"anomaly": False, "freeze": False, "darkness": False, "scene": False}


def test_switched_off_it_observes_nothing() -> None:
    detector = build({**ONLY_MOTION, "motion": False})
    assert watched(detector, filmed(place(), 60, change=walker)) == []


def test_a_still_place_with_noise_is_quiet() -> None:
    assert watched(build(ONLY_MOTION), filmed(place(), 100, noise=4)) == []


@pytest.mark.parametrize("shape", [(360, 640), (288, 352), (241, 427)])
def test_a_thing_that_crosses_gets_a_box_around_it_in_picture_fractions(shape: tuple[int, int]) -> None:
    found = [o for o in watched(build(ONLY_MOTION), filmed(place(*shape), 90, change=walker)) if o.at == 8.0]
    assert len(found) == 1
    box = found[0].box
    left, size = 50 * max(1, shape[1] // 100), shape[0] // 6
    assert box.x == pytest.approx(left / shape[1], abs=0.03)
    assert box.x + box.width == pytest.approx((left + size) / shape[1], abs=0.03)
    assert box.y == pytest.approx(0.5, abs=0.03)
    assert found[0].measure == pytest.approx(size * size / (shape[0] * shape[1]), rel=0.35)


def test_a_flash_over_the_whole_picture_is_no_motion() -> None:
    def flash(scene: np.ndarray, index: int) -> np.ndarray:
        return np.clip(scene.astype(np.float32) * (1.9 if 50 <= index < 54 else 1.0), 0, 255)

    assert watched(build(ONLY_MOTION), filmed(place(), 120, change=flash)) == []


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 35.0), (0.7, 0.0), (1.25, -20.0)])
def test_a_lasting_change_of_light_is_no_motion(gain: float, offset: float) -> None:
    def jump(scene: np.ndarray, index: int) -> np.ndarray:
        return scene.astype(np.float32) * gain + offset if index >= 50 else scene

    found = watched(build(ONLY_MOTION), filmed(place(), 150, change=jump))
    assert [o for o in found if o.at > 7.5] == []


def test_after_a_change_of_light_motion_is_seen_again() -> None:
    def both(scene: np.ndarray, index: int) -> np.ndarray:
        lit = np.clip(scene.astype(np.float32) * (1.0 if index < 20 else 1.5), 0, 255).astype(np.uint8)
        return walker(lit, index - 40)

    found = watched(build(ONLY_MOTION), filmed(place(), 120, change=both))
    assert kinds([o for o in found if o.at > 9.0]) == {"motion"}


def test_two_pictures_a_second_and_keyframes_only_are_enough() -> None:
    for rate in (2.0, 0.5):
        found = watched(build(ONLY_MOTION), filmed(place(), 90, rate=rate, change=walker))
        assert kinds(found) == {"motion"}
        assert min(o.at for o in found) <= 32 / rate


def test_small_shake_is_no_motion() -> None:
    random = np.random.default_rng(3)

    def shake(scene: np.ndarray, index: int) -> np.ndarray:
        return np.roll(scene, random.integers(-1, 2, 2), axis=(0, 1))

    found = watched(build(ONLY_MOTION), filmed(place(), 200, change=shake))
    late = [o for o in found if o.at > 10]
    assert sum(o.measure for o in late) / 100 < 0.01


def test_what_left_after_the_start_is_forgotten_and_what_stays_is_held_a_while() -> None:
    def leaves(scene: np.ndarray, index: int) -> np.ndarray:
        if index < 60:
            scene[100:130, 150:180] = 250
        return scene

    gone = watched(build(ONLY_MOTION), filmed(place(), 120, change=leaves))
    assert [o for o in gone if o.at > 9] == []

    def comes(scene: np.ndarray, index: int) -> np.ndarray:
        if index >= 60:
            scene[100:130, 150:180] = 250
        return scene

    held = watched(build(ONLY_MOTION), filmed(place(), 400, change=comes))
    assert any(o.at > 39 for o in held)


def test_at_most_so_many_boxes() -> None:
    def crowd(scene: np.ndarray, index: int) -> np.ndarray:
        if index >= 40:
            for k in range(40):
                y, x = 10 + 20 * (k // 8), 10 + 37 * (k % 8) + index % 5
                scene[y : y + 12, x : x + 12] = 255 if scene[y, x] < 128 else 0
        return scene

    detector = build(ONLY_MOTION)
    most = max(len(detector.detect(frame)) for frame in filmed(place(), 60, change=crowd))
    assert most == MOST_BOXES


def test_a_change_of_size_begins_anew() -> None:
    motion = Motion()
    for shape in ((360, 640), (288, 352), (360, 640)):
        for frame in filmed(place(*shape), 30):
            small = Frame(reduced(frame.luma), frame.at, frame.keyframe)
            assert list(motion.detect(small)) == []
