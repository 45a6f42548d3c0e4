"""A worker over its Unix socket, pulling from a server we did not write."""

import os
import signal
import stat
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from gateway.domain.cameras import CameraState, StreamAddress
from gateway.domain.events import Phase
from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.fleet.wire import AssignedCamera
from gateway.ports import Unavailable
from gateway.worker.decoder import Decoder
from tests.peers import gstreamer
from tests.peers.worker_process import Heard, linked, until, worker

pytestmark = pytest.mark.peer("gstreamer")

STREAMS = (StreamAddress(StreamKind.SUB, "/sub"), StreamAddress(StreamKind.MAIN, "/main"))
RULE = {"id": "dark", "kinds": ["black"], "fault": True, "min_seconds": 0.5, "quiet_seconds": 600}


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    mounts = ["/sub=h264,width=320,height=240", "/main=h264,width=640,height=480"]
    with gstreamer.serving(mounts, user="viewer", password="right") as port:
        yield port


def camera(port: int, camera_id: str = "C1", password: str = "right", **changes) -> AssignedCamera:
    base = AssignedCamera(
        camera_id, camera_id, "rtsp", "127.0.0.1", port, None, STREAMS, "viewer", password, None, None, "road", None
    )
    return replace(base, **changes)


def pictures(packets: list[Packet]) -> dict[int, np.ndarray]:
    """The packets' pictures by time."""
    decoder = Decoder()
    decoder.exact = True
    return {frame.pts: frame.to_ndarray(format="gray") for packet in packets for frame in decoder.decode(packet)}


def online(heard: Heard, camera_id: str = "C1") -> bool:
    return camera_id in heard.statuses and heard.statuses[camera_id].state is CameraState.ONLINE


async def test_from_assignment_to_pictures(tmp_path, server):
    with worker(tmp_path):
        heard = Heard()
        async with linked(tmp_path, heard) as link:
            assert stat.S_IMODE(os.stat(tmp_path / "w.sock").st_mode) == 0o600
            await link.assign([camera(server)], [], 0.5)
            await until(lambda: online(heard))
            for kind, size in ((StreamKind.SUB, (320, 240)), (StreamKind.MAIN, (640, 480))):
                packets, ended = [], []
                subscription = link.subscribe(StreamKey("C1", kind), packets.append, ended.append)
                await until(lambda packets=packets: len(packets) >= 15)
                subscription.close()
                assert packets[0].keyframe
                assert subscription.description is not None
                assert (subscription.description.width, subscription.description.height) == size
                assert ended == []
            still = await link.still("C1", 160)
            assert still.startswith(b"\xff\xd8")
            await until(lambda: heard.figures.get("cameras_online") == 1)
            with pytest.raises(Unavailable):
                await link.still("C2", None)
            refused = []
            link.subscribe(StreamKey("C2", StreamKind.SUB), lambda packet: None, refused.append)
            await until(lambda: refused)


async def test_r16_a_worker_marks_a_stream_for_one_viewer_and_ends_it_with_them(tmp_path, server):
    with worker(tmp_path):
        heard = Heard()
        async with linked(tmp_path, heard) as link:
            await link.assign([camera(server)], [], 0.5)
            await until(lambda: online(heard))
            key, bare, marked, ended = StreamKey("C1", StreamKind.SUB), [], [], []
            plain = link.subscribe(key, bare.append, ended.append)
            own = link.subscribe(key, marked.append, ended.append, "drainage D15")
            await until(lambda: len(bare) >= 15 and len(marked) >= 15)
            assert marked[0].keyframe
            assert (own.description.codec, own.description.width, own.description.height) == ("h264", 320, 240)
            one, other = pictures(bare), pictures(marked)
            same = one.keys() & other.keys()
            assert len(same) > 5
            assert all(np.abs(one[at].astype(int) - other[at]).max() > 60 for at in same)
            await until(lambda: heard.figures.get("renditions") == 1)
            own.close()
            await until(lambda: heard.figures.get("renditions") == 0)
            count = len(bare)
            await until(lambda: len(bare) > count)
            plain.close()
            link.subscribe(StreamKey("C2", StreamKind.SUB), bare.append, ended.append, "drainage D15")
            await until(lambda: ended)
            assert ended == ["the camera is not assigned to this worker"]
        async with linked(tmp_path, heard) as link:
            await until(lambda: heard.figures.get("renditions") == 0)


async def test_assigning_again_leaves_unchanged_cameras_alone_and_takes_away_the_rest(tmp_path, server):
    with worker(tmp_path):
        heard = Heard()
        async with linked(tmp_path, heard) as link:
            await link.assign([camera(server), camera(server, "C2")], [], 0.5, epoch=2)
            await until(lambda: online(heard) and online(heard, "C2"))
            stays, goes = [], []
            packets = []
            link.subscribe(StreamKey("C1", StreamKind.SUB), packets.append, stays.append)
            link.subscribe(StreamKey("C2", StreamKind.SUB), lambda packet: None, goes.append)
            await until(lambda: packets)
            await link.assign([camera(server, name="new name")], [], 0.5, epoch=3)
            await until(lambda: goes)
            await link.assign([], [], 0.5, epoch=1)
            count = len(packets)
            await until(lambda: len(packets) > count + 10)
            assert stays == []
            assert {packet.generation for packet in packets} == {0}


async def test_a_wrong_password_is_refused_and_a_right_one_heals_it_at_once(tmp_path, server):
    with worker(tmp_path):
        heard = Heard()
        async with linked(tmp_path, heard) as link:
            cameras = [camera(server, f"C{number}", password="wrong") for number in range(1, 5)]
            await link.assign(cameras, [], 0.5)
            await until(lambda: [r.state for r in heard.statuses.values()] == [CameraState.REFUSED] * 4)
            await link.assign([camera(server)], [], 0.5)
            await until(lambda: online(heard))


async def test_two_gateways_are_served_and_one_leaving_does_not_matter(tmp_path, server):
    with worker(tmp_path):
        first, second = Heard(), Heard()
        async with linked(tmp_path, second, "g2") as stays:
            async with linked(tmp_path, first, "g1") as link:
                await link.assign([camera(server)], [], 0.5)
                await until(lambda: online(first) and online(second))
            packets = []
            stays.subscribe(StreamKey("C1", StreamKind.SUB), packets.append, lambda reason: None)
            await until(lambda: len(packets) > 5)


@pytest.mark.kill
async def test_an_event_survives_kill_9_and_is_there_exactly_once(tmp_path, server):
    watched = camera(server, detectors={}, rules=("dark",))
    heard = Heard(acknowledges=False)
    with worker(tmp_path) as process:
        async with linked(tmp_path, heard) as link:
            await link.assign([watched], [RULE], 2.0)
            await until(lambda: heard.events)
            process.send_signal(signal.SIGKILL)
            process.wait()
    (serial, opened), *_ = heard.events
    assert opened.phase is Phase.OPEN
    again = Heard()
    with worker(tmp_path):
        async with linked(tmp_path, again):
            await until(lambda: len(again.events) >= 2 and len(again.pieces) == 2)
            # the answers are under way to the worker: what it has not heard of by its end it would rightly send again
            again.figures = {}
            await until(lambda: (again.figures.get("events_waiting"), again.figures.get("evidence_waiting")) == (0, 0))
    assert (serial, opened) in again.events
    assert {event.id for _, event in again.events} == {opened.id}
    closed = [event for _, event in again.events if event.phase is Phase.CLOSE]
    assert len(closed) == 1
    assert "restarted" in (again.pieces[opened.id, "clip"][1] or "")
    last = Heard()
    with worker(tmp_path):
        async with linked(tmp_path, last):
            await until(lambda: last.figures)
    assert last.events == []
    assert last.pieces == {}


@pytest.mark.slow
async def test_an_event_brings_a_still_and_a_clip_that_plays(tmp_path, server):
    import io

    import av

    heard = Heard()
    with worker(tmp_path):
        async with linked(tmp_path, heard) as link:
            await link.assign([camera(server, detectors={}, rules=("dark",))], [RULE], 2.0)
            await until(lambda: len(heard.pieces) >= 2)
    still, clip = (heard.pieces[heard.events[0][1].id, kind][0] for kind in ("still", "clip"))
    assert still is not None
    assert clip is not None
    assert still.startswith(b"\xff\xd8")
    with av.open(io.BytesIO(clip)) as container:
        pictures = sum(1 for _ in container.decode(video=0))
    assert pictures > 80


async def test_a_second_worker_on_the_same_spool_says_so(tmp_path, server, capfd):
    with worker(tmp_path):
        async with linked(tmp_path, Heard()):
            with worker(tmp_path) as second:
                assert second.wait(60) == 3
    assert "another worker uses" in capfd.readouterr().err
