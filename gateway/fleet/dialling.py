"""Dialling: a link to every worker, kept; and the worker that owns a camera now, as an upstream for pictures."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import structlog

from gateway.domain.events import Event
from gateway.domain.exports import Region
from gateway.domain.packets import Packet, StreamKey
from gateway.domain.scans import Scan
from gateway.fleet.address import LinkAddress, parse_address
from gateway.fleet.inbox import SORTS, Reports
from gateway.fleet.link import Subscription, WorkerLink, dial
from gateway.fleet.wire import StatusReport
from gateway.fleet.wire_marks import MarkWish
from gateway.fleet.wire_scans import Scanned
from gateway.fleet.wire_trials import Offered, Tried
from gateway.ports import Clock, Credential, DeviceAddress, Unavailable
from gateway.supervise import Backoff, keep

log = structlog.get_logger(__name__)

ALIVE_SECONDS = 6.0
"""A worker that has said nothing for so long has lost its cameras."""
_PAUSES = Backoff(0.1, 2.0)


class Pull:
    """A subscription at whichever worker owns the camera; it ends when the camera moves."""

    def __init__(self, fleet: Dialling, worker_id: str, key: StreamKey, ended: Callable[[str], None]) -> None:
        self._fleet = fleet
        self._ended = ended
        self.worker_id = worker_id
        self.key = key
        self.subscription: Subscription | None = None

    def close(self) -> None:
        """Ends the pull without a word; safe to call twice."""
        self._fleet.pulls.discard(self)
        if self.subscription is not None:
            self.subscription.close()

    def over(self, reason: str) -> None:
        """The worker or the fleet ends it."""
        if self in self._fleet.pulls:
            self.close()
            self._ended(reason)


class Dialling:
    """The links of one gateway. ``run`` dials every listed address for as long as it is not cancelled."""

    def __init__(self, gateway_id: str, reports: Reports, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        self._gateway_id = gateway_id
        self._reports = reports
        self._clock = clock
        self._tls = tls
        self._heard: dict[str, float] = {}
        self._owners: Mapping[str, str] = {}
        self._host_owners: Mapping[str, str] = {}
        self._wanted: set[LinkAddress] = set()
        self._more = asyncio.Event()
        self._turn = 0
        self.links: dict[str, WorkerLink] = {}
        self.addresses: dict[str, str] = {}
        self.pulls: set[Pull] = set()
        self.changed = asyncio.Event()
        self.figures: dict[str, dict[str, float]] = {}
        self._dropped = Counter[str]()

    @property
    def inboxes(self) -> dict[str, tuple[int, int]]:
        """Of what workers report, by sort: how many wait now, and how many found no room since the start."""
        boxes = [link.inbox for link in self.links.values()]
        depth = sum((Counter(box.depth) for box in boxes), Counter[str]())
        dropped = sum((Counter(box.dropped) for box in boxes), self._dropped)
        return {sort: (depth[sort], dropped[sort]) for sort in SORTS}

    def alive(self) -> list[str]:
        """Workers that have spoken of late, in order of name; one that is just being restarted keeps its place."""
        now = asyncio.get_running_loop().time()
        return sorted(worker for worker, heard in self._heard.items() if now - heard < ALIVE_SECONDS)

    def owned(self, owners: Mapping[str, str], hosts: Mapping[str, str]) -> None:
        """Takes in who owns which camera, and at which host each is; pulls at a worker that has lost it are ended."""
        self._owners = owners
        self._host_owners = {hosts[camera].lower(): worker for camera, worker in owners.items() if camera in hosts}
        for pull in list(self.pulls):
            if owners.get(pull.key.camera_id) != pull.worker_id:
                pull.over("the camera has moved to another worker")

    def subscribe(
        self, key: StreamKey, sink: Callable[[Packet], None], ended: Callable[[str], None], words: str = ""
    ) -> Pull:
        """Begins a pull at the camera's worker, with the words burned into every picture if there are any.

        Raises ``Unavailable`` if no linked worker owns it.
        """
        link = self._link_of(key.camera_id)
        pull = Pull(self, link.worker_id, key, ended)
        self.pulls.add(pull)
        pull.subscription = link.subscribe(key, sink, pull.over, words)
        return pull

    async def still(self, camera_id: str, width: int | None, words: str = "") -> bytes:
        """A JPEG of the camera's newest picture with the words across it, by its worker. Raises ``Unavailable``."""
        return await self._link_of(camera_id).still(camera_id, width, words)

    async def mark(self, data: bytes, media_type: str, words: str, regions: Sequence[Region] = ()) -> bytes:
        """The still or clip with the words across it and the regions covered, by the worker that has fewest clips to
        mark; of several such, by the one whose turn it is.

        Raises ``Unavailable`` or ``Refused``.
        """
        if not self.links:
            raise Unavailable("no worker is there to mark the picture")
        self._turn += 1
        workers, turn = sorted(self.links), self._turn % len(self.links)
        link = min((self.links[one] for one in (*workers[turn:], *workers[:turn])), key=lambda one: one.clips)
        return await link.mark(data, MarkWish(media_type, words, tuple(regions)))

    async def look(self, address: DeviceAddress, credential: Credential | None) -> Tried:
        """What a stream is that no worker owns, looked at once by a worker. Raises ``Unavailable`` or ``Refused``."""
        return await self._knocking_at(address.host).look(address, credential)

    async def ask(self, host: str, port: int, credential: Credential | None) -> Offered:
        """What an ONVIF device offers, asked by a worker. Raises ``Unavailable`` or ``Refused``."""
        return await self._knocking_at(host).ask(host, port, credential)

    async def scan(self, wish: Scan) -> Scanned:
        """What devices are on the network, looked for by a worker. Raises ``Unavailable``."""
        if not self.links:
            raise Unavailable("no worker is there to scan the network")
        return await self.links[min(self.links)].scan(wish)

    def _knocking_at(self, host: str) -> WorkerLink:
        """The worker whose breaker knows that host: the one that pulls from it, else always the same while it is there.

        Raises ``Unavailable``.
        """
        link = self.links.get(self._host_owners.get(host.lower(), ""))
        if link is None and not self.links:
            raise Unavailable("no worker is there to ask the device")
        return link or self.links[min(self.links)]

    def _link_of(self, camera_id: str) -> WorkerLink:
        link = self.links.get(self._owners.get(camera_id, ""))
        if link is None:
            raise Unavailable("no worker pulls this camera now")
        return link

    async def run(self, addresses: Sequence[LinkAddress]) -> None:
        """Keeps a link to each of these addresses, and to those that ``also_dial`` names, until cancelled."""
        self._wanted.update(addresses)
        dialled: set[LinkAddress] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                for address in self._wanted - dialled:
                    group.create_task(self._keep(address), name=f"link to {address}")
                dialled |= self._wanted
                await self._more.wait()
                self._more.clear()

    def also_dial(self, addresses: Iterable[str]) -> None:
        """Dials workers that other gateways have found, if they can be reached from here."""
        found = {parse_address(text) for text in addresses}
        reachable = {one for one in found if one.path is None or Path(one.path).exists()}
        if not reachable <= self._wanted:
            self._wanted |= reachable
            self._more.set()

    async def _keep(self, address: LinkAddress) -> None:
        await keep(
            lambda: self._once(address),
            self._clock,
            name=f"link to worker at {address}",
            backoff=_PAUSES,
            settled_after=1.0,
        )

    async def _once(self, address: LinkAddress) -> None:
        tls = None if address.path is not None else self._tls
        async with dial(address, self._gateway_id, self, tls=tls) as link:
            if link.worker_id in self.links:
                raise Unavailable(f"two addresses lead to the worker {link.worker_id}")
            self.links[link.worker_id] = link
            self.addresses[link.worker_id] = str(address)
            self._hear(link.worker_id)
            self.changed.set()
            log.info("worker linked", worker=link.worker_id, address=str(address))
            try:
                await link.run()
            finally:
                del self.links[link.worker_id]
                self._dropped.update(link.inbox.dropped)
                self.figures.pop(link.worker_id, None)
                self.changed.set()
        raise Unavailable("the worker hung up")

    def _hear(self, worker_id: str) -> None:
        self._heard[worker_id] = asyncio.get_running_loop().time()

    async def status(self, worker_id: str, cameras: Sequence[StatusReport]) -> None:
        """Passes a report on."""
        self._hear(worker_id)
        await self._reports.status(worker_id, cameras)

    async def event(self, worker_id: str, serial: int, event: Event) -> None:
        """Passes a report on."""
        await self._reports.event(worker_id, serial, event)

    async def evidence(
        self,
        worker_id: str,
        event_id: str,
        kind: str,
        data: bytes | None,
        sha256: str | None,
        media_type: str | None,
        missing: str | None,
    ) -> None:
        """Passes a report on."""
        await self._reports.evidence(worker_id, event_id, kind, data, sha256, media_type, missing)

    def metrics(self, worker_id: str, figures: dict[str, float]) -> None:
        """Keeps the worker's newest figures: its sign of life."""
        self._hear(worker_id)
        self.figures[worker_id] = figures
        self._reports.metrics(worker_id, figures)
