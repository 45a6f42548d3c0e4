"""Anomaly: what is usual at a place is learned from looking; what is not is told with its reason."""

from collections.abc import Callable

import numpy as np
import pytest

from gateway.domain.observations import Observation
from gateway.ports import Detector, Frame
from inference import anomaly
from inference.anomaly import Anomaly
from inference.catalogue import build
from inference.habits import Habits
from inference.motion import Motion
from inference.picture import reduced
from tests.unit.inference.scenes import filmed, place

ONLY_ANOMALY = {"motion": False, "freeze": False, "darkness": False, "scene": False}
LAP = 60
VEHICLE = np.random.default_rng(11).integers(0, 255, (28, 48), dtype=np.uint8)


def road(speed: int, top: int = 100) -> Callable[[np.ndarray, int], np.ndarray]:
    """A vehicle every lap, that many pixels of 320 a picture; a negative speed drives to the left."""

    def change(scene: np.ndarray, index: int) -> np.ndarray:
        along = (index % LAP) * abs(speed) - 48
        x = along if speed > 0 else 320 - 48 - along
        left, right = max(x, 0), min(x + 48, 320)
        if right > left:
            scene[top : top + 28, left:right] = VEHICLE[:, left - x : right - x]
        return scene

    return change


def look(
    detector: Detector, count: int, begin: float, change: Callable[[np.ndarray, int], np.ndarray]
) -> list[Observation]:
    return [o for frame in filmed(place(), count, change=change, begin=begin) for o in detector.detect(frame)]


@pytest.fixture
def accustomed(monkeypatch: pytest.MonkeyPatch) -> Detector:
    """A detector that has watched vehicles drive to the right for a minute and a half."""
    monkeypatch.setattr(anomaly, "LEARNT_SECONDS", 60.0)
    detector = build(ONLY_ANOMALY)
    assert look(detector, 900, 0.0, road(7)) == []
    return detector


def test_the_usual_is_never_told(accustomed: Detector) -> None:
    assert look(accustomed, 300, 90.0, road(7)) == []


def test_a_vehicle_three_times_as_fast_is_told(accustomed: Detector) -> None:
    found = look(accustomed, 20, 90.0, road(21))
    assert {o.detail["reason"] for o in found} == {"too fast"}
    assert all(o.measure >= o.threshold for o in found)
    assert all(0.4 < o.box.y + o.box.height / 2 < 0.8 for o in found)


def test_a_vehicle_on_the_wrong_way_is_told(accustomed: Detector) -> None:
    found = look(accustomed, 50, 90.0, road(-7))
    assert "wrong way" in {o.detail["reason"] for o in found}


def test_the_wrong_way_becomes_usual_when_it_goes_on(accustomed: Detector) -> None:
    look(accustomed, 1800, 90.0, road(-7))
    assert [o for o in look(accustomed, 120, 270.0, road(-7)) if o.detail["reason"] == "wrong way"] == []


def test_keyframes_only_tell_no_speed(accustomed: Detector) -> None:
    frames = list(filmed(place(), 60, rate=0.5, change=road(21), begin=90.0))
    assert [o for frame in frames for o in accustomed.detect(frame)] == []


def test_where_nothing_ever_moves_is_an_unusual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anomaly, "LEARNT_SECONDS", 30.0)
    monkeypatch.setattr(anomaly, "PLACES_LEARNT_SECONDS", 60.0)
    detector = build(ONLY_ANOMALY)
    look(detector, 900, 0.0, road(7))
    found = look(detector, 40, 90.0, road(7, top=20))
    assert "unusual place" in {o.detail["reason"] for o in found}


def test_the_score_rises_with_speed_before_any_threshold() -> None:
    motion = Motion()
    detector = Anomaly(motion)
    highest = {}
    for speed, begin in ((7, 0.0), (10, 90.0), (14, 180.0)):
        highest[speed] = 0.0
        for frame in filmed(place(), 600, change=road(speed), begin=begin):
            small = Frame(reduced(frame.luma), frame.at, frame.keyframe)
            motion.detect(small)
            assert list(detector.detect(small)) == []
            highest[speed] = max(highest[speed], detector.score)
        if speed == 7:
            assert highest[7] < 2.0
    assert highest[7] < highest[10] < highest[14]


def test_habits_fade_and_do_not_grow() -> None:
    habits = Habits((90, 160))
    one = np.zeros(1, np.int64)
    for _ in range(50):
        habits.add(one, one, np.full(1, 0.2, np.float32), one)
    habits.refresh(0.0)
    assert habits.usual[0, 0] == pytest.approx(0.2, rel=0.35)
    habits.refresh(1e9)
    assert habits.way_support.max() == 0.0
