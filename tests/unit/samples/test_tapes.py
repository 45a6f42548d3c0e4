from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
import yaml

from gateway.samples.tape import GOP, Shelf, read_tape

SAMPLE = Path(__file__).resolve().parents[3] / "config" / "sample"
FOOTAGE = SAMPLE / "footage"
PLAN: dict[str, Any] = yaml.safe_load((SAMPLE / "plan.yaml").read_text(encoding="utf-8"))
RECIPES: dict[str, Any] = yaml.safe_load((SAMPLE / "tapes.yaml").read_text(encoding="utf-8"))

Picture = npt.NDArray[np.int16]


def channels() -> Iterator[dict[str, Any]]:
    for device in PLAN["devices"]:
        yield from device["channels"]


def pictures(name: str) -> list[Picture]:
    with av.open(str(FOOTAGE / f"{name}-sub.h264")) as container:
        return [
            frame.to_ndarray(format="gray")[::4, ::4].astype(np.int16)
            for frame in container.decode(container.streams.video[0])
        ]


def difference(one: Picture, other: Picture) -> float:
    return float(np.abs(one - other).mean())


def test_no_two_cameras_show_the_same_moment_at_the_same_time() -> None:
    offsets: dict[str, list[float]] = defaultdict(list)
    lengths: dict[str, float] = {}
    for channel in channels():
        recipe = RECIPES["tapes"][channel["tape"]]
        moments = recipe["moments"]
        assert lengths.setdefault(moments, float(recipe["seconds"])) == recipe["seconds"]
        offsets[moments].append(channel["offset"])
    assert sum(len(taken) for taken in offsets.values()) == 119
    for moments, taken in offsets.items():
        length, ordered = lengths[moments], sorted(taken)
        gaps = [b - a for a, b in zip(ordered, [*ordered[1:], ordered[0] + length], strict=True)]
        assert min(gaps) >= 2.0, moments


@pytest.mark.parametrize("kind", ["main", "sub"])
def test_all_tapes_share_their_parameter_sets_and_fit_the_budget(kind: str) -> None:
    names = [*RECIPES["tapes"], *RECIPES["faults"]]
    tapes = [read_tape(FOOTAGE / f"{name}-{kind}.h264") for name in names]
    assert len({(tape.sps, tape.pps) for tape in tapes}) == 1
    for name, tape in zip(names, tapes, strict=True):
        seconds = {**RECIPES["tapes"], **RECIPES["faults"]}[name]["seconds"]
        assert len(tape) == seconds * 10
    assert max(path.stat().st_size for path in FOOTAGE.iterdir()) <= 5_500_000


@pytest.mark.parametrize("name", RECIPES["tapes"])
def test_a_sub_stream_has_the_bit_rate_of_a_real_one(name: str) -> None:
    size = (FOOTAGE / f"{name}-sub.h264").stat().st_size
    assert 384 <= size * 8 / 1000 / RECIPES["tapes"][name]["seconds"] <= 512


def test_the_folder_stays_small_and_names_its_sources() -> None:
    assert sum(path.stat().st_size for path in FOOTAGE.iterdir()) <= 75_000_000
    attribution = (FOOTAGE / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for name, recipe in RECIPES["tapes"].items():
        short = "-" + name.rpartition("-")[2]
        assert name in attribution or short in attribution, name
        source = recipe["source"]
        assert source in attribution or source.startswith("jamcam-"), source


def test_every_tape_of_the_plan_has_a_still() -> None:
    shelf = Shelf(FOOTAGE)
    for name in {channel["tape"] for channel in channels()}:
        assert shelf.still(name).startswith(b"\xff\xd8")


@pytest.mark.parametrize("name", ["avenue-bus", "asphalt", "hall-visit", "tower", "ring-road-night"])
def test_the_loop_point_is_no_greater_step_than_the_tape_has_anyway(name: str) -> None:
    shown = pictures(name)
    steps = [difference(a, b) for a, b in itertools.pairwise(shown)]
    assert difference(shown[-1], shown[0]) <= 1.25 * max(steps)


@pytest.mark.parametrize("index", [0, 1])
def test_an_incident_begins_when_the_plan_says(index: int) -> None:
    incident = PLAN["incidents"][index]
    channel = next(c for c in channels() if c["camera"] == incident["camera"])
    shown = pictures(channel["tape"])
    height, width = shown[0].shape
    xs, ys = zip(*incident["zone"], strict=True)
    zone = (slice(int(min(ys) * height), int(max(ys) * height)), slice(int(min(xs) * width), int(max(xs) * width)))
    first = round(channel["offset"] * 10)
    quiet = shown[first][zone]

    def changed(seconds: float) -> float:
        picture = shown[(first + round(seconds * 10)) % len(shown)][zone]
        return float((np.abs(picture - quiet) > 40).mean())

    begins = incident["quiet_until"]
    assert 20 <= begins <= 50
    assert max(changed(at) for at in np.arange(0, begins - 0.5, 0.5)) < 0.002
    assert all(changed(begins + later) > 0.004 for later in (2.0, 3.0, 4.0, 5.0)), [
        changed(begins + x) for x in range(12)
    ]


def test_freeze_pictures_change_nothing() -> None:
    shelf = Shelf(FOOTAGE)
    black, tape = shelf.tape("black", "sub"), shelf.tape("avenue-bus", "sub")
    decoder = av.CodecContext.create("h264", "r")
    shown = []
    for unit in [tape.units[0], *black.units[1:GOP]]:
        for frame in decoder.decode(av.Packet(annex_b(unit.data, unit.starts))):
            shown.append(frame.to_ndarray(format="gray"))
    shown += [frame.to_ndarray(format="gray") for frame in decoder.decode(None)]
    assert len(shown) == GOP
    assert shown[0].mean() > 40
    assert all(np.array_equal(shown[0], later) for later in shown[1:])


def annex_b(data: bytes, starts: tuple[int, ...]) -> bytes:
    from tests.unit.samples.test_packetising import unpack

    return b"".join(b"\0\0\0\1" + nal for nal in unpack(data, starts))
