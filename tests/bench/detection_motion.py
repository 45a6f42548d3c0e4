"""Pixel F1 of motion on the CDnet and SBI sequences, beside OpenCV's MOG2 and KNN in the same run.

CDnet's rules: only pictures within temporalROI, only pixels within the ROI, unknown pixels ignored, shadow counts as
background. The rivals see the colour picture at full size with their own settings, once with what they call shadow
taken as background and once as moving; the better of the two is told. One setting for all sequences; F1 per sequence
from its summed counts; the mean is over sequences.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gateway.ports import Frame
from inference.motion import Motion
from inference.picture import reduced
from tests.bench.detection_footage import Picture, colour_pictures

MOVING, OUTSIDE, UNKNOWN = 255, 85, 170
RIVALS = ("MOG2", "KNN", "MOG2 with shadows", "KNN with shadows")
NAMES = ("ours", *RIVALS)


@dataclass
class Counts:
    """Pixels found rightly, found wrongly and missed; seconds of processor time and pictures."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    seconds: float = 0.0
    pictures: int = 0

    def compare(self, found: npt.NDArray[np.bool_], truth: Picture, within: npt.NDArray[np.bool_]) -> None:
        """Adds one picture."""
        moving = (truth == MOVING) & within
        judged = (truth != OUTSIDE) & (truth != UNKNOWN) & within
        self.right += int(np.count_nonzero(found & moving))
        self.wrong += int(np.count_nonzero(found & judged & ~moving))
        self.missed += int(np.count_nonzero(~found & moving))

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)

    @property
    def milliseconds(self) -> float:
        """Processor time a picture."""
        return 1000 * self.seconds / max(self.pictures, 1)


def sequences(folder: Path) -> list[Path]:
    """The sequences that are there."""
    return sorted(path.parent for path in (folder / "motion").glob("*/input.mp4"))


def scored(sequence: Path) -> dict[str, Counts]:
    """Counts of "ours", "MOG2" and "KNN" over one sequence."""
    motion = Motion()
    rivals = {"MOG2": cv2.createBackgroundSubtractorMOG2(), "KNN": cv2.createBackgroundSubtractorKNN()}
    counts = {name: Counts() for name in NAMES}
    first, last = _span(sequence)
    roi = cv2.imread(str(sequence / "ROI.png"), cv2.IMREAD_GRAYSCALE)
    for number, (at, picture) in enumerate(colour_pictures(sequence / "input.mp4"), start=1):
        luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        masks: dict[str, npt.NDArray[np.bool_]] = {}
        with _timed(counts["ours"]):
            motion.detect(Frame(reduced(luma), at, False))
        assert motion.mask is not None
        masks["ours"] = cv2.resize(motion.mask, luma.shape[::-1], interpolation=cv2.INTER_LINEAR) > 127
        for name, rival in rivals.items():
            with _timed(counts[name]):
                found = rival.apply(picture)
            masks[name] = found == MOVING
            masks[f"{name} with shadows"] = found > 0
        if first <= number <= last:
            truth = np.asarray(cv2.imread(str(sequence / f"groundtruth/gt{number:06d}.png"), cv2.IMREAD_GRAYSCALE))
            within = np.ones(truth.shape, np.bool_) if roi is None else np.asarray(roi) > 0
            for name, mask in masks.items():
                counts[name].compare(mask, truth, within)
    return counts


class _timed:
    """Adds the processor time of its block to the counts."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def __enter__(self) -> None:
        self._began = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self._counts.seconds += time.thread_time() - self._began
        self._counts.pictures += 1


def _span(sequence: Path) -> tuple[int, int]:
    named = sequence / "temporalROI.txt"
    last = len(list((sequence / "groundtruth").glob("gt*.png")))
    if not named.exists():
        return 1, last
    first, until = (int(word) for word in named.read_text(encoding="ascii").split())
    return first, min(until, last)


def figures(folder: Path) -> Iterator[dict[str, object]]:
    """One entry per sequence, the mean, and the cost beside MOG2's."""
    everything = {sequence.name: scored(sequence) for sequence in sequences(folder)}
    if not everything:
        return
    mean = {name: sum(counts[name].f1 for counts in everything.values()) / len(everything) for name in NAMES}
    for sequence, counts in everything.items():
        rival = max(RIVALS, key=lambda name: counts[name].f1)
        yield _entry(f"motion_f1_{sequence}", counts["ours"].f1, f"OpenCV {rival}", counts[rival].f1)
    rival = max(RIVALS, key=lambda name: mean[name])
    yield _entry("motion_f1_mean", mean["ours"], f"OpenCV {rival}", mean[rival])
    cost = {
        name: sum(counts[name].seconds for counts in everything.values())
        / sum(counts[name].pictures for counts in everything.values())
        for name in ("ours", "MOG2", "KNN")
    }
    cheapest = min(("MOG2", "KNN"), key=lambda name: cost[name])
    yield _entry("motion_ms_per_frame", cost["ours"] * 1000, f"OpenCV {cheapest}", cost[cheapest] * 1000, "ms")


def _entry(key: str, value: float, rival: str, rival_value: float, unit: str = "F1") -> dict[str, object]:
    return {"key": key, "value": round(value, 3), "unit": unit, "rival": rival, "rival_value": round(rival_value, 3)}
