"""The sample's tapes under the detectors and rules that watch them: the scripted incidents are raised, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from gateway.domain.cameras import CameraKind
from gateway.domain.events import Event, Phase
from gateway.domain.packets import Packet
from gateway.domain.rules import Rule
from gateway.samples.tape import FPS, access_units
from gateway.settings import for_sample, load, rules_of
from gateway.worker.budget import FULL, KEYFRAMES
from gateway.worker.eye import Eye
from gateway.worker.watching import Watcher
from inference.catalogue import build

SAMPLE = Path(__file__).parents[3] / "config" / "sample"
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC).timestamp()
"""In Shanghai: the rules for the night rest."""
LOOPS = 3
RULES = rules_of(for_sample(load(None, {})))[1]
PLAN = yaml.safe_load((SAMPLE / "plan.yaml").read_text("utf-8"))
KINDS = {
    camera["id"]: CameraKind(camera["kind"])
    for camera in yaml.safe_load((SAMPLE / "cameras.yaml").read_text("utf-8"))["cameras"]
}
CHANNELS = [channel for device in PLAN["devices"] for channel in device["channels"]]
INCIDENTS = {incident["camera"]: incident for incident in PLAN["incidents"]}


def replayed(tape: str, offset: float, seconds: float) -> Iterator[Packet]:
    """What a sample camera sends in so many seconds after its start, from its first keyframe on."""
    stream = (SAMPLE / "footage" / f"{tape}-sub.h264").read_bytes()
    pictures = [b"".join(b"\0\0\0\1" + nal for nal in nals) for nals in access_units(stream)]
    keys = [picture[4] & 0x1F in (7, 5) for picture in pictures]
    for index in range(round(seconds * FPS)):
        place = (round(offset * FPS) + index) % len(pictures)
        yield Packet(index * 9000, keys[place], pictures[place], NOON + index / FPS)


def raised(camera: str, tape: str, offset: float, seconds: float, rung: int = FULL) -> list[tuple[Event, float]]:
    """The events that open on that camera, each with its second after the start, at that step of the budget."""
    rules: list[Rule] = [rule for rule in RULES if rule.applies(camera, KINDS[camera])]
    eye = Eye(camera, Watcher(camera, build({}), rules, lambda: "id", NOON), lambda: None)
    eye.rung = rung
    told = []
    for packet in replayed(tape, offset, seconds):
        eye.offer(packet)
        told += [finding.event for finding in eye.work(False)]
    if rung == FULL:
        assert eye.looked >= (seconds - 2) * FPS - 2, "every picture was looked at"
    return [(event, event.opened_at - NOON) for event in told if event.phase is Phase.OPEN]


@pytest.mark.slow
@pytest.mark.parametrize("rung", range(FULL, KEYFRAMES + 1))
@pytest.mark.parametrize("camera", sorted(INCIDENTS))
def test_each_scripted_incident_raises_exactly_its_candidate_within_a_minute(camera: str, rung: int) -> None:
    incident = INCIDENTS[camera]
    channel = next(one for one in CHANNELS if one["camera"] == camera)
    found = raised(camera, channel["tape"], channel["offset"], 60, rung)
    (rule,) = [rule.id for rule in RULES if rule.cameras is not None and camera in rule.cameras]
    first = [at for event, at in found if event.rule_id == rule]
    assert [event.rule_id for event, _ in found] == [rule], "exactly the scripted candidate"
    assert incident["quiet_until"] <= first[0] <= incident["over_at"]


def shown() -> list[tuple[str, str]]:
    """One camera for each tape and kind of camera that shows it, the incidents' own cameras left out."""
    pairs = {(c["tape"], KINDS[c["camera"]]): c["camera"] for c in CHANNELS if c["camera"] not in INCIDENTS}
    return sorted((tape, camera) for (tape, _), camera in pairs.items())


@pytest.mark.slow
@pytest.mark.parametrize(("tape", "camera"), shown())
def test_a_tape_that_goes_round_three_times_raises_nothing(tape: str, camera: str) -> None:
    size = (SAMPLE / "footage" / f"{tape}-sub.h264").read_bytes()
    length = sum(1 for _ in access_units(size)) / FPS
    assert [(event.rule_id, at) for event, at in raised(camera, tape, 0.0, LOOPS * length)] == []
