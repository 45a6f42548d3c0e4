"""Frame AUC of the anomaly detector on UCSD Ped2 test 01-06.

How it is scored: one motion and one anomaly detector see the six clips in order as one camera, with a pause of one
second between clips; nothing was learned before, no label and no training clip is used, the clips are seen once. The
score of a picture is ``Anomaly.score`` at that picture. One ROC over all 1,020 pictures, without scaling per clip. The
second figure is the same over a second round through the clips by the same detectors, after one unlabelled round.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gateway.ports import Frame
from inference.anomaly import Anomaly
from inference.motion import Motion
from inference.picture import reduced
from tests.bench.detection_footage import pictures, rows

PAUSE = 1.0


def area_under_curve(scores: list[float], truth: list[bool]) -> float:
    """The chance that an unusual picture scores above a usual one; ties count half."""
    values, unusual = np.asarray(scores), np.asarray(truth)
    high, low = values[unusual], np.sort(values[~unusual])
    below = np.searchsorted(low, high, side="left")
    not_above = np.searchsorted(low, high, side="right")
    return float((below + not_above).mean() / 2 / len(low))


def figures(folder: Path) -> Iterator[dict[str, object]]:
    """The AUC of the first and of the second round."""
    labels = folder / "anomaly" / "labels.csv"
    if not labels.exists():
        return
    spans = [row for row in rows(labels) if row["clip"].startswith("ped2_")]
    motion = Motion()
    anomaly = Anomaly(motion)
    clock = 0.0
    for key in ("anomaly_auc_ped2", "anomaly_auc_ped2_second_round"):
        scores: list[float] = []
        truth: list[bool] = []
        for row in spans:
            start, end = int(row["start_frame"]), int(row["end_frame"])
            for number, (at, luma) in enumerate(pictures(folder / "anomaly" / row["clip"]), start=1):
                frame = Frame(reduced(luma), clock + at, False)
                motion.detect(frame)
                anomaly.detect(frame)
                scores.append(anomaly.score)
                truth.append(start <= number <= end)
            clock += at + PAUSE
        yield {"key": key, "value": round(area_under_curve(scores, truth), 3), "unit": "AUC"}
