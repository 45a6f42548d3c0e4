"""A device whose pictures stop while its reports go on, through the real adapter."""

import asyncio
import threading

import pytest

from adapters.rtsp import RtspAdapter
from gateway.domain.packets import StreamKey, StreamKind
from gateway.ports import DeviceAddress, Unavailable
from gateway.worker.breaker import Gates
from gateway.worker.handoff import Handoff
from gateway.worker.source import QUIET, Source
from gateway.worker.stream import Stream
from tests.hand_clock import HandClock
from tests.peers.rtsp_replay import Script, pictures, replaying
from tests.peers.worker_process import until


async def test_a_device_whose_pictures_stop_while_its_reports_go_on_is_let_go_and_its_thread_ends_with_it():
    script = Script(units=pictures(), stalls=True)
    stream = Stream(StreamKey("stalling", StreamKind.SUB), lambda: None)

    with replaying(script) as port:

        async def address() -> DeviceAddress:
            return DeviceAddress("rtsp", "127.0.0.1", port, "/sub")

        source = Source(
            stream,
            Gates(HandClock()).of("127.0.0.1", port, None, None),
            None,
            address,
            lambda: None,
            Handoff(asyncio.get_running_loop(), lambda: None),
            # The adapter's own limit is far away, so that it is not what ends the pull on a slow machine.
            RtspAdapter(socket_seconds=60.0),
            look_seconds=1.0,
        )
        with pytest.raises(Unavailable, match=QUIET):
            await source._pull_once()
        assert len(source._pulls) == 1
        script.hung_up.set()
        await until(lambda: not source._pulls[0].reading)
        await until(lambda: not any("stalling" in thread.name for thread in threading.enumerate()))
