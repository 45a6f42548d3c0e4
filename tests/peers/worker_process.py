"""A worker in a process of its own, which tests may kill, and a gateway's end that remembers what it heard."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.domain.events import Event
from gateway.fleet.address import LinkAddress
from gateway.fleet.link import WorkerLink, dial
from gateway.fleet.wire import StatusReport
from gateway.ports import Unavailable

CODE = (
    "import sys; from pathlib import Path; from gateway.worker.process import serve;"
    "sys.exit(serve(sys.argv[1], Path(sys.argv[2]), 'w1'))"
)


@contextmanager
def worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker listening at folder/w.sock, its spool in folder/spool; ended afterwards if it still runs."""
    command = [sys.executable, "-c", CODE, f"unix:{folder}/w.sock", str(folder / "spool")]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                finally:
                    process.kill()


@dataclass
class Heard:
    """What a worker reported. With ``acknowledges`` off, nothing is taken and all comes again."""

    acknowledges: bool = True
    statuses: dict[str, StatusReport] = field(default_factory=dict)
    events: list[tuple[int, Event]] = field(default_factory=list)
    pieces: dict[tuple[str, str], tuple[bytes | None, str | None]] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    link: WorkerLink | None = None

    async def status(self, worker_id: str, cameras: Sequence[StatusReport]) -> None:
        self.statuses.update((report.camera_id, report) for report in cameras)

    async def event(self, worker_id: str, serial: int, event: Event) -> None:
        self.events.append((serial, event))
        if self.acknowledges and self.link is not None:
            await self.link.acknowledge([(event.id, serial)])

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
        assert data is None or hashlib.sha256(data).hexdigest() == sha256
        self.pieces[event_id, kind] = (data, missing)
        if self.acknowledges and self.link is not None:
            await self.link.acknowledge_evidence(event_id, kind)

    def metrics(self, worker_id: str, figures: dict[str, float]) -> None:
        self.figures = figures


@asynccontextmanager
async def linked(folder: Path, heard: Heard, gateway_id: str = "g1") -> AsyncIterator[WorkerLink]:
    """A running link to the worker of that folder, dialled until it answers."""
    address = LinkAddress(path=str(folder / "w.sock"))
    async with asyncio.timeout(60):
        while True:
            try:
                async with dial(address, gateway_id, heard):
                    break
            except Unavailable:
                await asyncio.sleep(0.1)
    async with dial(address, gateway_id, heard) as link, asyncio.TaskGroup() as group:
        heard.link = link
        running = group.create_task(_quietly(link))
        yield link
        running.cancel()


async def _quietly(link: WorkerLink) -> None:
    try:
        await link.run()
    except Unavailable:
        return


async def until(true: Callable[[], object], seconds: float = 90.0) -> None:
    """Waits until that holds. A generous limit: it is there against hanging, not to judge speed."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is the state of another process
            await asyncio.sleep(0.05)
