"""Which streams a camera pulls, by what its assignment names."""

import asyncio

import pytest

from gateway.domain.cameras import StreamAddress
from gateway.domain.packets import StreamKind
from gateway.fleet.wire import AssignedCamera
from gateway.ports import Unavailable
from gateway.worker.breaker import Gates
from gateway.worker.camera import Camera, Trade
from gateway.worker.handoff import Handoff
from tests.hand_clock import HandClock


class Reader:
    """A reader that takes everything."""

    def described(self, description) -> None: ...

    def packet(self, packet) -> None: ...

    def ended(self, reason) -> None: ...


def camera(*streams: tuple[StreamKind, str]) -> Camera:
    clock = HandClock()
    trade = Trade(clock, Gates(clock), Handoff(asyncio.get_running_loop(), lambda: None), lambda camera_id: None)
    addresses = tuple(StreamAddress(kind, path) for kind, path in streams)
    return Camera(AssignedCamera("c", "c", "rtsp", "192.0.2.1", 554, None, addresses, None, None), trade)


@pytest.mark.parametrize(
    "streams",
    [
        [(StreamKind.MAIN, "/only")],
        [(StreamKind.SUB, "/only")],
        [(StreamKind.MAIN, "/only"), (StreamKind.SUB, "/only")],
    ],
)
async def test_a_camera_with_one_encoding_is_never_pulled_twice(streams):
    one = camera(*streams)
    for kind in StreamKind:
        assert one.attach(kind, Reader()) is one.watched
    assert one.watched.readers == 2


async def test_a_camera_with_two_encodings_has_a_stream_for_each():
    one = camera((StreamKind.MAIN, "/main"), (StreamKind.SUB, "/sub"))
    assert one.watched_kind is StreamKind.SUB
    assert one.stream(StreamKind.MAIN) is None
    with pytest.raises(Unavailable):
        one.attach(StreamKind.MAIN, Reader())
