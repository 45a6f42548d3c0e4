"""The labelled footage: where it is, how its files are read, and how to bring it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

VARIABLE = "LABELLED_FOOTAGE"

HOW_TO_BRING = f"""The labelled footage is not part of the project: its owners allow research, not copying.
Set {VARIABLE} to a folder with this layout (any part may be missing, its figures are then left out):
  motion/cdnet_highway, motion/cdnet_office, motion/cdnet_traffic   CDnet 2012 (changedetection.net): baseline/highway,
      baseline/office, cameraJitter/traffic: input.mp4 from input/in%06d.jpg (all pictures, 25 per second),
      groundtruth/gt%06d.png, ROI.png (or ROI.bmp), temporalROI.txt
  motion/sbi_CAVIAR1, sbi_Candela, sbi_HallAndMonitor, sbi_HighwayI SBI2015 (sbmi2015.na.icar.cnr.it), same layout
  anomaly/ped2_01.mp4 ... ped2_06.mp4      UCSD Ped2 Test001-006 (svcl.ucsd.edu), 10 pictures per second, labels.csv:
      clip,frames,fps,start_frame,end_frame,type,source_of_label (frames one-based, from the set's .m file)
  tamper/*.mp4 with labels.csv: clip,frames,fps,type,onset_frame,complete_frame,end_frame,notes
  nuisance/* with labels.csv: clip,what,must_not_raise"""


def folder() -> Path | None:
    """The folder named by the environment, or none when it is unset or not there."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named and Path(named).is_dir() else None


def colour_pictures(path: Path) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """Seconds and BGR picture, from a file that OpenCV can read."""
    capture = cv2.VideoCapture(str(path))
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
        at = -1 / rate
        while True:
            there, picture = capture.read()
            if not there:
                return
            # The file's own time, where it moves on: some clips leave out pictures that did not change.
            told = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            at = told if told > at else at + 1 / rate
            yield at, np.asarray(picture, np.uint8)
    finally:
        capture.release()


def pictures(path: Path) -> Iterator[tuple[float, Picture]]:
    """Seconds and brightness picture."""
    for at, picture in colour_pictures(path):
        yield at, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a labels file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
