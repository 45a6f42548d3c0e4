"""What workers report waits in bounded queues that are counted, also after the link has gone."""

import asyncio

from gateway.clock import SystemClock
from gateway.fleet.dialling import Dialling
from gateway.fleet.inbox import MAX_EVENTS, MAX_EVIDENCE, Inbox
from tests.peers.worker_process import Heard, until
from tests.unit.fleet.test_link import played

EVENT = "0190a0a0-0000-7000-8000-000000000001"


def overfill(inbox: Inbox) -> None:
    """Puts three more than fit into each queue."""
    for serial in range(MAX_EVENTS + 3):
        inbox.event(serial, None)
    for _ in range(MAX_EVIDENCE + 3):
        inbox.evidence({"event": EVENT, "kind": "clip", "reason": "no picture"}, None)


async def test_what_waits_and_what_found_no_room_is_counted(tmp_path):
    fleet = Dialling("g1", Heard(acknowledges=False), SystemClock())
    async with played(tmp_path) as (worker, address), asyncio.TaskGroup() as group:
        running = group.create_task(fleet.run([address]))
        await until(lambda: fleet.links)
        assert fleet.inboxes == {"worker_events": (0, 0), "worker_evidence": (0, 0)}
        overfill(fleet.links["w1"].inbox)
        assert fleet.inboxes == {"worker_events": (MAX_EVENTS, 3), "worker_evidence": (MAX_EVIDENCE, 3)}
        worker.writer.close()
        await until(lambda: fleet.inboxes == {"worker_events": (0, 3), "worker_evidence": (0, 3)})
        running.cancel()
