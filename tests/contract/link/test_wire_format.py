"""The bytes on the worker link, pinned: gateways and workers of different releases must understand each other.

Whoever has to change one of these needs a new ``framing.PROTOCOL``.
"""

from gateway.domain.cameras import CameraState, StreamAddress
from gateway.domain.events import Event, Phase
from gateway.domain.observations import Box, ObservationKind
from gateway.domain.packets import Packet, StreamKind
from gateway.fleet import framing, wire
from gateway.fleet.wire_events import event_to_json


def test_the_protocol_number():
    assert framing.PROTOCOL == 3
    assert framing.MAX_FRAME == 16 * 1024 * 1024


def test_a_control_frame():
    frame = framing.control_frame({"type": "hello", "gateway": "g", "protocol": 1})
    assert frame == b'\x00\x00\x00\x2c\x01{"type":"hello","gateway":"g","protocol":1}'


def test_a_packet_frame():
    packet = Packet(dts=90_000, keyframe=True, data=b"\x00\x00\x00\x01\x65", arrived_at=1.5, generation=2, offset=-2)
    assert framing.packet_frame(7, packet).hex() == (
        "000000210200000007010000000000015f90fffffffe3ff800000000000000020000000165"
    )


def test_a_blob_frame():
    assert framing.blob_frame({"type": "still", "request": 3}, b"JPEG") == (
        (35).to_bytes(4, "big") + b"\x03" + (28).to_bytes(2, "big") + b'{"type":"still","request":3}JPEG'
    )


def test_control_shapes():
    camera = wire.AssignedCamera(
        "c",
        "n",
        "rtsp",
        "h",
        554,
        None,
        (StreamAddress(StreamKind.SUB, "/s", "tcp"),),
        "u",
        "p",
        8,
        "r",
        "road",
        {},
        ("x",),
        16,
    )
    assert wire.assignment_to_json(wire.Assignment(4, (camera,), ({"id": "x"},), 0.8)) == {
        "type": "assign",
        "epoch": 4,
        "budget_cores": 0.8,
        "rules": [{"id": "x"}],
        "cameras": [
            {
                "camera_id": "c",
                "name": "n",
                "scheme": "rtsp",
                "host": "h",
                "rtsp_port": 554,
                "onvif_port": None,
                "streams": [["sub", "/s", "tcp"]],
                "username": "u",
                "password": "p",
                "host_limit": 8,
                "recorder_id": "r",
                "kind": "road",
                "detectors": {},
                "rules": ["x"],
                "channel": 16,
            }
        ],
    }
    assert wire.status_to_json(wire.StatusReport("c", CameraState.OFFLINE, "why")) == {
        "camera": "c",
        "state": "offline",
        "reason": "why",
        "codec": "",
        "width": 0,
        "height": 0,
        "fps": 0.0,
        "kbps": 0.0,
        "shed": "full",
        "clock_offset": None,
    }
    assert wire.description_to_json(5, wire.StreamDescription("h264", 640, 360, 1, b"\x00\x01")) == {
        "type": "stream",
        "number": 5,
        "codec": "h264",
        "width": 640,
        "height": 360,
        "generation": 1,
        "extradata": "AAE=",
    }
    event = Event(
        "0190a0b0-0000-7000-8000-000000000001",
        "c",
        "r",
        ObservationKind.FREEZE,
        Phase.CLOSE,
        1.0,
        2.0,
        3.0,
        Box(0.0, 0.0, 1.0, 1.0),
        4.0,
        5.0,
        True,
        {"a": "b"},
    )
    assert event_to_json(event) == {
        "id": "0190a0b0-0000-7000-8000-000000000001",
        "camera_id": "c",
        "rule_id": "r",
        "kind": "freeze",
        "phase": "close",
        "opened_at": 1.0,
        "last_at": 2.0,
        "picture_at": 3.0,
        "box": [0.0, 0.0, 1.0, 1.0],
        "measure": 4.0,
        "threshold": 5.0,
        "fault": True,
        "why": {"a": "b"},
    }
