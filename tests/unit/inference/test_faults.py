"""Freeze, black, covered, defocused, moved: each told for what it is, and nothing told of what is none of them."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from gateway.ports import Frame
from inference.catalogue import build
from tests.unit.inference.scenes import blurred, filmed, kinds, place, walker, watched

FAULT_DETECTORS = {"motion": False, "anomaly": False}
ONSET = 150


def after(change):
    return lambda scene, index: change(scene) if index >= ONSET else scene


def told(change, count: int = 300, **film: float) -> set[str]:
    """The kinds told after the onset; asserts that none was told before."""
    found = watched(build(FAULT_DETECTORS), filmed(place(), count, change=change, **film))
    rate = film.get("rate", 10.0)
    assert [o for o in found if o.at < ONSET / rate] == []
    return kinds(found)


def test_nothing_happens_nothing_is_told() -> None:
    assert told(None) == set()


def test_the_same_picture_again_and_again_is_frozen() -> None:
    frames = list(filmed(place(), 150))
    frames += [Frame(frames[-1].luma, 15 + index / 10, index % 20 == 0) for index in range(150)]
    found = watched(build(FAULT_DETECTORS), frames)
    assert kinds(found) == {"freeze"}
    assert 22 <= min(o.at for o in found) <= 26


def coded(pictures: list[np.ndarray], group: int) -> list[np.ndarray]:
    """The pictures as a decoder gives them back."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = pictures[0].shape[1], pictures[0].shape[0], "yuv420p"
    encoder.framerate, encoder.time_base, encoder.gop_size = 10, Fraction(1, 10), group
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "40"}
    decoder = av.CodecContext.create("h264", "r")
    found = []
    for index, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, "gray").reformat(format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            found += [np.array(each.to_ndarray(format="gray")) for each in decoder.decode(packet)]
    return found


def looped(pictures: list[np.ndarray], seconds: float) -> Iterator[Frame]:
    for index in range(round(seconds * 10)):
        yield Frame(pictures[index % len(pictures)], index / 10, index % len(pictures) == 0)


@pytest.mark.parametrize("group", [20, 100])
def test_a_still_scene_that_is_coded_as_repetition_is_no_fault(group: int) -> None:
    pictures = coded([place()] * group, group)
    assert len(pictures) == group
    assert sum(np.array_equal(one, other) for one, other in pairwise(pictures)) > group / 20, "the encoder repeats"
    assert watched(build(FAULT_DETECTORS), looped(pictures, 240)) == []


def test_a_camera_that_repeats_from_keyframe_to_keyframe_is_frozen_only_past_its_own_pauses() -> None:
    grain = np.random.default_rng(3).normal(0, 3, (12, *place().shape))
    keys = [np.clip(place() + each, 0, 255).astype(np.uint8) for each in grain]
    # A new picture every ten seconds for two minutes, then nothing new for one.
    found = watched(build(FAULT_DETECTORS), looped([key for key in keys for _ in range(100)] + [keys[-1]] * 600, 180))
    assert kinds(found) == {"freeze"}
    assert min(o.at for o in found) >= 110 + 27


def test_what_never_moves_is_frozen_in_the_end() -> None:
    found = watched(build(FAULT_DETECTORS), (Frame(place(), second / 2, False) for second in range(800)))
    assert kinds(found) == {"freeze"}
    assert 290 <= min(o.at for o in found) <= 310


def test_a_frozen_picture_with_a_running_clock_is_frozen() -> None:
    frames = list(filmed(place(), 200))
    frozen = frames[-1].luma
    for index in range(200):
        picture = frozen.copy()
        picture[4:10, 4:30] = 255 * (index // 10 % 2)
        frames.append(Frame(picture, 20 + index / 10, False))
    assert kinds(watched(build(FAULT_DETECTORS), frames)) == {"freeze"}


def test_a_still_night_with_faint_noise_is_not_frozen() -> None:
    dim = (place().astype(np.float32) * 0.35).astype(np.uint8)
    assert watched(build(FAULT_DETECTORS), filmed(dim, 400, noise=0.7)) == []


def test_a_dead_picture_is_black() -> None:
    assert told(after(lambda scene: np.full_like(scene, 12))) == {"black"}


def test_a_dead_picture_without_any_noise_is_black_and_not_also_frozen() -> None:
    frames = list(filmed(place(), 100))
    frames += [Frame(np.full((180, 320), 16, np.uint8), 10 + index / 10, False) for index in range(250)]
    assert kinds(watched(build(FAULT_DETECTORS), frames)) == {"black"}


def test_a_hand_or_a_cloth_before_the_lens_covers_it() -> None:
    assert told(after(lambda scene: np.full_like(scene, 90))) == {"covered"}


def test_most_of_the_picture_covered_is_covered() -> None:
    def half(scene: np.ndarray) -> np.ndarray:
        scene[:, : int(scene.shape[1] * 0.7)] = 70
        return scene

    assert told(after(half)) == {"covered"}


@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_a_blurred_picture_is_defocused(sigma: float) -> None:
    assert told(after(lambda scene: blurred(scene, sigma))) == {"defocus"}


@pytest.mark.parametrize("share", [0.15, -0.3])
def test_a_turned_camera_has_moved(share: float) -> None:
    wide = place(180, 640, seed=5)

    def turned(scene: np.ndarray, index: int) -> np.ndarray:
        left = 160 + (int(320 * share) if index >= ONSET else 0)
        return wide[:, left : left + 320]

    assert told(turned) == {"scene_moved"}


def test_a_camera_that_looks_elsewhere_has_moved() -> None:
    other = place(seed=9)
    assert told(after(lambda scene: other)) == {"scene_moved"}


@pytest.mark.parametrize(
    "light",
    [
        lambda scene: scene.astype(np.float32) * 0.45,
        lambda scene: scene.astype(np.float32) * 0.6 + 80,
        lambda scene: np.minimum(scene.astype(np.float32) * 1.5, 255),
        lambda scene: 255 * (scene / 255.0) ** 2,
    ],
)
def test_a_change_of_light_is_no_fault(light) -> None:
    assert told(after(light)) == set()


def test_an_infrared_switch_with_its_dark_moment_is_no_fault() -> None:
    def switch(scene: np.ndarray, index: int) -> np.ndarray:
        if ONSET <= index < ONSET + 8:
            return np.full_like(scene, 40)
        return scene.astype(np.float32) * 0.5 + 30 if index >= ONSET else scene

    assert told(switch) == set()


def test_traffic_in_front_is_no_fault() -> None:
    def lorry(scene: np.ndarray, index: int) -> np.ndarray:
        x = (index * 6) % 700 - 200
        scene[40:165, max(0, x) : max(0, x + 140)] = 120
        return scene

    assert watched(build(FAULT_DETECTORS), filmed(place(), 400, change=lorry)) == []


def test_keyframes_only_still_tell_faults() -> None:
    assert told(after(lambda scene: np.full_like(scene, 90)), count=200, rate=0.5) == {"covered"}


def test_a_fault_silences_motion() -> None:
    def covered(scene: np.ndarray, index: int) -> np.ndarray:
        return walker(np.full_like(scene, 90), index) if index >= ONSET else scene

    found = watched(build({}), filmed(place(), 260, change=covered))
    assert "motion" not in kinds([o for o in found if o.at > 18])
