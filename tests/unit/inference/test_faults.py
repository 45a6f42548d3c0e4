"""Freeze, black, covered, defocused, moved: each told for what it is, and nothing told of what is none of them."""

from collections.abc import Callable, Iterator
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
HALF_AN_HOUR = 180
"""In pictures, of which there is one in ten seconds."""


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


ELSEWHERE = place(seed=9)
ELSEWHERE_OUT_OF_FOCUS = blurred(ELSEWHERE, 3.0)


def plainer(scene: np.ndarray) -> np.ndarray:
    """Another place, most of it plain, as of a camera that was turned down to the road."""
    other = ELSEWHERE.copy()
    other[: int(other.shape[0] * 0.6)] = 120
    return other


def partly_covered(scene: np.ndarray) -> np.ndarray:
    scene[:, : int(scene.shape[1] * 0.6)] = 70
    return scene


def pictures_told(*changes: tuple[int, Callable[[np.ndarray], np.ndarray]]) -> dict[str, list[int]]:
    """By kind, the numbers of the pictures at which it was told; each change counts from one picture on to the next."""

    def change(scene: np.ndarray, index: int) -> np.ndarray:
        made = [made for since, made in changes if since <= index]
        return made[-1](scene) if made else scene

    alone = build({**FAULT_DETECTORS, "freeze": False, "scene": False})
    told: dict[str, list[int]] = {}
    for o in watched(alone, filmed(place(), changes[-1][0] + 20, rate=0.1, change=change)):
        told.setdefault(o.kind.value, []).append(round(o.at / 10))
    return told


def as_it_is(scene: np.ndarray) -> np.ndarray:
    return scene


def covering(scene: np.ndarray) -> np.ndarray:
    return np.full_like(scene, 90)


def test_a_camera_that_was_turned_for_good_is_watched_again_after_half_an_hour_and_told_when_it_is_covered() -> None:
    later = 40 + HALF_AN_HOUR + 60
    told = pictures_told((40, plainer), (later, covering))
    assert list(told) == ["covered"]
    before, after = [n for n in told["covered"] if n < later], [n for n in told["covered"] if n >= later]
    assert before == list(range(41, before[-1] + 1))
    assert 40 + HALF_AN_HOUR <= before[-1] <= 40 + HALF_AN_HOUR + 3
    assert after == list(range(later + 1, later + 20))


@pytest.mark.parametrize(
    ("spoilt", "kind"),
    [
        (covering, "covered"),
        (partly_covered, "covered"),
        (lambda scene: scene.astype(np.float32) * 0.15 + 150, "covered"),
        (lambda scene: blurred(scene, 3.0), "defocus"),
        (lambda scene: ELSEWHERE_OUT_OF_FOCUS, "defocus"),
    ],
    ids=["cloth", "part", "fog", "defocus", "turned and out of focus"],
)
def test_what_spoils_the_view_is_told_for_as_long_as_it_stands(spoilt, kind: str) -> None:
    told = pictures_told((40, spoilt), (40 + 3 * HALF_AN_HOUR, spoilt))
    assert told == {kind: list(range(41, 40 + 3 * HALF_AN_HOUR + 20))}


def test_the_half_an_hour_begins_anew_after_the_usual_view_and_after_black() -> None:
    for between in (as_it_is, lambda scene: np.full_like(scene, 12)):
        told = pictures_told((40, plainer), (160, between), (164, plainer), (300, plainer))
        assert told["covered"] == [*range(41, 160), *range(165 if between is as_it_is else 164, 320)]
