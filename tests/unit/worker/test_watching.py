import itertools

import numpy as np

from gateway.domain.events import Phase
from gateway.domain.observations import Box, Observation, ObservationKind
from gateway.domain.rules import Rule
from gateway.ports import Frame
from gateway.worker.watching import LOSS_SECONDS, Watcher

PICTURE = np.zeros((4, 4), np.uint8)
ANOMALY = Rule("odd", frozenset({ObservationKind.ANOMALY}), quiet_seconds=5, cooldown_seconds=0)
LOSS = Rule("loss", frozenset({ObservationKind.SIGNAL_LOSS}), min_seconds=5, gap_seconds=3, quiet_seconds=5, fault=True)


class Sees:
    """A detector that sees something between two moments."""

    def __init__(self, begin: float, end: float) -> None:
        self._begin, self._end = begin, end

    def detect(self, frame):
        if self._begin <= frame.at < self._end:
            return [Observation(ObservationKind.ANOMALY, frame.at, Box(0.1, 0.1, 0.2, 0.2), 3.0, 2.0, {"speed": 1.0})]
        return []


def watcher(detector=None, rules=(ANOMALY, LOSS), born_at=0.0):
    ids = (f"id-{number}" for number in itertools.count(1))
    return Watcher("c", detector, rules, lambda: next(ids), born_at)


def test_an_event_has_one_id_from_opening_to_closing():
    w, events = watcher(Sees(10, 12)), []
    for tenth in range(0, 300):
        at = tenth / 10
        events += w.look(Frame(PICTURE, at, False))
        if tenth % 10 == 0:
            events += w.tick(at, at)
    assert [(event.id, event.phase) for event in events] == [("id-1", Phase.OPEN), ("id-1", Phase.CLOSE)]
    assert events[0].picture_at == events[1].picture_at == 10.0
    assert events[0].why == {"speed": 1.0}
    assert not events[0].fault


def test_a_silent_camera_loses_its_signal_and_finds_it_again():
    w, events = watcher(rules=(LOSS,)), []
    for second in range(60):
        alive = float(min(second, 20)) if second < 50 else float(second)
        events += w.tick(float(second), alive)
    assert [event.phase for event in events if event.phase is not Phase.EXTEND] == [Phase.OPEN, Phase.CLOSE]
    assert events[0].kind is ObservationKind.SIGNAL_LOSS
    assert events[0].fault
    assert events[0].measure >= LOSS_SECONDS


def test_a_camera_that_never_came_has_lost_its_signal_too():
    w = watcher(rules=(LOSS,), born_at=100.0)
    events = [event for second in range(100, 130) for event in w.tick(float(second), 0.0)]
    assert [event.phase for event in events][:1] == [Phase.OPEN]


def test_a_refused_password_is_no_lost_signal():
    w = watcher(rules=(LOSS,))
    assert [event for second in range(300) for event in w.tick(float(second), None)] == []


def test_faults_stand_while_their_event_is_open_and_finish_closes_it():
    w = watcher(rules=(LOSS,))
    for second in range(30):
        w.tick(float(second), 0.0)
    assert w.faults == {ObservationKind.SIGNAL_LOSS}
    closings = w.finish(31.0)
    assert [(event.phase, event.ended) for event in closings] == [(Phase.CLOSE, False)], "nobody saw the fault end"
    assert w.faults == frozenset()
