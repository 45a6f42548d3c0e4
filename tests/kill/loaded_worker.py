"""A worker under an event load: the real spool, outbox and door of a worker around a source that mints events.

Every birth and every acknowledgement is appended to a journal before anything else happens with it; ``write`` reaches
the kernel at once, so that the journal survives ``kill -9`` of this process. SIGUSR1 ends the minting, SIGTERM all.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import sys
from pathlib import Path

from gateway.clock import SystemClock, new_id
from gateway.domain.events import Event, Phase
from gateway.domain.observations import WHOLE_PICTURE, ObservationKind
from gateway.fleet import wire
from gateway.fleet.address import parse_address
from gateway.ports import Json, Unavailable
from gateway.worker.outbox import Outbox
from gateway.worker.server import Door
from gateway.worker.spool import Spool

PER_SECOND = 60
STILL = b"\xff\xd8" + bytes(2000) + b"\xff\xd9"


class Journal:
    """Lines that are in the kernel's hands when ``say`` returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def say(self, *words: object) -> None:
        """Appends one line."""
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


class LoadDesk:
    """Answers gateways like a worker whose cameras show nothing but events."""

    def __init__(self, journal: Journal, cameras: list[str]) -> None:
        self._journal, self._cameras = journal, cameras
        self.outbox: Outbox

    def assign(self, assignment: wire.Assignment) -> None:
        """Takes note of nothing: the load does not depend on who is assigned."""

    def camera(self, camera_id: str) -> object:
        """There are no streams here."""
        raise Unavailable("no pictures under this load")

    async def still(self, camera_id: str, width: int | None, words: str = "") -> bytes:
        """There are no pictures here."""
        raise Unavailable("no pictures under this load")

    async def acknowledged(self, event_id: str, serial: int) -> None:
        """Journals, then forgets."""
        self._journal.say("acked", event_id, serial)
        await self.outbox.acknowledged(event_id, serial)

    async def evidence_acknowledged(self, event_id: str, kind: str) -> None:
        """Forgets."""
        self._journal.say("kept", event_id, kind)
        await self.outbox.evidence_acknowledged(event_id, kind)

    def greeting(self) -> list[Json]:
        """Every camera is online."""
        reports = [wire.StatusReport(camera, wire.CameraState.ONLINE) for camera in self._cameras]
        return [{"type": "status", "cameras": [wire.status_to_json(report) for report in reports]}]


async def mint(outbox: Outbox, journal: Journal, cameras: list[str], done: asyncio.Event) -> None:
    """Opens and closes events, one rule each, until told to stop; every tenth says that a device is at fault."""
    clock, dice = SystemClock(), random.Random(os.getpid())
    for number in itertools.count():
        if done.is_set():
            return
        at = clock.now().timestamp()
        fault = number % 10 == 0
        kind = ObservationKind.FREEZE if fault else ObservationKind.ANOMALY
        event_id, camera = new_id(clock), dice.choice(cameras)
        journal.say("born", event_id, camera, kind)
        for phase in (Phase.OPEN, Phase.CLOSE):
            rule = f"load-{os.getpid()}-{number}"
            outbox.report(Event(event_id, camera, rule, kind, phase, at, at, at, WHOLE_PICTURE, 2.0, 1.0, fault))
        if number % 20 == 1:
            journal.say("made", event_id, "still")
            await outbox.keep(event_id, "still", STILL)
        await asyncio.sleep(1 / PER_SECOND)


async def main(listen: str, spool: Path, journal: Journal, cameras: list[str]) -> None:
    """Serves until SIGTERM."""
    desk = LoadDesk(journal, cameras)
    door = Door("loaded", desk, desk.greeting)  # type: ignore[arg-type]
    desk.outbox = outbox = Outbox(Spool(spool), SystemClock(), door.conductor)
    loop, quiet = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, quiet.set)
    async with door.open(parse_address(listen), None), asyncio.TaskGroup() as group:
        loop.add_signal_handler(signal.SIGTERM, lambda: os._exit(0))
        group.create_task(outbox.run())
        group.create_task(mint(outbox, journal, cameras, quiet))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Journal(Path(sys.argv[3])), Path(sys.argv[4]).read_text().split()))
