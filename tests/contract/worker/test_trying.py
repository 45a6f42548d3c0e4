"""Trying streams that are in no catalogue yet, with a real worker and a server we did not write."""

from collections.abc import Iterator

import pytest

from gateway.app.probing import prober
from gateway.clock import SystemClock
from gateway.fleet.dialling import Dialling
from gateway.ports import Credential, DeviceAddress, Refused, Unavailable
from gateway.services.editing import ProbedChannel
from tests.peers import gstreamer
from tests.peers.worker_process import Heard, linked, worker

pytestmark = pytest.mark.peer("gstreamer")

RIGHT = Credential("viewer", "right")


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    mounts = ["/sub=h264,width=320,height=240", "/main=h264,width=640,height=480"]
    with gstreamer.serving(mounts, user="viewer", password="right") as port:
        yield port


async def test_an_rtsp_stream_is_opened_once_and_described(tmp_path, server, free_port):
    with worker(tmp_path):
        heard = Heard()
        async with linked(tmp_path, heard) as link:
            fleet = Dialling("g1", heard, SystemClock())
            with pytest.raises(Unavailable, match="no worker"):
                await fleet.look(DeviceAddress("rtsp", "127.0.0.1", server, "/main"), RIGHT)
            fleet.links[link.worker_id] = link
            ask = prober(fleet)
            found = await ask("rtsp", "127.0.0.1", server, RIGHT, ("/main", "/sub"))
            assert found.channels == [ProbedChannel("", "/main", "/sub", 640, 480, "h264", server)]
            with pytest.raises(Unavailable, match=r"knows no stream at that path.*: /nothing"):
                await ask("rtsp", "127.0.0.1", server, RIGHT, ("/main", "/nothing"))
            with pytest.raises(Unavailable, match="nothing listens"):
                await ask("rtsp", "127.0.0.1", free_port, RIGHT, ("/main",))
            for _ in range(2):
                with pytest.raises(Refused, match="user name and password"):
                    await ask("rtsp", "127.0.0.1", server, Credential("viewer", "wrong"), ("/main", "/sub"))
