"""Trying a stream, on a device played by the test."""

import asyncio
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.domain.packets import Packet
from gateway.fleet.framing import WireError
from gateway.fleet.wire_trials import (
    Offered,
    OfferedChannel,
    Tried,
    offered_from_json,
    offered_to_json,
    question_from_json,
    question_to_json,
    tried_from_json,
    tried_to_json,
)
from gateway.ports import Credential, DeviceAddress, Refused, Unavailable
from gateway.worker import trying
from gateway.worker.breaker import Gates
from gateway.worker.handoff import Handoff
from gateway.worker.trying import Trials
from tests.hand_clock import HandClock
from tests.peers.onvif_replay import replaying

SETS = bytes.fromhex("000000016764001facd9405005bb011000000300100000030320f18319600000000168ebe3cb22c0")
ADDRESS = DeviceAddress("rtsp", "h", 554, "/main")
ACCOUNT = Credential("viewer", "secret")


class Device:
    """A device that sends packets and then keeps silent, or refuses."""

    def __init__(self, packets: list[Packet], refuses: Exception | None = None, hangs_up: bool = True) -> None:
        self._packets, self._refuses, self._hangs_up = packets, refuses, hangs_up
        self.opened = 0
        self._closed = threading.Event()
        self.clock_offset = None

    @contextmanager
    def open(self, address, credential):
        self.opened += 1
        if self._refuses is not None:
            raise self._refuses
        yield self

    def packets(self):
        yield from self._packets
        if not self._hangs_up:
            self._closed.wait(60)

    def close(self) -> None:
        self._closed.set()


def trials(device: Device) -> Trials:
    return Trials(Gates(HandClock()), Handoff(asyncio.get_running_loop(), lambda: None), device)


async def test_the_first_keyframe_tells_and_the_stream_is_let_go():
    device = Device([Packet(0, True, SETS + b"\x00\x00\x00\x01\x65", 0.0)], hangs_up=False)
    assert await trials(device).look(ADDRESS, ACCOUNT) == Tried("h264", 1280, 720)
    assert device._closed.is_set()


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_a_stream_without_a_picture_is_unavailable(monkeypatch, hangs_up):
    monkeypatch.setattr(trying, "KEYFRAME_SECONDS", 0.2)
    with pytest.raises(Unavailable, match="sends no picture"):
        await trials(Device([], hangs_up=hangs_up)).look(ADDRESS, ACCOUNT)


async def test_a_wrong_password_is_knocked_with_once_however_often_somebody_asks():
    device = Device([], Refused("not this password"))
    several = trials(device)
    for _ in range(5):
        with pytest.raises(Refused):
            await several.look(ADDRESS, ACCOUNT)
    assert device.opened == 1


@pytest.mark.parametrize("outcome", [Tried("h265", 1920, 1080), Refused("no"), Unavailable("gone")])
def test_outcomes_travel(outcome):
    back = tried_from_json(tried_to_json(3, outcome))
    assert (type(back), str(back)) == (type(outcome), str(outcome))


OFFERED = Offered("Maker", "Model", (OfferedChannel(2, "Gate", "/201", None, 8554, "10.0.0.9", 1920, 1080, "h264"),))


@pytest.mark.parametrize("outcome", [OFFERED, Offered("", "", ())])
def test_what_a_device_offers_travels(outcome):
    assert offered_from_json(offered_to_json(3, outcome)) == outcome


def test_the_question_travels():
    asked = question_to_json(3, "10.0.0.1", 80, ACCOUNT)
    assert question_from_json(asked) == ("10.0.0.1", 80, ACCOUNT)


@pytest.mark.parametrize("change", [{"channels": [{"number": 0}]}, {"channels": "x"}, {"manufacturer": 3}])
def test_what_is_no_offer_is_refused(change):
    with pytest.raises(WireError):
        offered_from_json(offered_to_json(3, OFFERED) | change)


async def test_a_device_is_asked_with_a_wrong_password_once_and_streams_at_its_host_are_not_tried_with_it():
    """The breaker is the host's: an ONVIF question and an RTSP trial knock at the same account."""
    folder = Path(__file__).parents[2] / "fixtures/devices/onvif/hikvision-ds-2cd2012-i"
    device = Device([])
    async with replaying(folder) as replay:
        replay.status, replay.body = b"401 Unauthorized", b""
        several = trials(device)
        for _ in range(3):
            with pytest.raises(Refused):
                await several.ask("127.0.0.1", replay.port, ACCOUNT)
        signed = [request for request in replay.requests if b"UsernameToken" in request]
        with pytest.raises(Refused):
            await several.look(DeviceAddress("rtsp", "127.0.0.1", 554, "/main"), ACCOUNT)
    assert len(signed) == 1
    assert device.opened == 0
