import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.cameras import CameraState, StreamAddress
from gateway.domain.events import Event, Phase
from gateway.domain.observations import Box, ObservationKind
from gateway.domain.packets import StreamKind
from gateway.fleet import wire
from gateway.fleet.address import LinkAddress, parse_address
from gateway.fleet.framing import WireError
from gateway.fleet.wire_events import event_from_json, event_to_json

CAMERA = wire.AssignedCamera(
    "TZ-001-001",
    "Gate",
    "rtsp",
    "10.0.0.1",
    554,
    80,
    (StreamAddress(StreamKind.SUB, "/s", "tcp"),),
    "viewer",
    "secret",
    64,
    "NVR-001",
    "road",
    {"scene": False},
    ("r1",),
)
STATUS = wire.StatusReport("TZ-001-001", CameraState.ONLINE, "", "h264", 640, 360, 10.0, 400.0, "reduced", -3.25)
EVENT = Event(
    "0190a0b0-0000-7000-8000-000000000001",
    "TZ-001-001",
    "r1",
    ObservationKind.ANOMALY,
    Phase.OPEN,
    1.0,
    2.0,
    1.5,
    Box(0.1, 0.2, 0.3, 0.4),
    3.5,
    2.0,
    False,
    {"speed": 1.25, "way": "left"},
)


def travelled(message):
    return json.loads(json.dumps(message))


def test_an_assignment_comes_back():
    bare = replace(
        CAMERA, onvif_port=None, username=None, password=None, host_limit=None, recorder_id=None, detectors=None
    )
    assignment = wire.Assignment(3, (CAMERA, bare), ({"id": "r1"},), 0.8)
    assert wire.assignment_from_json(travelled(wire.assignment_to_json(assignment))) == assignment


def test_a_password_shows_in_no_repr():
    assert "secret" not in repr(CAMERA)
    assert "secret" not in repr(wire.Assignment(1, (CAMERA,), (), 1.0))


def test_a_status_comes_back():
    assert wire.status_from_json(travelled(wire.status_to_json(STATUS))) == STATUS


def test_a_description_comes_back():
    description = wire.StreamDescription("h265", 1920, 1080, 65535, b"\x00\x00\x00\x01\x40")
    assert wire.description_from_json(travelled(wire.description_to_json(9, description))) == (9, description)


def test_an_event_comes_back():
    assert event_from_json(travelled(event_to_json(EVENT))) == EVENT


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../../etc/passwd"},
        {"id": "0190A0B0-0000-7000-8000-000000000001"},
        {"kind": "murder"},
        {"phase": ""},
        {"box": [0, 0, 1]},
        {"box": [0, 0, 2, 1]},
        {"box": [0, 0, "1", 1]},
        {"fault": 1},
        {"why": {"k": [1]}},
        {"why": {"k" * 200: 1}},
        {"measure": None},
        {"measure": True},
        {"opened_at": 10**400},
        {"camera_id": "x" * 65},
        # What a database or its driver chokes on would be sent again and again, and everything else would wait.
        {"opened_at": 1e300},
        {"last_at": -1.0},
        {"picture_at": 4.2e9},
        {"rule_id": "r" * 65},
        {"rule_id": "r\0"},
        {"why": {"way": "left\0"}},
        {"why": {"way": "\ud800"}},
        {"why": {"\udfff": 1}},
    ],
)
def test_a_wrong_event_is_refused(change):
    with pytest.raises(WireError):
        event_from_json({**event_to_json(EVENT), **change})


@pytest.mark.parametrize(
    "change",
    [
        {"rtsp_port": 0},
        {"rtsp_port": 65536},
        {"rtsp_port": True},
        {"streams": [["sub", "/"]]},
        {"streams": [["x", "/", "t"]]},
        {"rules": [1]},
        {"detectors": []},
        {"host": None},
        {"host_limit": 0},
    ],
)
def test_a_wrong_camera_is_refused(change):
    with pytest.raises(WireError):
        wire.camera_from_json({**wire.camera_to_json(CAMERA), **change})


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
KEYS = sorted(
    {*wire.camera_to_json(CAMERA), *wire.status_to_json(STATUS), *event_to_json(EVENT), "cameras", "epoch", "extradata"}
)


@given(st.dictionaries(st.sampled_from(KEYS), anything), st.sampled_from([CAMERA, STATUS, EVENT]))
def test_hostile_shapes_raise_only_wire_errors(changes, whole):
    base = {wire.AssignedCamera: wire.camera_to_json, wire.StatusReport: wire.status_to_json, Event: event_to_json}[
        type(whole)
    ](whole)
    for read in (
        wire.camera_from_json,
        wire.status_from_json,
        event_from_json,
        wire.assignment_from_json,
        wire.description_from_json,
    ):
        try:
            read({**base, **changes})
        except WireError:
            continue


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_what_is_no_object_is_refused(value):
    for read in (wire.camera_from_json, wire.status_from_json, event_from_json):
        with pytest.raises(WireError):
            read(value)


def test_addresses():
    assert parse_address("unix:/run/w.sock") == LinkAddress(path="/run/w.sock")
    assert parse_address("tcp://10.0.0.1:7000") == LinkAddress(host="10.0.0.1", port=7000)
    assert str(parse_address("tcp://[::1]:7000").host) == "::1"
    for wrong in ("", "unix:", "tcp://host", "http://h:1", "tcp://h:99999", "/run/w.sock", "tcp://h:1/x"):
        with pytest.raises(ValueError, match="worker address"):
            parse_address(wrong)
