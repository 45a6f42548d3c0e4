"""The worker's composition root: builds everything, owns the task group, holds no logic."""

from __future__ import annotations

import asyncio
import fcntl
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import structlog

from adapters import onvif
from gateway.clock import SystemClock
from gateway.disk import DEFAULT_RESERVE, Reserve
from gateway.fleet.address import LinkAddress, parse_address
from gateway.ports import Clock, Detector, Json
from gateway.worker.breaker import Gates
from gateway.worker.camera import Trade
from gateway.worker.cameras import Cameras
from gateway.worker.desk import WorkerDesk
from gateway.worker.evidence import EvidenceMaker
from gateway.worker.eye import Finding
from gateway.worker.handoff import Handoff
from gateway.worker.outbox import Outbox
from gateway.worker.rendition import Renditions, open_renditions
from gateway.worker.sampler import Sampler
from gateway.worker.server import Door
from gateway.worker.spool import Spool
from inference import catalogue

log = structlog.get_logger(__name__)

PULL_STACK_BYTES = 512 * 1024
DECODE_STACK_BYTES = 8 * 1024 * 1024
LEISURE_SECONDS = 0.2
"""How long a worker waits for cameras before it takes it that none are coming yet."""


class AlreadyRunning(Exception):
    """Another worker owns this spool folder."""


async def run_worker(
    listen: str,
    spool: Path,
    worker_id: str,
    *,
    tls: ssl.SSLContext | None = None,
    reserve: Reserve = DEFAULT_RESERVE,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Runs a worker until cancelled: listens at ``listen`` (unix:/path, tcp://host:port), keeps reports in ``spool``.

    Raises ``AlreadyRunning`` if another process uses that spool, ``ValueError`` for an address that is none, and
    ``OSError`` if it cannot listen there.
    """
    address = parse_address(listen)
    if address.path is None and tls is None:
        raise ValueError("a worker that listens on tcp:// needs a certificate, a key and an authority")
    clock = SystemClock()
    with _owned(spool), open_renditions(clock) as renditions:
        await _run(address, Spool(spool, reserve), worker_id, tls, clock, renditions, ready)


async def _run(
    address: LinkAddress,
    spool: Spool,
    worker_id: str,
    tls: ssl.SSLContext | None,
    clock: Clock,
    renditions: Renditions,
    ready: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        desk = WorkerDesk(clock)
        sampler = Sampler(1.0, lambda findings: handoff.call(found, findings))
        handoff = Handoff(loop, sampler.wake)
        trade = Trade(clock, Gates(clock), handoff, desk.changed)
        cameras = Cameras(trade, sampler, _build)
        door = Door(worker_id, desk, desk.greeting)
        outbox = Outbox(spool, clock, door.conductor)
        evidence = EvidenceMaker(outbox, clock, desk.watched)
        desk.furnish(cameras, sampler, door, outbox, evidence, handoff, trade.gates, renditions)

        def found(findings: list[Finding]) -> None:
            for finding in findings:
                outbox.report(finding.event)
                desk.changed(finding.event.camera_id)
                group.create_task(evidence.make(finding))

        async with _decoding(sampler), door.open(address, tls):
            for work in (cameras.run, outbox.run, desk.run):
                group.create_task(work())
            log.info("worker listens", address=str(address), worker=worker_id)
            ready()
            group.create_task(_use_leisure(cameras))
            await asyncio.Event().wait()


async def _use_leisure(cameras: Cameras) -> None:
    """Loads what ONVIF needs while nothing is assigned yet: a second of work that cameras would wait for."""
    await asyncio.sleep(LEISURE_SECONDS)
    if not cameras.all():
        await onvif.prepare()


def _build(settings: Json) -> Detector:
    return catalogue.build(settings)


@asynccontextmanager
async def _decoding(sampler: Sampler) -> AsyncIterator[None]:
    """The decoding thread, while inside. It dies with the process if a detector hangs."""
    threading.stack_size(DECODE_STACK_BYTES)
    thread = threading.Thread(target=sampler.run, name="decode", daemon=True)
    thread.start()
    threading.stack_size(PULL_STACK_BYTES)
    try:
        yield
    finally:
        sampler.stop()
        await asyncio.to_thread(thread.join, 2.0)


@contextmanager
def _owned(spool: Path) -> Iterator[None]:
    """Makes the spool and holds its lock; that falls with the process, however it ends."""
    spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (spool / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"another worker uses {spool}") from None
        yield
