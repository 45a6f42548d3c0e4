"""The cameras a worker owns: takes assignments, and makes what runs agree with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from gateway.clock import new_id
from gateway.domain.rules import Rule, rule_from
from gateway.fleet.wire import AssignedCamera, Assignment
from gateway.ports import Detector, Json, Unavailable
from gateway.supervise import keep
from gateway.worker.camera import Camera, Trade
from gateway.worker.eye import Eye
from gateway.worker.sampler import Sampler
from gateway.worker.watching import Watcher

log = structlog.get_logger(__name__)


class Cameras:
    """All cameras of this worker; ``build`` makes the detectors of one."""

    def __init__(
        self,
        trade: Trade,
        sampler: Sampler,
        build: Callable[[Json], Detector],
    ) -> None:
        self._trade, self._sampler, self._build = trade, sampler, build
        self._cameras: dict[str, Camera] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._rules: dict[str, Json] = {}
        self._epoch = -1
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Runs the assigned cameras until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            while True:
                await self._trade.clock.sleep(1.0)
                now = time.time()
                for camera in self._cameras.values():
                    camera.tick(now)

    def get(self, camera_id: str) -> Camera:
        """The camera of that id. Raises ``Unavailable``."""
        if camera_id not in self._cameras:
            raise Unavailable("the camera is not assigned to this worker")
        return self._cameras[camera_id]

    def all(self) -> Sequence[Camera]:
        """Those there are now."""
        return list(self._cameras.values())

    def assign(self, assignment: Assignment) -> None:
        """Makes what runs agree with the assignment; unchanged cameras keep running. Older epochs are ignored."""
        if assignment.epoch < self._epoch:
            log.info("an outdated assignment is ignored", epoch=assignment.epoch, present=self._epoch)
            return
        self._epoch = assignment.epoch
        self._sampler.budget_cores = assignment.budget_cores
        rules = {str(rule.get("id")): rule for rule in assignment.rules}
        changed_rules = {key for key in rules.keys() | self._rules.keys() if rules.get(key) != self._rules.get(key)}
        self._rules = rules
        wanted = {camera.camera_id: camera for camera in assignment.cameras}
        for camera_id in self._cameras.keys() - wanted.keys():
            self._remove(camera_id)
        for assigned in wanted.values():
            self._place(assigned, changed_rules)
        self._trade.gates.forget_all_but({(camera.host, camera.username or "") for camera in wanted.values()})

    def _place(self, assigned: AssignedCamera, changed_rules: set[str]) -> None:
        present = self._cameras.get(assigned.camera_id)
        if present is None or _connection(present.assigned) != _connection(assigned):
            if present is not None:
                self._remove(assigned.camera_id)
            self._add(assigned)
        elif present.assigned != assigned or changed_rules & set(assigned.rules):
            present.assigned = assigned
            self._watch(present)

    def _add(self, assigned: AssignedCamera) -> None:
        camera = self._cameras[assigned.camera_id] = Camera(assigned, self._trade)
        self._watch(camera)
        assert self._group is not None
        self._tasks[assigned.camera_id] = self._group.create_task(
            keep(camera.run, self._trade.clock, name=f"camera {assigned.name}")
        )
        self._trade.changed(assigned.camera_id)

    def _remove(self, camera_id: str) -> None:
        self._tasks.pop(camera_id).cancel()
        del self._cameras[camera_id]
        self._sampler.remove(camera_id)

    def _watch(self, camera: Camera) -> None:
        """Gives the camera a watcher by its present settings; what its old one had open is closed."""
        assigned = camera.assigned
        now = self._trade.clock.now().timestamp()
        watcher = Watcher(
            assigned.camera_id,
            self._detector(assigned),
            self._rules_of(assigned),
            lambda: new_id(self._trade.clock),
            now,
        )
        camera.eye = Eye(assigned.camera_id, watcher, camera.alive_at)
        camera.watched.tap = camera.eye.offer
        self._sampler.put(camera.eye)

    def _detector(self, assigned: AssignedCamera) -> Detector | None:
        if assigned.detectors is None:
            return None
        try:
            return self._build(assigned.detectors)
        except ValueError as error:
            log.error("a camera's detectors cannot be built", camera=assigned.name, reason=str(error))
            return None

    def _rules_of(self, assigned: AssignedCamera) -> list[Rule]:
        rules: list[Rule] = []
        for rule_id in assigned.rules:
            try:
                rules.append(rule_from(self._rules[rule_id]))
            except (KeyError, ValueError) as error:
                log.error("a rule cannot be used", camera=assigned.name, rule=rule_id, reason=str(error))
        return rules


def _connection(assigned: AssignedCamera) -> AssignedCamera:
    """What of an assignment needs another connection when it changes."""
    return replace(assigned, name="", kind="", detectors=None, rules=())
