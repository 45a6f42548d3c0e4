"""The conductor: one gateway at a time decides which worker owns which camera, and tells the workers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Camera
from gateway.domain.messages import Message, Topic
from gateway.domain.rules import Rule
from gateway.fleet.dialling import Dialling
from gateway.fleet.link import WorkerLink
from gateway.fleet.placement import place
from gateway.fleet.wire import AssignedCamera
from gateway.ports import Bus, Clock, Credential, Json, Unavailable
from gateway.storage import assignments, cameras, credentials, epochs, leases, recorders, workers
from gateway.storage.secrets import BadKey, SecretBox
from gateway.storage.store import Store
from gateway.storage.workers import Worker

log = structlog.get_logger(__name__)

LEASE = "conductor"
LEASE_TIME = timedelta(seconds=6)
RENEWAL = timedelta(seconds=2)
RECENTLY = timedelta(seconds=30)
"""Workers that another gateway has heard of late are dialled too."""
POLL_SECONDS = 1.0
GATHERING_SECONDS = 3.0
"""How long a new conductor waits for the workers it expects before it places cameras on those that came."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What workers are to look for. ``max_cameras`` None means all; ``first`` are cameras that always count."""

    budget_cores: float
    documents: tuple[Json, ...] = ()
    rules: tuple[Rule, ...] = ()
    max_cameras: int | None = None
    first: tuple[str, ...] = ()

    def watched(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of the cameras that are to be looked at."""
        if self.max_cameras is None:
            return frozenset(ids)
        known = set(ids)
        order = [camera for camera in self.first if camera in known]
        order += [camera for camera in sorted(known) if camera not in self.first]
        return frozenset(order[: self.max_cameras])


@dataclass(slots=True)
class _Plan:
    """What was read of the catalogue at one epoch."""

    epoch: int = -1
    complete: bool = False
    owners: dict[str, str] = field(default_factory=dict)
    cameras: dict[str, AssignedCamera] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)


class Conductor:
    """Reads assignments for this gateway and, while it holds the lease, writes them and tells the workers."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bus: Bus,
        fleet: Dialling,
        gateway_id: str,
        box: SecretBox,
        detection: Detection,
        expected: int = 1,
    ) -> None:
        self._store = store
        self._clock = clock
        self._bus = bus
        self._fleet = fleet
        self._gateway_id = gateway_id
        self._box = box
        self._detection = detection
        self._expected = expected
        self._plan = _Plan()
        self._told: dict[str, tuple[WorkerLink, int, int]] = {}
        self._renewed = clock.now() - LEASE_TIME
        self._began = clock.now()
        self.leading = False

    async def run(self) -> None:
        """Acts once a second and whenever a worker comes or goes, until cancelled; then gives the lease up."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tick())
                group.create_task(self._listen())
                while True:
                    await self._fleet.changed.wait()
                    self._fleet.changed.clear()
                    await self._act()
        finally:
            if self.leading:
                with contextlib.suppress(SQLAlchemyError, OSError):
                    async with self._store.begin() as conn:
                        await leases.release(conn, LEASE, self._gateway_id)

    async def _tick(self) -> None:
        while True:
            self._fleet.changed.set()
            await self._clock.sleep(POLL_SECONDS)

    async def _listen(self) -> None:
        async with self._bus.subscribe() as messages:
            async for message in messages:
                if message.topic in (Topic.ASSIGNMENTS, Topic.CAMERAS) and message.origin != self._gateway_id:
                    self._fleet.changed.set()

    async def _act(self) -> None:
        try:
            await self._lead()
            await self._read()
            if self.leading and self._gathered():
                await self._place()
                await self._tell()
        except (SQLAlchemyError, OSError) as problem:
            log.error("the conductor could not reach the database", problem=str(problem))
            self.leading = self.leading and self._clock.now() - self._renewed < LEASE_TIME
        except BadKey as problem:
            log.error("device passwords cannot be opened", problem=str(problem))

    def _gathered(self) -> bool:
        """True once all expected workers have come, or enough time has passed since the first did."""
        present = len(self._fleet.alive())
        if not present:
            self._began = self._clock.now()
        waited = (self._clock.now() - self._began).total_seconds()
        return present >= self._expected or waited > GATHERING_SECONDS

    async def _lead(self) -> None:
        now = self._clock.now()
        if now - self._renewed < RENEWAL:
            return
        async with self._store.begin() as conn:
            agreed = await leases.agreed_now(conn, now)
            leading = await leases.acquire(conn, LEASE, self._gateway_id, agreed, LEASE_TIME)
            if leading:
                for worker_id in self._fleet.alive():
                    owned = sum(owner == worker_id for owner in self._plan.owners.values())
                    address = self._fleet.addresses[worker_id]
                    await workers.see(conn, Worker(worker_id, address, agreed, self._gateway_id, owned))
            known = await workers.every(conn)
        recent = (one.address for one in known if one.seen_at is not None and agreed - one.seen_at < RECENTLY)
        self._fleet.also_dial(recent)
        self._renewed = now
        if leading != self.leading:
            log.info("conducting" if leading else "not conducting", gateway=self._gateway_id)
            self.leading = leading
            self._began = now
            self._told.clear()

    async def _read(self) -> None:
        """Reads the catalogue anew if its epoch has moved."""
        async with self._store.read() as conn:
            epoch = await epochs.get(conn, epochs.ASSIGNMENT)
            if epoch == self._plan.epoch and (self._plan.complete or not self.leading):
                return
            owners = await assignments.every(conn)
            hosts = await cameras.hosts(conn)
            assigned = await self._catalogue(conn) if self.leading else {}
        self._plan = _Plan(epoch, self.leading, owners, assigned, hosts)
        self._fleet.owned(owners, hosts)

    async def _catalogue(self, conn: AsyncConnection) -> dict[str, AssignedCamera]:
        """Every camera as its worker is to be told, secrets opened."""
        files = await cameras.every(conn, served_only=True)
        limits = {recorder.id: recorder.max_opens for recorder in await recorders.every(conn)}
        wanted = [camera.credential_id for camera in files if camera.credential_id is not None]
        secrets = await credentials.many(conn, self._box, wanted)
        watched = self._detection.watched([camera.id for camera in files])
        return {camera.id: self._assigned(camera, secrets, limits, camera.id in watched) for camera in files}

    def _assigned(
        self, camera: Camera, secrets: dict[str, Credential], limits: dict[str, int], watched: bool
    ) -> AssignedCamera:
        secret = secrets.get(camera.credential_id or "")
        return AssignedCamera(
            camera_id=camera.id,
            name=camera.gb_id,
            scheme=camera.scheme,
            host=camera.host,
            rtsp_port=camera.rtsp_port,
            onvif_port=camera.onvif_port,
            streams=camera.streams,
            username=None if secret is None else secret.username,
            password=None if secret is None else secret.password,
            host_limit=limits.get(camera.recorder_id or ""),
            recorder_id=camera.recorder_id,
            channel=camera.channel if camera.recorder_id is not None else None,
            kind=camera.kind.value,
            detectors={} if watched else None,
            rules=tuple(rule.id for rule in self._detection.rules if rule.applies(camera.id, camera.kind)),
        )

    async def _place(self) -> None:
        """Writes assignments if workers or cameras have come or gone."""
        alive = self._fleet.alive()
        if not alive:
            return
        groups: dict[str, list[str]] = {}
        for camera in self._plan.cameras.values():
            # Whatever is at one host shares one breaker and one limit, so it needs one worker.
            groups.setdefault(camera.host.lower(), []).append(camera.camera_id)
        owners = place(groups, alive, self._plan.owners)
        moved = {camera: worker for camera, worker in owners.items() if self._plan.owners.get(camera) != worker}
        gone = [camera for camera in self._plan.owners if camera not in owners]
        if not moved and not gone:
            return
        async with self._store.begin() as conn:
            if moved:
                await assignments.assign(conn, moved, self._clock.now())
            if gone:
                await assignments.withdraw(conn, gone)
            self._plan.epoch = await epochs.get(conn, epochs.ASSIGNMENT)
        log.info("cameras assigned", moved=len(moved), withdrawn=len(gone), workers=len(alive))
        self._plan.owners = owners
        self._fleet.owned(owners, self._plan.hosts)
        await self._bus.publish(Message(Topic.ASSIGNMENTS, (), self._gateway_id))

    async def _tell(self) -> None:
        """Sends every worker its full set if the link is new or the epoch has moved."""
        alive = self._fleet.alive()
        for worker_id in alive:
            link = self._fleet.links.get(worker_id)
            if link is None or self._told.get(worker_id) == (link, self._plan.epoch, len(alive)):
                continue
            own = [self._plan.cameras[camera] for camera, owner in self._plan.owners.items() if owner == worker_id]
            budget = self._detection.budget_cores * len(own) / max(1, len(self._plan.owners))
            try:
                await link.assign(own, self._detection.documents, budget, epoch=self._plan.epoch)
            except Unavailable:
                continue
            self._told[worker_id] = (link, self._plan.epoch, len(alive))
