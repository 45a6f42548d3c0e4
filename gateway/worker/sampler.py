"""The one thread that decodes: every camera's sub-stream in turn, newest first when it cannot keep up.

One thread, because sixty decoding demux threads put the loop's 99th percentile at over 30 ms and one leaves it at 2.5;
a budget, because watching must leave the machine usable.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from gateway.worker import budget
from gateway.worker.eye import Eye, Finding

log = structlog.get_logger(__name__)

CONTROL_SECONDS = 1.0
TURN_SECONDS = 10.0
"""How long the cameras with the better rung keep it before it is the next ones' turn."""
LIFTED_CORES = 100.0
"""A budget of so much is none: whoever lifts it wants every picture looked at, however late, and nothing eased."""
BRAKE_AT = 1.3
"""Used more than this many times the budget since the last control: keyframes only until the next."""


@dataclass(slots=True)
class Load:
    """What the decoding thread used since it began; seconds are CPU time."""

    seconds: float = 0.0
    cores: float = 0.0
    braked: int = 0
    scale: float = 1.0
    """Measured use over foreseen use: the costs the pictures do not account for."""
    ease: float = 1.0
    """Share of the budget that is planned with: it falls while the machine leaves too little time to keep up."""


class Sampler:
    """Owns the decoding thread's work. ``put`` and ``remove`` may be called from any thread, the rest as said."""

    def __init__(self, budget_cores: float, told: Callable[[list[Finding]], None]) -> None:
        self.budget_cores = budget_cores
        self.load = Load()
        self._told = told
        self._eyes: dict[str, Eye] = {}
        self._retired: deque[Eye] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._turn = 0
        self._dropped = 0

    def put(self, eye: Eye) -> None:
        """Adds a camera, or replaces the one of the same id."""
        self.remove(eye.camera_id)
        self._eyes = {**self._eyes, eye.camera_id: eye}

    def remove(self, camera_id: str) -> None:
        """Takes a camera away; what its watcher has open is closed by the decoding thread."""
        if (eye := self._eyes.get(camera_id)) is not None:
            self._eyes = {key: value for key, value in self._eyes.items() if key != camera_id}
            self._retired.append(eye)

    def eyes(self) -> list[Eye]:
        """Those there are now; their counters may be read from any thread."""
        return list(self._eyes.values())

    def wake(self) -> None:
        """Says that packets wait."""
        self._wake.set()

    def stop(self) -> None:
        """Ends ``run`` soon."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """The thread's work until ``stop``."""
        controlled, used = time.monotonic(), time.thread_time()
        turned = controlled
        while not self._stopping:
            self._wake.wait(CONTROL_SECONDS / 2)
            self._wake.clear()
            while self._retired:
                self._tell(self._retired.popleft().finish(time.time()))
            braking = False
            for eye in tuple(self._eyes.values()):
                if self._stopping:
                    return
                self._tell(eye.work(braking))
                if time.monotonic() - controlled >= CONTROL_SECONDS:
                    controlled, used = self._control(controlled, used)
                    braking = False
                elif time.thread_time() - used > BRAKE_AT * max(self.budget_cores, 0.05) * CONTROL_SECONDS:
                    self.load.braked += not braking
                    braking = True
            if not self._eyes and time.monotonic() - controlled >= CONTROL_SECONDS:
                controlled, used = self._control(controlled, used)
            if time.monotonic() - turned >= TURN_SECONDS:
                turned = time.monotonic()
                self._turn += 1

    def _tell(self, findings: list[Finding]) -> None:
        if findings:
            self._told(findings)

    def _ease(self, dropped: int) -> None:
        """Plans with less while pictures had to be dropped, so that they are shed evenly instead; then with more."""
        if self.budget_cores >= LIFTED_CORES:
            self.load.ease = 1.0
        elif dropped > 0:
            self.load.ease = max(0.05, self.load.ease * 0.85)
        else:
            self.load.ease = min(1.0, self.load.ease + 0.02)

    def _control(self, controlled: float, used: float) -> tuple[float, float]:
        """Shares the budget anew by what was measured, and lets time pass for every watcher."""
        now, spent = time.monotonic(), time.thread_time()
        self.load.seconds += spent - used
        self.load.cores = (spent - used) / (now - controlled)
        eyes = [eye for eye in self._eyes.values() if eye.watcher.looks]
        costs = [eye.cost() for eye in eyes]
        foreseen = sum(cost.at(eye.rung) for cost, eye in zip(costs, eyes, strict=True))
        if foreseen > 0:
            measured = min(max(self.load.cores / foreseen, 0.5), 3.0)
            self.load.scale += 0.2 * (measured - self.load.scale)
        dropped = sum(eye.dropped for eye in eyes)
        self._ease(dropped - self._dropped)
        self._dropped = dropped
        available = min(self.budget_cores, 1.0) * self.load.ease if self.load.ease < 1 else self.budget_cores
        rungs = budget.share(costs, available / self.load.scale, self._turn * max(1, len(eyes) // 5))
        for eye, rung in zip(eyes, rungs, strict=True):
            eye.rung = rung
        moment = time.time()
        for eye in self._eyes.values():
            self._tell(eye.tick(moment))
        return now, spent
