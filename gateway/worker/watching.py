"""What is watched for on one camera: its detectors, its rules, and the events that are open.

Everything here belongs to the decoding thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gateway.domain.events import Event, Phase
from gateway.domain.observations import WHOLE_PICTURE, Observation, ObservationKind
from gateway.domain.rules import Change, Rule, RuleState, advance, finish
from gateway.ports import Detector, Frame

MAX_UNSEEN_SECONDS = 20.0
"""Keyframes are no further apart than this; whoever looks less often misses what happens between."""
UNSEEN_KEPT_SECONDS = 30.0
"""How long the longest pause between two looks counts: on a middle rung long pauses and short ones take turns."""
LOSS_SECONDS = 10.0
"""A camera without a picture for this long is observed as having lost its signal."""


@dataclass(slots=True)
class _Case:
    """One rule on one camera: where it stands, and the event that is open."""

    rule: Rule
    state: RuleState = field(default_factory=RuleState)
    event_id: str = ""
    picture_at: float = 0.0


class Watcher:
    """Turns the pictures of one camera into events."""

    def __init__(
        self,
        camera_id: str,
        detector: Detector | None,
        rules: Sequence[Rule],
        new_id: Callable[[], str],
        born_at: float,
    ) -> None:
        self.camera_id = camera_id
        self._detector = detector
        self._cases = [_Case(rule) for rule in rules]
        self._new_id = new_id
        self._seen_at = born_at
        self._late = 0.0
        self._looked_at: float | None = None
        self._unseen = 0.0
        self._unseen_at = 0.0

    @property
    def looks(self) -> bool:
        """Whether it wants pictures at all."""
        return self._detector is not None

    def look(self, frame: Frame, *, flowing: bool = False) -> list[Event]:
        """What this picture opens, extends or closes.

        ``flowing`` says that the camera sent pictures all the time since the last one looked at: the pause is ours.
        """
        self._seen_at, self._late = frame.at, frame.late
        self._note_pause(frame.at, flowing)
        observations = self._detector.detect(frame) if self._detector is not None else ()
        return self._advance(observations, frame.at) if observations else []

    def tick(self, at: float, alive_at: float | None) -> list[Event]:
        """What the passing of time closes, and whether the signal is lost. Call it about once a second.

        ``alive_at`` is when the camera last sent something, None if its silence is known to have another reason (it
        refuses our password).
        """
        if alive_at is None:
            self._seen_at = at
            return self._advance((), at)
        silent = at - max(alive_at, self._seen_at)
        if silent < LOSS_SECONDS:
            return self._advance((), at)
        detail: dict[str, float | str] = {"silent_seconds": round(silent, 1)}
        lost = Observation(ObservationKind.SIGNAL_LOSS, at, WHOLE_PICTURE, round(silent, 1), LOSS_SECONDS, detail)
        return self._advance((lost,), at)

    def finish(self, at: float) -> list[Event]:
        """Closes what is open, as cut short: the camera leaves this worker, or its rules change."""
        events: list[Event] = []
        for case in self._cases:
            case.state, changes = finish(case.rule, case.state, at)
            events.extend(self._event(case, change).cut_short("no longer watched here") for change in changes)
        return events

    @property
    def faults(self) -> frozenset[ObservationKind]:
        """The faults of which an event is open."""
        return frozenset(
            case.state.strongest.kind
            for case in self._cases
            if case.rule.fault and case.state.open and case.state.strongest is not None
        )

    def _note_pause(self, at: float, flowing: bool) -> None:
        before, self._looked_at = self._looked_at, at
        pause = min(max(0.0, at - before), MAX_UNSEEN_SECONDS) if flowing and before is not None else 0.0
        if pause >= self._unseen or not 0 <= at - self._unseen_at < UNSEEN_KEPT_SECONDS:
            self._unseen, self._unseen_at = pause, at

    def _advance(self, observations: Iterable[Observation], at: float) -> list[Event]:
        events: list[Event] = []
        found = tuple(observations)
        for case in self._cases:
            # A lost signal is noticed by time passing, not by looking.
            unseen = 0.0 if ObservationKind.SIGNAL_LOSS in case.rule.kinds else self._unseen
            case.state, changes = advance(case.rule, case.state, found, at, unseen=unseen)
            events.extend(self._event(case, change) for change in changes)
        return events

    def _event(self, case: _Case, change: Change) -> Event:
        seen = change.observation
        if change.phase is Phase.OPEN:
            # When the device sent it, as nearly as its punctual pictures tell; a silence has no picture.
            late = 0.0 if seen.kind is ObservationKind.SIGNAL_LOSS else self._late
            case.event_id, case.picture_at = self._new_id(), seen.at - late
        return Event(
            id=case.event_id,
            camera_id=self.camera_id,
            rule_id=case.rule.id,
            kind=seen.kind,
            phase=change.phase,
            opened_at=change.opened_at,
            last_at=change.last_at,
            picture_at=case.picture_at,
            box=seen.box,
            measure=seen.measure,
            threshold=seen.threshold,
            fault=case.rule.fault,
            why=dict(seen.detail),
        )
