"""The scoring of detectors: its arithmetic, and what it says without the footage."""

from pathlib import Path

import numpy as np
import pytest

from tests.bench import detection, detection_footage
from tests.bench.detection_anomaly import area_under_curve
from tests.bench.detection_motion import Counts


def test_area_under_curve() -> None:
    assert area_under_curve([1, 2, 3, 4], [False, False, True, True]) == 1.0
    assert area_under_curve([4, 3, 2, 1], [False, False, True, True]) == 0.0
    assert area_under_curve([1, 1, 1, 1], [False, True, False, True]) == 0.5
    assert area_under_curve([1, 3, 2, 4], [False, False, True, True]) == 0.75


def test_shadow_is_background_and_unknown_and_outside_are_left_out() -> None:
    truth = np.array([[255, 255, 0, 0, 50, 85, 170]], np.uint8)
    found = np.array([[True, False, True, False, True, True, True]])
    counts = Counts()
    counts.compare(found, truth, np.ones(truth.shape, np.bool_))
    assert (counts.right, counts.missed, counts.wrong) == (1, 1, 2)
    assert counts.f1 == pytest.approx(2 / 5)


def test_without_footage_it_says_how_to_bring_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(detection_footage.VARIABLE, raising=False)
    assert list(detection.measure({"motion_f1_mean"})) == []
    assert "CDnet" in capsys.readouterr().err


def test_an_empty_folder_gives_no_figures(tmp_path: Path) -> None:
    assert detection.score(tmp_path) == []
