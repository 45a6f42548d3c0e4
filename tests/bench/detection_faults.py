"""Real tamper clips (must be told, and not before) and nuisance clips (must stay quiet), through the whole default set.

Pictures are thinned to about ten a second, as on a sub-stream. A tamper clip counts as detected when any fault but
freeze is observed after its onset and before its end. A nuisance clip counts as a false alarm when a fault of a kind it
must not raise is observed for two seconds or more in one piece, or a fault, anomaly or (where intrusion must not be
raised) motion rule of config/rules.yaml that is not for one named camera opens an event on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from gateway.domain.observations import FAULTS, Observation, ObservationKind
from gateway.domain.rules import Rule, RuleState, advance, rules_from
from gateway.ports import Frame
from inference.catalogue import build
from tests.bench.detection_footage import pictures, rows

RATE = 10.0
LASTING_SECONDS = 2.0
TAMPER = FAULTS - {ObservationKind.SIGNAL_LOSS, ObservationKind.FREEZE}
RULES = Path(__file__).parents[2] / "config" / "rules.yaml"


def observed(paths: Sequence[Path]) -> Iterator[tuple[float, list[Observation]]]:
    """Second and observations of each picture looked at, the clips one after the other on one camera."""
    detector = build({})
    clock = 0.0
    for path in paths:
        due, at = 0.0, 0.0
        for at, luma in pictures(path):
            if at + 1e-6 >= due:
                due += 1 / RATE
                yield clock + at, list(detector.detect(Frame(luma, clock + at, False)))
        clock += at + 1 / RATE


def tamper(folder: Path) -> Iterator[dict[str, object]]:
    """How many clips were detected, how late at worst, and how many pictures were blamed before the onset."""
    labels = folder / "tamper" / "labels.csv"
    if not labels.exists():
        return
    late: list[float] = []
    early = 0
    clips = rows(labels)
    for row in clips:
        rate = float(row["fps"])
        onset, end = int(row["onset_frame"]) / rate, int(row["end_frame"]) / rate
        times = [
            at
            for at, found in observed([folder / "tamper" / row["clip"]])
            if at <= end and any(o.kind in TAMPER for o in found)
        ]
        early += sum(at < onset for at in times)
        late.extend([min(at for at in times if at >= onset) - onset] if any(at >= onset for at in times) else [])
    yield {"key": f"tamper_detected_of_{len(clips)}", "value": len(late), "unit": "clips"}
    if late:
        yield {"key": "tamper_slowest_s", "value": round(max(late), 2), "unit": "s after onset"}
    yield {"key": "tamper_before_onset", "value": early, "unit": "observations"}


def nuisance(folder: Path) -> Iterator[dict[str, object]]:
    """Clips with a false alarm."""
    labels = folder / "nuisance" / "labels.csv"
    if not labels.exists():
        return
    rules = [rule for rule in rules_from(yaml.safe_load(RULES.read_text(encoding="utf-8"))) if rule.cameras is None]
    alarms, clips = 0, rows(labels)
    for row in clips:
        named = folder / "nuisance" / row["clip"]
        seen = list(observed(sorted(named.iterdir()) if named.is_dir() else [named]))
        # A dark lens is rightly called black: that clip asks only that nothing is told after the light came.
        kinds = TAMPER - {ObservationKind.BLACK} if "after the switch" in row["must_not_raise"] else TAMPER
        intrusion = "intrusion" in row["must_not_raise"]
        watching = [rule for rule in rules if intrusion or ObservationKind.MOTION not in rule.kinds]
        alarms += _lasting(seen, kinds) or _events(seen, watching) > 0
    yield {"key": "nuisance_false_alarms", "value": alarms, "unit": f"of {len(clips)} clips"}


def _lasting(seen: list[tuple[float, list[Observation]]], kinds: frozenset[ObservationKind]) -> bool:
    since: float | None = None
    last = 0.0
    for at, found in seen:
        if any(o.kind in kinds for o in found):
            since = at if since is None or at - last > 1.5 else since
            last = at
            if at - since >= LASTING_SECONDS:
                return True
    return False


def _events(seen: list[tuple[float, list[Observation]]], rules: Sequence[Rule]) -> int:
    """Openings if every rule watched this camera, whatever its kind; schedules read as if it were midnight in China."""
    opened = 0
    for rule in rules:
        state = RuleState()
        for at, found in seen:
            state, changes = advance(rule, state, found, at, offset_minutes=0)
            opened += sum(change.phase == "open" for change in changes)
    return opened
