"""How well the detectors detect, and what they cost: figures for the bench table.

LABELLED_FOOTAGE=<folder> make bench ONLY=motion_f1_mean,anomaly_auc_ped2
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from gateway.ports import Frame
from inference.catalogue import build
from tests.bench import detection_anomaly, detection_faults, detection_footage, detection_motion

COMMAND = f"{detection_footage.VARIABLE}=<folder> make bench ONLY="
TAPES = Path(__file__).parents[2] / "config" / "sample" / "footage"
COST_SECONDS = 40.0
PARTS = (
    (("motion_f1_", "motion_ms_"), detection_motion.figures),
    (("anomaly_auc_",), detection_anomaly.figures),
    (("tamper_",), detection_faults.tamper),
    (("nuisance_",), detection_faults.nuisance),
)


def measure(only: set[str]) -> Iterable[dict[str, object]]:
    """The entries asked for (all when ``only`` is empty). Says how to bring the footage when it is not there."""
    folder = detection_footage.folder()
    if folder is None:
        sys.stderr.write(detection_footage.HOW_TO_BRING + "\n")
    else:
        yield from score(folder, only)
    if not only or "detect_ms_per_frame" in only:
        yield from cost()


def score(folder: Path, only: set[str] | frozenset[str] = frozenset()) -> list[dict[str, object]]:
    """The figures of the labelled footage in that folder."""
    entries: list[dict[str, object]] = []
    for prefixes, figures in PARTS:
        if not only or any(key.startswith(prefixes) for key in only):
            entries.extend(_complete(entry) for entry in figures(folder))
    return [entry for entry in entries if not only or entry["key"] in only]


def cost() -> Iterator[dict[str, object]]:
    """Processor time of the whole default set per 640x360 picture at ten a second, beside MOG2 on the same pictures."""
    ours = rival = 0.0
    pictures = 0
    for tape in sorted(TAPES.glob("*-sub.h264"))[::3]:
        frames = _frames(tape)
        if not frames:
            continue
        detector, subtractor = build({}), cv2.createBackgroundSubtractorMOG2()
        for index in range(int(COST_SECONDS * 10)):
            frame = Frame(frames[index % len(frames)], index / 10, index % 20 == 0)
            began = time.thread_time()
            detector.detect(frame)
            between = time.thread_time()
            if index < 100:
                subtractor.apply(frame.luma)
                rival += time.thread_time() - between
            ours += between - began
            pictures += 1
    if pictures:
        compared = pictures * 100 / (COST_SECONDS * 10)
        yield _complete(
            {
                "key": "detect_ms_per_frame",
                "value": round(1000 * ours / pictures, 3),
                "unit": "ms",
                "rival": "OpenCV MOG2 alone",
                "rival_value": round(1000 * rival / compared, 3),
            }
        )


def _frames(tape: Path) -> list[npt.NDArray[np.uint8]]:
    """Up to 12 seconds of a tape, as the sub-stream brings it."""
    found = []
    with av.open(str(tape)) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            found.append(rows[: frame.height, : frame.width].copy())
            if len(found) >= 120:
                break
    return found


def _complete(entry: dict[str, object]) -> dict[str, object]:
    key = entry["key"]
    return {"must": None, "rival": None, "rival_value": None, "command": f"{COMMAND}{key}", **entry}


if __name__ == "__main__":
    for line in measure(set(sys.argv[1:])):
        sys.stdout.write(f"{line['key']:36} {line['value']!s:>8} {line['unit']!s:18} {line['rival'] or '':18} ")
        sys.stdout.write(f"{'' if line['rival_value'] is None else line['rival_value']}\n")
